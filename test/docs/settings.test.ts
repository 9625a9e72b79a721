import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { botRows } from '../../src/runtime/settings-rows.ts'
import { docsRow, exampleOf } from './settings-text.ts'

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
