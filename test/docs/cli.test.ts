import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { commands } from '../../src/cli/commands.ts'
import { pushImage } from '../../src/sandbox/registry/push-image.ts'
import { startRegistry } from '../../src/sandbox/registry/registry.ts'
import { folderWith } from '../cli/offline-folder.ts'
import { lotse } from '../cli/run-cli.ts'
import { codeBlocks, readDocument, rowsOf } from './tables.ts'

const page = readDocument('cli.md')
const [introduction = '', ...sections] = page.split(/^(?=## )/m)
const offline = ['images', 'plan', 'release', 'policy', 'tags']

suite('docs/cli.md', () => {
  test('names each offline command as it is called', () => {
    const usages = offline.map((name) => `lotse ${commands.find((command) => command.name === name)?.usage}\n`)
    assert.deepEqual(codeBlocks(page, ''), usages)
  })

  test('shows the answer of each example, and every key of it', async (t) => {
    const manifests = codeBlocks(introduction, 'yaml')
    const files = Object.fromEntries(manifests.map((text) => [/^# (.*)$/m.exec(text)?.[1] ?? '', text]))
    const { path } = await folderWith(t, files)
    const registry = await startRegistry()
    t.after(registry.close)
    for (const tag of ['1.2.0', '1.2.1', '1.3.0']) {
      await pushImage(registry.url, { repository: 'project/demo-service', tag })
    }
    const environment = { REGISTRIES: JSON.stringify([{ host: 'eu.gcr.io', url: registry.url }]) }

    // One after the other: the folder that is released to is the one that was planned.
    for (const section of sections) {
      const [, ...args] = wordsOf(codeBlocks(section, 'sh')[0] ?? '')
      const { stdout } = await lotse(
        args.map((word) => (word === '.' ? path : word)),
        { environment },
      )
      assert.equal(stdout, codeBlocks(section, 'json')[0])
      const answer: unknown = JSON.parse(stdout)
      const told = new Map(rowsOf(section).map(([key = '', type = '']) => [key.replaceAll('`', ''), type]))
      const found = leavesOf(answer)
      assert.deepEqual([...new Set(found.map(([key]) => key))].toSorted(), [...told.keys()].toSorted())
      for (const [key, type] of found) assert.ok(told.get(key)?.split(' or ').includes(type), `${key} is ${type}`)
    }
    assert.equal(sections.length, offline.length)
  })
})

/** The words of a line as a shell reads them, as far as the examples go. */
function wordsOf(line: string): readonly string[] {
  return [...line.trim().matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

/** Where something stands in an answer, and of what type it is: `changes[].line`, `number`. */
function leavesOf(value: unknown, path = ''): readonly (readonly [path: string, type: string])[] {
  if (Array.isArray(value)) return value.flatMap((item) => leavesOf(item, `${path}[]`))
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, below]) => leavesOf(below, path === '' ? key : `${path}.${key}`))
  }
  const types: Record<string, string> = { string: 'text', boolean: String(value), object: 'null' }
  return [[path, types[typeof value] ?? typeof value]]
}
