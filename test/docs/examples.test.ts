import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { suite, test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { commands } from '../../src/cli/commands.ts'
import { parseConfiguration } from '../../src/core/config/configuration.ts'
import { parseTagPolicy } from '../../src/core/image/tag-policy.ts'
import { formatProblem } from '../../src/core/parsed.ts'

const root = resolve(import.meta.dirname, '../..')
const names = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]
const pages = names.map((name) => [name, readFileSync(join(root, name), 'utf8')] as const)

type Example = { readonly language: string; readonly line: number; readonly text: string }

suite('what people copy:', () => {
  for (const [page, markdown] of pages) {
    for (const { language, line, text } of examplesIn(markdown)) {
      test(`${page}:${line} (${language === '' ? 'text' : language})`, () => {
        if (language === 'json') JSON.parse(text)
        if (language === 'yaml') checkYaml(text)
        for (const call of callsIn(text)) checkCall(call)
      })
    }

    test(`${page}: every tag policy`, () => {
      const policies = [
        ...markdown.matchAll(/(?:`|fluxcd\.io\/tag\.\w+: )((?:semver|glob|regexp|numerical|alphabetical):[^`\n]+)/g),
      ]
      for (const [, policy = ''] of policies) assert.deepEqual(parseTagPolicy(policy).ok, !isForm(policy), policy)
    })
  }
})

/** `semver:RANGE` is to be filled in. */
function isForm(policy: string): boolean {
  return /:[A-Z]+$/.test(policy)
}

function checkYaml(text: string): void {
  for (const document of parseAllDocuments(text)) {
    assert.ok('errors' in document)
    assert.deepEqual([document.errors, document.warnings], [[], []])
  }
  if (!/^version: /m.test(text)) return
  const configuration = parseConfiguration(text)
  assert.ok(configuration.ok, configuration.ok ? '' : configuration.problems.map(formatProblem).join('\n'))
}

function callsIn(text: string): readonly string[] {
  return [...text.matchAll(/^(?:npx )?lotse (.*?)(?: +#.*)?$/gm)].map(([, call = '']) => call)
}

function checkCall(call: string): void {
  const [name, ...words] = call.split(/\s+/)
  const command = commands.find((command) => command.name === name)
  assert.ok(command !== undefined, `there is no command ${name}`)
  for (const option of words.filter((word) => word.startsWith('--'))) assert.ok(command.usage.includes(option), call)
}

/** Those in a list are indented as it is. */
function examplesIn(markdown: string): readonly Example[] {
  return [...markdown.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)].map(
    ({ index, 1: indent = '', 2: language = '', 3: text = '' }) => {
      const line = markdown.slice(0, index).split('\n').length
      return { language, line, text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), '') }
    },
  )
}
