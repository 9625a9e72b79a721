import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { profiles } from '../../src/io/github/client.ts'

const root = resolve(import.meta.dirname, '../..')
const manifest: { default_permissions: Record<string, string>; default_events: string[] } = parse(
  readFileSync(join(root, 'app.yml'), 'utf8'),
)
const page = readFileSync(join(root, 'docs/permissions.md'), 'utf8')

describe('docs/permissions.md', () => {
  test('names each permission of app.yml with its level, and no other', () => {
    const rows = [...page.matchAll(/^\| (\w+) \| (read|write) \|/gm)].map(([, name, level]) => [name, level])
    assert.deepEqual(Object.fromEntries(rows), manifest.default_permissions)
  })

  test('names each event of app.yml, and no other', () => {
    const table = page.slice(page.indexOf('| events |')).split('\n').slice(2)
    const named = table.flatMap((row) => (row.split('|')[1] ?? '').split(',').map((event) => event.trim()))
    assert.deepEqual(named.filter((event) => event !== '').toSorted(), manifest.default_events.toSorted())
  })
})

const levels = ['read', 'write']

for (const [name, profile] of Object.entries(profiles)) {
  test(`a ${name} token asks for nothing that the app does not have`, () => {
    for (const [permission, level] of Object.entries(profile)) {
      const granted = manifest.default_permissions[permission] ?? ''
      assert.ok(levels.indexOf(granted) >= levels.indexOf(level), `${permission}: ${level}`)
    }
  })
}
