import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ReleaseRules, Weekday } from '../../../src/core/config/configuration.ts'
import { whenMerged } from '../../../src/core/release/when-merged.ts'
import { releaseRules } from '../../support/facts.ts'

const auto = 'Merges by itself once every rule holds; the check `lotse/policy` shows which do not yet.'
const mondayToThursday: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu']
const window = { days: mondayToThursday, from: 480, to: 960, zone: 'Europe/Berlin' }
const holidays = { from: '2026-12-20', to: '2027-01-06', reason: 'holidays | @team' }
const always = { days: [...mondayToThursday, 'fri', 'sat', 'sun'], from: 0, to: 1440, zone: 'UTC' } as const

describe('whenMerged', () => {
  const rows: readonly (readonly [string, Partial<ReleaseRules>, string])[] = [
    [
      'says who merges',
      { merge: 'manual', window },
      'A person merges this: `release.merge` is `manual` for this cluster.',
    ],
    ['says what is waited for', {}, auto],
    ['says where a window is open at any time no more than that', { window: always }, auto],
    ['names the window', { window }, `${auto} Only within \`release.window\`: mon–thu 08:00–16:00 Europe/Berlin.`],
    [
      'names days that do not follow each other',
      { window: { ...window, days: ['mon', 'tue', 'thu', 'fri', 'sat', 'sun'], from: 1320, to: 245 } },
      `${auto} Only within \`release.window\`: mon, tue, thu–sun 22:00–04:05 Europe/Berlin.`,
    ],
    [
      'names the freeze that is next, and counts the others',
      { freeze: [{ from: '2027-07-01', to: '2027-08-01' }, holidays, { from: '2026-01-01', to: '2026-11-22' }] },
      `${auto} Not in a \`release.freeze\`: 2026-12-20 to 2027-01-06 (holidays \\| @\u200bteam), and 1 later.`,
    ],
    [
      'names a freeze that ends today',
      { freeze: [{ from: '2026-11-22T18:00:00+01:00', to: '2026-11-23T08:00:00+01:00' }] },
      `${auto} Not in a \`release.freeze\`: 2026-11-22T18:00:00+01:00 to 2026-11-23T08:00:00+01:00.`,
    ],
    [
      'says when a commit is written',
      { merge: 'commit', freeze: [{ from: '2026-12-20', to: '2027-01-06' }] },
      'Lotse writes this to the branch itself: `release.merge` is `commit` for this cluster. Not in a `release.freeze`: 2026-12-20 to 2027-01-06.',
    ],
  ]
  for (const [name, rules, expected] of rows) {
    test(name, () => assert.equal(whenMerged({ ...releaseRules, ...rules }, '2026-11-23'), expected))
  }
})
