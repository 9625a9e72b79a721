import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Remedy, remedyFor } from '../../../src/core/automerge/remedy.ts'
import type { ReasonKind } from '../../../src/core/automerge/rules.ts'

const rows: readonly (readonly [ReasonKind, Remedy | undefined])[] = [
  ['conflict', 'write-anew'],
  ['behind', 'write-anew'],
  ['mergeability-unknown', 'look-again-soon'],
  ['plan-unknown', 'plan-again'],
  ['superseded', 'plan-again'],
  ['check-pending', undefined],
  ['changed-by-person', undefined],
]

for (const [because, expected] of rows) {
  test(`remedyFor ${because} is ${expected ?? 'nothing'}`, () => assert.equal(remedyFor(because), expected))
}
