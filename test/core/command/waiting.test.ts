import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { WorkloadId } from '../../../src/core/manifest/resource.ts'
import { type WaitingRelease, formatWaiting } from '../../../src/core/command/waiting.ts'
import type { ReleaseGroup } from '../../../src/core/release/group.ts'
import { branch, cluster, image } from '../../support/facts.ts'
import { change } from '../../support/releases.ts'

const group: ReleaseGroup = {
  branch: branch('lotse/release/production/x'),
  cluster,
  of: { kind: 'image', image },
  changes: [change()],
}
const all = ['a', 'b', 'c', 'd', 'e'].map((name) => change({ image: `eu.gcr.io/${name}`, container: name }))
const workload = 'demo:deployment/<b>' as WorkloadId

describe('formatWaiting', () => {
  const rows: readonly (readonly [name: string, waiting: readonly WaitingRelease[], expected: string])[] = [
    ['says nothing where nothing waits', [], ''],
    [
      'names an image and the reason, in which nothing is a mention',
      [{ group, because: 'ask @ann <b>' }],
      '- ⏳ `eu.gcr.io/project/demo-service:1.2.1` in `production`: ask @\u200bann \\<b\\>',
    ],
    [
      'names the workload of a group that is one',
      [{ group: { ...group, of: { kind: 'workload', workload } }, because: 'x' }],
      '- ⏳ `eu.gcr.io/project/demo-service:1.2.1` for `demo:deployment/<b>` in `production`: x',
    ],
    [
      'names few of many images',
      [{ group: { ...group, of: { kind: 'all' }, changes: all }, because: 'x' }],
      '- ⏳ `eu.gcr.io/a:1.2.1`, `eu.gcr.io/b:1.2.1`, `eu.gcr.io/c:1.2.1` and 2 more in `production`: x',
    ],
    [
      'names what was refused as well',
      [
        {
          group: {
            ...group,
            changes: [],
            refused: [{ change: change(), refusal: { because: 'closed', pull: 7 as never } }],
          },
          because: '#7 was closed',
        },
      ],
      '- ⏳ `eu.gcr.io/project/demo-service:1.2.1` in `production`: #\u200b7 was closed',
    ],
    [
      'names the branch where no change is known',
      [{ group: { ...group, changes: [] }, because: 'x' }],
      '- ⏳ `lotse/release/production/x` in `production`: x',
    ],
  ]
  for (const [name, waiting, expected] of rows) {
    test(name, () => assert.equal(formatWaiting(waiting).replace('Releases that wait:\n\n', ''), expected))
  }

  test('is short, however many wait and however long the reasons are', () => {
    const many = Array.from({ length: 500 }, () => ({ group, because: '<'.repeat(100_000) }))
    const text = formatWaiting(many)
    assert.ok(text.length < 4_000)
    assert.match(text, /… and 49\d more$/)
    assert.match(formatWaiting(Array.from({ length: 25 }, () => ({ group, because: 'x' }))), /… and 5 more$/)
  })
})
