import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { app } from '../../src/bot/app.ts'
import { profiles } from '../../src/io/github/client.ts'

const root = resolve(import.meta.dirname, '../..')
const manifest: { default_permissions: Record<string, string>; default_events: string[] } = parse(
  readFileSync(join(root, 'app.yml'), 'utf8'),
)
const page = readFileSync(join(root, 'docs/permissions.md'), 'utf8')
const [permissions = '', events = ''] = page.split(/^(?=\| events \|)/m)

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

describe('docs/permissions.md says that it is not used yet of', () => {
  const unused = (table: string, names: readonly string[]): readonly string[] =>
    names.filter((name) => rowOf(table, name).includes('not used yet'))

  test('each event that nobody hears, and of no other', () => {
    const heard = eventsHeard()
    const unheard = manifest.default_events.filter((event) => !heard.has(event))
    assert.deepEqual(unused(events, manifest.default_events), unheard)
  })

  test('each permission that no token asks for, and of no other', () => {
    // Only GitHub asks for these, to send an event.
    const asked = new Set([
      'merge_queues',
      'packages',
      ...Object.values(profiles).flatMap((profile) => Object.keys(profile)),
    ])
    const names = Object.keys(manifest.default_permissions)
    assert.deepEqual(
      unused(permissions, names),
      names.filter((name) => !asked.has(name)),
    )
  })
})

/** `pull_request` of `pull_request.opened`, for each that the app listens to. */
function eventsHeard(): ReadonlySet<string> {
  const heard = new Set<string>()
  const listener = {
    on: (names: string | readonly string[]) => {
      for (const name of [names].flat()) heard.add(name.split('.')[0] ?? name)
    },
  }
  app(listener as never, {} as never)
  return heard
}

function rowOf(table: string, name: string): string {
  const names = (row: string): readonly string[] => (row.split('|')[1] ?? '').split(',').map((cell) => cell.trim())
  return table.split('\n').find((row) => names(row).includes(name)) ?? ''
}

const levels = ['read', 'write']

for (const [name, profile] of Object.entries(profiles)) {
  test(`a ${name} token asks for nothing that the app does not have`, () => {
    for (const [permission, level] of Object.entries(profile)) {
      const granted = manifest.default_permissions[permission] ?? ''
      assert.ok(levels.indexOf(granted) >= levels.indexOf(level), `${permission}: ${level}`)
    }
  })
}
