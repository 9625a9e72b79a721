import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parsePullNumber } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { createOutbox } from '../../../src/io/agent-link/outbox.ts'
import { commit, state } from './ground.ts'

suite('an outbox', () => {
  test('keeps the newest of a kind, and of a pull request', () => {
    const outbox = createOutbox()
    outbox.put(diffed(1), 'first of 1')
    outbox.put({ kind: 'started', commit }, 'first start')
    outbox.put(diffed(2), 'first of 2')
    outbox.put(diffed(1), 'second of 1')
    outbox.put({ kind: 'started', commit }, 'second start')
    assert.deepEqual(outbox.take(), ['first of 2', 'second of 1', 'second start'])
    assert.deepEqual(outbox.take(), [])
  })

  test('keeps no state: each connect begins with a new one', () => {
    const outbox = createOutbox()
    outbox.put({ kind: 'state', state }, 'old')
    assert.deepEqual(outbox.take(), [])
  })

  test('lets the oldest go when there are too many', () => {
    const outbox = createOutbox()
    for (let pull = 1; pull <= 51; pull += 1) outbox.put(diffed(pull), `${pull}`)
    const kept = outbox.take()
    assert.deepEqual([kept.length, kept[0], kept.at(-1)], [50, '2', '51'])
  })
})

function diffed(pull: number) {
  const result = { kind: 'failed', because: '' } as const
  return { kind: 'diffed', pull: guaranteed(parsePullNumber(pull)), base: commit, head: commit, result } as const
}
