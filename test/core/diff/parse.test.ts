import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseLiveDiff } from '../../../src/core/diff/parse.ts'
import { parsed } from '../../../src/core/parsed.ts'
import { change, liveDiff } from './diffs.ts'

const whole = liveDiff({
  changes: [change(), change({ action: 'take-over', lines: [] })],
  drift: [change({ action: 'create', lines: [' a', '+b\tc', '-d', '@@ e'] })],
  dangers: [{ kind: 'deletes-crd', object: 'CustomResourceDefinition a', says: 'deletes every resource' }],
  problems: [
    { message: 'bad', turn: 'author', object: 'a', help: 'b', at: { file: 'a.yaml', line: 1, column: 1 } },
    { message: 'slow', turn: 'time' },
  ],
  unchanged: 3,
  omitted: 1,
})

const refusals: readonly (readonly [name: string, value: unknown, part: string])[] = [
  ['no object', 'diff', 'got something else'],
  ['a missing part', { ...whole, drift: undefined }, 'drift'],
  ['an unknown action', liveDiff({ changes: [{ ...change(), action: 'apply' as never }] }), 'changes'],
  ['an unknown danger', liveDiff({ dangers: [{ kind: 'x' as never, object: '', says: '' }] }), 'dangers'],
  ['a negative count', liveDiff({ unchanged: -1 }), 'unchanged'],
  ['a count that is none', liveDiff({ omitted: Number.NaN }), 'omitted'],
  ['a line that is too long', liveDiff({ changes: [change({ lines: [' '.repeat(501)] })] }), 'changes'],
  ['too many lines', liveDiff({ changes: [change({ lines: Array.from({ length: 301 }, () => ' ') })] }), 'changes'],
  ['a line that is none of a diff', liveDiff({ changes: [change({ lines: ['a'] })] }), 'changes'],
  ['a line break in a line', liveDiff({ drift: [change({ lines: [' a\n```'] })] }), 'drift'],
  ['a control character', liveDiff({ problems: [{ message: '\u001b[31m', turn: 'time' }] }), 'problems'],
  ['a long name', liveDiff({ changes: [change({ object: 'x'.repeat(401) })] }), 'changes'],
  [
    'a place that is none',
    liveDiff({ problems: [{ message: '', turn: 'time', at: { line: 1 } as never }] }),
    'problems',
  ],
  ['too many changes', liveDiff({ changes: Array.from({ length: 5001 }, () => change({ lines: [] })) }), 'changes'],
]

suite('parseLiveDiff', () => {
  test('reads what it was', () => {
    assert.deepEqual(parseLiveDiff(JSON.parse(JSON.stringify(whole))), parsed(whole))
  })

  for (const [name, value, part] of refusals) {
    test(`refuses ${name}`, () => {
      const result = parseLiveDiff(value)
      assert.ok(!result.ok)
      assert.match(result.problems[0].message, new RegExp(part))
    })
  }

  test('is total', () => {
    fc.assert(fc.property(fc.anything(), (value) => void parseLiveDiff(value)))
  })
})
