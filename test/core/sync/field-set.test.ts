import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import { holds, splitSet, unionOf } from '../../../src/core/sync/field-set.ts'

const unions: Readonly<Record<string, readonly [Json, Json, Json]>> = {
  'two steps': [{ 'f:a': {} }, { 'f:b': {} }, { 'f:a': {}, 'f:b': {} }],
  'the same step': [{ 'f:a': {} }, { 'f:a': {} }, { 'f:a': {} }],
  'steps below a step': [{ 'f:a': { 'f:b': {} } }, { 'f:a': { 'f:c': {} } }, { 'f:a': { 'f:b': {}, 'f:c': {} } }],
  'a step and one below it': [{ 'f:a': {} }, { 'f:a': { 'f:b': {} } }, { 'f:a': { '.': {}, 'f:b': {} } }],
  'a step that says so and one below it': [
    { 'f:a': { '.': {} } },
    { 'f:a': { 'f:b': {} } },
    { 'f:a': { '.': {}, 'f:b': {} } },
  ],
  'an item of a list': [
    { 'k:{"name":"web"}': { '.': {}, 'f:image': {} } },
    { 'k:{"name":"web"}': { 'f:env': {} } },
    { 'k:{"name":"web"}': { '.': {}, 'f:image': {}, 'f:env': {} } },
  ],
  'a set and nothing': [{ 'f:a': {} }, {}, { 'f:a': {} }],
  'a set and what is none': [{ 'f:a': {} }, null, { 'f:a': {} }],
}

for (const [name, [a, b, expected]] of Object.entries(unions)) {
  test(`unionOf joins ${name}`, () => {
    assert.deepEqual(unionOf(a, b), expected)
    assert.deepEqual(unionOf(b, a), expected)
  })
}

const { set } = fc.letrec<{ set: JsonObject }>((tie) => ({
  set: fc.dictionary(
    fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:"y"'),
    fc.oneof({ maxDepth: 3 }, fc.constant({}), tie('set')),
    {
      maxKeys: 3,
    },
  ),
}))

test('unionOf holds exactly the paths of both', () => {
  fc.assert(
    fc.property(set, set, (a, b) => {
      assert.deepEqual(pathsOf(unionOf(a, b)), new Set([...pathsOf(a), ...pathsOf(b)].toSorted()))
    }),
  )
})

test('splitSet loses no path, and puts none on both sides', () => {
  fc.assert(
    fc.property(
      set,
      fc.array(fc.array(fc.constantFrom('f:a', 'f:b'), { minLength: 1, maxLength: 3 })),
      (whole, paths) => {
        const { inside = {}, outside = {} } = splitSet(whole, paths)
        assert.deepEqual(pathsOf(unionOf(inside, outside)), pathsOf(whole))
        assert.deepEqual(
          [...pathsOf(inside)].filter((path) => pathsOf(outside).has(path)),
          [],
        )
        for (const path of paths) assert.equal(holds(outside, path), false)
      },
    ),
  )
})

test('holds says whether the path itself is in the set', () => {
  const owned = { 'f:spec': { 'f:replicas': {}, 'f:template': { '.': {}, 'f:spec': { 'f:paused': {} } } } }
  assert.equal(holds(owned, ['f:spec', 'f:replicas']), true)
  assert.equal(holds(owned, ['f:spec', 'f:template']), true)
  assert.equal(holds(owned, ['f:spec', 'f:template', 'f:spec']), false)
  assert.equal(holds(owned, ['f:spec']), false)
  assert.equal(holds(owned, ['toString']), false)
  assert.equal(holds(undefined, ['f:spec']), false)
})

/** Every path that the set itself holds, as a text. */
function pathsOf(fields: Json, prefix = ''): Set<string> {
  const paths = Object.entries(fields as JsonObject).flatMap(([step, below]) => {
    if (step === '.') return [prefix]
    const path = `${prefix}/${step}`
    return Object.keys(below as JsonObject).length === 0 ? [path] : [...pathsOf(below, path)]
  })
  return new Set(paths.toSorted())
}
