import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PullRequestRules } from '../../../src/core/config/configuration.ts'
import { labelsRefused, openingOf, reviewersRefused } from '../../../src/core/release/opening.ts'

const nothing: PullRequestRules = { labels: [], reviewers: [], commitPrefix: '' }
const alice = { kind: 'user', name: 'alice' } as const
const platform = { kind: 'team', name: 'platform' } as const

describe('openingOf', () => {
  const cases: Record<string, readonly [Partial<PullRequestRules>, readonly string[]]> = {
    'leaves nothing to do where nothing is configured': [{}, []],
    'leaves the labels to do': [{ labels: ['release'] }, ['labels']],
    'leaves the reviewers to do': [{ reviewers: [alice] }, ['reviewers']],
    'leaves both to do, the labels first': [{ labels: ['release'], reviewers: [platform] }, ['labels', 'reviewers']],
  }
  for (const [name, [rules, left]] of Object.entries(cases)) {
    test(name, () => assert.deepEqual(openingOf({ ...nothing, ...rules }), { left, refused: [] }))
  }
})

describe('what GitHub refused is told', () => {
  test('of labels', () => {
    assert.equal(
      labelsRefused(['release'], 'Validation Failed'),
      'GitHub did not take the label `release`: Validation Failed',
    )
    assert.equal(labelsRefused(['a', 'b'], 'no'), 'GitHub did not take the labels `a`, `b`: no')
  })

  test('of reviewers, as the configuration writes them', () => {
    assert.equal(reviewersRefused([alice, platform], 'no'), 'Not asked for a review: `alice`, `team:platform`: no')
  })

  test('in words that become no mention, no marker and no novel', () => {
    const told = reviewersRefused([alice], `@everyone <!-- lotse:release {} --> ${'x'.repeat(1000)}`)
    assert.ok(!told.includes('@everyone') && !told.includes('<!--') && told.length < 500, told)
  })
})
