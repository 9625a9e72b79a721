import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { commands } from '../../src/core/command/command.ts'

const root = resolve(import.meta.dirname, '../..')
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]

test('every link from one page to another leads somewhere', () => {
  const broken = pages.flatMap((page) =>
    linksOf(page)
      .filter((link) => !existsSync(resolve(root, dirname(page), link)))
      .map((link) => `${page}: ${link}`),
  )
  assert.deepEqual(broken, [])
})

test('every link to a section leads to one', () => {
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)]
      .filter(([, link = '', section = '']) => !sectionsOf(link === '' ? page : join(dirname(page), link)).has(section))
      .map(([link]) => `${page}: ${link}`),
  )
  assert.deepEqual(broken, [])
})

test('every source file that a page names is there', () => {
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/`((?:src|test|scripts|bench|schema)\/[\w./-]+\.\w+)`/g)]
      .map((match) => match[1] ?? '')
      .filter((file) => !existsSync(join(root, file)))
      .map((file) => `${page}: ${relative(root, join(root, file))}`),
  )
  assert.deepEqual(broken, [])
})

test('the README names every command, and every npm script that it tells people to run exists', () => {
  const readme = read('README.md')
  for (const verb of Object.keys(commands)) assert.ok(readme.includes(`/lotse ${verb}`), verb)
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'))
  for (const [, name = ''] of readme.matchAll(/npm run ([\w:]+)/g)) assert.ok(name in scripts, name)
})

/** As GitHub names them: `What Lotse asks of a registry` is `what-lotse-asks-of-a-registry`. */
function sectionsOf(page: string): ReadonlySet<string> {
  const heads = [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, head = '']) => head.toLowerCase())
  return new Set(heads.map((head) => head.replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-')))
}

function linksOf(page: string): string[] {
  return [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => match[1] ?? '')
}

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8')
}
