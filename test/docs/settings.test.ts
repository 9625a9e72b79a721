import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { botRows } from '../../src/runtime/settings-rows.ts'
import { parseRegistries } from '../../src/runtime/registries.ts'
import { docsRow, exampleOf } from './settings-text.ts'
import { codeBlocks, readDocument } from './tables.ts'

const root = join(import.meta.dirname, '../..')
const rows = Object.entries(botRows)

test('docs/settings.md has a row for each setting, and no other', async () => {
  const text = await readFile(join(root, 'docs/settings.md'), 'utf8')
  const written = text.split('\n').filter((line) => line.startsWith('| `'))
  assert.deepEqual(
    written,
    rows.map(([name, row]) => docsRow(name, row)),
  )
})

test('.env.example has each setting, with its default', async () => {
  assert.equal(await readFile(join(root, '.env.example'), 'utf8'), exampleOf(rows))
})

test('docs/settings.md has a list of registries that is understood', () => {
  const examples = codeBlocks(readDocument('settings.md'), 'json')
  assert.equal(examples.length, 1)
  for (const example of examples) assert.ok(parseRegistries(example).ok)
})
