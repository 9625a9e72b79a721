import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRegistries } from '../../src/runtime/registries.ts'

test('parseRegistries reads the path of a docker config', () => {
  const path = '/etc/lotse/registries/.dockerconfigjson'
  assert.deepEqual(parseRegistries(JSON.stringify([{ host: 'quay.io', dockerConfig: path }])), {
    ok: true,
    value: [{ host: 'quay.io', dockerConfig: path }],
  })
})

const refusals: readonly (readonly [name: string, entry: object, says: string])[] = [
  ['an empty path', { dockerConfig: '' }, 'entry 1: `dockerConfig`: expected the path of a file'],
  ['a path that is no text', { dockerConfig: 7 }, 'entry 1: `dockerConfig`: expected a text'],
  [
    'an empty password, as of a variable that nobody set',
    { username: 'hidden', password: '' },
    'entry 1: `password`: expected a text, got an empty one',
  ],
  [
    'an empty user name',
    { username: '', password: 'hidden' },
    'entry 1: `username`: expected a text, got an empty one',
  ],
  [
    'a login in two places',
    { dockerConfig: 'a', username: 'hidden', password: 'hidden' },
    'entry 1: expected `username` and `password`, or `dockerConfig`, got both',
  ],
]

for (const [name, entry, says] of refusals) {
  test(`parseRegistries refuses ${name}`, () => {
    assert.deepEqual(parseRegistries(JSON.stringify([{ host: 'quay.io', ...entry }])), {
      ok: false,
      problems: [{ message: says }],
    })
  })
}
