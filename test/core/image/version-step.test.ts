import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { versionStep } from '../../../src/core/image/version-step.ts'

describe('versionStep', () => {
  const rows: readonly (readonly [from: string | undefined, to: string, expected: string | undefined])[] = [
    ['1.2.0', '1.2.1', 'patch'],
    ['v1.2.0', 'v1.3.0', 'minor'],
    ['1.2.0', '2.0.0', 'major'],
    ['1.2.0', '1.3.0-rc.1', 'pre-release'],
    ['1.2.0-rc.1', '1.2.0-rc.2', 'pre-release'],
    ['1.2.0', '1.2.0', undefined],
    ['1.2', '1.3', undefined],
    ['main-1', '1.2.0', undefined],
    [undefined, '1.2.0', undefined],
  ]
  for (const [from, to, expected] of rows) {
    test(`from ${from ?? 'nothing'} to ${to} is ${expected ?? 'no step'}`, () =>
      assert.equal(versionStep(from, to), expected))
  }
})
