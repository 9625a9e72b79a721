import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseClusterName, parsePullNumber } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import type { GroupRule } from '../../../src/core/config/configuration.ts'
import { type ReleaseGroup, groupChanges } from '../../../src/core/release/group.ts'
import { keptChanges, obsoleteGroups } from '../../../src/core/release/obsolete.ts'
import type { Change, ReleasePlan, SkippedBecause } from '../../../src/core/release/plan.ts'
import { image } from '../../support/facts.ts'
import { change, plan, skipped } from '../../support/releases.ts'

const web = change()
const newerWeb = change({ to: '1.2.2' })
const api = change({
  workload: 'demo:deployment/api',
  image: 'eu.gcr.io/project/api',
  file: 'clusters/production/api.yaml',
})
const silent: SkippedBecause = { kind: 'registry-unknown' }
const upToDate: SkippedBecause = { kind: 'up-to-date' }

/** What comes of a past that was grouped by one rule, and a plan that is grouped by another. */
function next(past: readonly ReleaseGroup[], said: Partial<ReleasePlan>, rule: GroupRule = 'all') {
  const today = plan(said)
  const wanted = groupChanges([...today.changes, ...keptChanges(past, today)], () => rule)
  const moves = ({ changes }: ReleaseGroup) => changes.map(({ use, to }) => `${use.workload.split('/')[1]} ${to}`)
  return {
    wanted: wanted.map(moves),
    obsolete: obsoleteGroups(past, wanted, today).map(({ branch }) => branch.replace('lotse/release/production/', '')),
  }
}

const grouped = (changes: readonly Change[], rule: GroupRule) => groupChanges(changes, () => rule)
/** As the store gives it back. */
const stored = (groups: readonly ReleaseGroup[]): readonly ReleaseGroup[] => JSON.parse(JSON.stringify(groups))

describe('a group of the past', () => {
  const one = grouped([web], 'image')
  const both = grouped([web, api], 'all')
  const branchOfWeb = 'eu.gcr.io+project+demo-service'

  test('is obsolete when the plan asks for it no more', () => {
    assert.deepEqual(next(one, {}, 'image'), { wanted: [], obsolete: [branchOfWeb] })
    assert.deepEqual(next(one, { skipped: [skipped(web, upToDate)] }, 'image'), { wanted: [], obsolete: [branchOfWeb] })
  })

  test('is not obsolete when it is wanted with another tag', () => {
    assert.deepEqual(next(one, { changes: [newerWeb] }, 'image'), { wanted: [['web 1.2.2']], obsolete: [] })
  })

  const unknown: readonly SkippedBecause[] = [
    silent,
    { kind: 'registry-refused', message: 'login needed' },
    { kind: 'image-absent' },
    { kind: 'order-by-created' },
    { kind: 'platforms-unknown', tag: '1.2.1' },
  ]
  for (const because of unknown) {
    test(`stays as it is while all that is known is ${because.kind}`, () => {
      assert.deepEqual(next(one, { skipped: [skipped(web, because)] }, 'image'), {
        wanted: [['web 1.2.1']],
        obsolete: [],
      })
    })
  }

  test('keeps the change of an image whose registry is silent when another moves', () => {
    const said = { changes: [newerWeb], skipped: [skipped(api, silent)] }
    assert.deepEqual(next(stored(both), said), { wanted: [['api 1.2.1', 'web 1.2.2']], obsolete: [] })
  })

  test('remembers what was refused of it while nothing else is known', () => {
    const refused = [{ change: api, refusal: { because: 'closed', pull: guaranteed(parsePullNumber(3)) } }] as const
    const group = grouped([web], 'all').map((one) => ({ ...one, refused }))
    assert.deepEqual(keptChanges(group, plan({ skipped: [skipped(api, silent)] })), [api])
  })

  test('loses what is no longer wanted of it, and keeps what is not known', () => {
    const said = { skipped: [skipped(web, upToDate), skipped(api, silent)] }
    assert.deepEqual(next(both, said), { wanted: [['api 1.2.1']], obsolete: [] })
  })

  const elsewhere = { ...api, use: { ...api.use, line: 30, place: { ...api.use.place, document: 1 } } }
  test('keeps a change that stands elsewhere in its file by now, at its new place', () => {
    const [kept] = keptChanges(both, plan({ skipped: [skipped(elsewhere, silent)] }))
    assert.deepEqual(kept, { ...api, use: elsewhere.use })
  })

  const changed: readonly (readonly [string, Change])[] = [
    [
      'another image',
      change({ ...api, workload: 'demo:deployment/api', file: api.file, image: 'eu.gcr.io/project/other' }),
    ],
    ['another tag', change({ workload: 'demo:deployment/api', file: api.file, image: api.image, from: '1.1.0' })],
    ['another policy', change({ workload: 'demo:deployment/api', file: api.file, image: api.image, policy: 'glob:*' })],
  ]
  for (const [name, now] of changed) {
    test(`does not keep a change where the manifest says ${name} by now`, () => {
      assert.deepEqual(keptChanges(both, plan({ skipped: [skipped(now, silent)] })), [])
    })
  }

  test('is left alone while its image is not known and its manifest says something else', () => {
    const now = change({ from: '1.1.0' })
    assert.deepEqual(next(one, { skipped: [skipped(now, silent)] }, 'image'), { wanted: [], obsolete: [] })
  })

  test('is left alone while nothing is known of it but its pull request, and its image is not known', () => {
    const said = { skipped: [skipped(web, silent)] }
    const of = (group: ReleaseGroup['of']): readonly ReleaseGroup[] =>
      grouped([web], 'image').map((one) => ({ ...one, of: group, changes: [] }))
    assert.deepEqual(next(of({ kind: 'image', image }), said).obsolete, [])
    assert.deepEqual(next(of({ kind: 'workload', workload: web.use.workload }), said).obsolete, [])
    assert.deepEqual(next(of({ kind: 'all' }), said).obsolete, [])
    assert.deepEqual(next(of({ kind: 'image', image: api.image }), said).obsolete, [branchOfWeb])
    assert.deepEqual(next(of({ kind: 'all' }), {}).obsolete, [branchOfWeb])
  })

  test('loses nothing that is not known, whatever moves beside it, and however it is grouped now', () => {
    const names = ['a', 'b', 'c', 'd']
    const rule = fc.constantFrom<GroupRule>('image', 'workload', 'all')
    const fate = fc.constantFrom('silent', 'newer', 'up to date', 'gone')
    const places = fc.array(fc.record({ workload: fc.constantFrom(...names), image: fc.constantFrom(...names), fate }))
    fc.assert(
      fc.property(places, rule, rule, (all, before, after) => {
        const pairs = all.map(({ workload, image: name, fate }, line) => {
          const said = { workload: `demo:deployment/${workload}`, container: `c${line}`, image: `a.io/${name}`, line }
          return { fate, was: change(said), newer: change({ ...said, to: '1.2.2' }) }
        })
        const of = (wanted: string) => pairs.filter(({ fate }) => fate === wanted)
        const today = plan({
          changes: of('newer').map(({ newer }) => newer),
          skipped: [
            ...of('silent').map(({ was }) => skipped(was, silent)),
            ...of('up to date').map(({ was }) => skipped(was, upToDate)),
          ],
        })
        const past = stored(
          grouped(
            pairs.map(({ was }) => was),
            before,
          ),
        )
        const wanted = grouped([...today.changes, ...keptChanges(past, today)], after)
        assert.deepEqual(
          new Set(wanted.flatMap(({ changes }) => changes).map(({ use, to }) => `${use.container} ${to}`)),
          new Set([
            ...of('silent').map(({ was }) => `${was.use.container} 1.2.1`),
            ...of('newer').map(({ newer }) => `${newer.use.container} 1.2.2`),
          ]),
        )
        const branches = new Set(wanted.map(({ branch }) => branch))
        const obsolete = new Set(obsoleteGroups(past, wanted, today))
        for (const group of past.filter(({ branch }) => branches.has(branch))) assert.ok(!obsolete.has(group))
      }),
    )
  })

  test('does not wait for the registry of another cluster', () => {
    const elsewhere = { ...web, cluster: guaranteed(parseClusterName('staging')) }
    assert.deepEqual(next(one, { skipped: [skipped(elsewhere, silent)] }).obsolete, [branchOfWeb])
  })

  test('is obsolete when the rule changes, and its changes go into the new groups', () => {
    assert.deepEqual(next(grouped([web, api], 'image'), { changes: [web, api] }), {
      wanted: [['api 1.2.1', 'web 1.2.1']],
      obsolete: ['eu.gcr.io+project+api', branchOfWeb],
    })
    assert.deepEqual(next(both, { changes: [web, api] }, 'workload'), {
      wanted: [['api 1.2.1'], ['web 1.2.1']],
      obsolete: ['all'],
    })
  })

  test('is obsolete when the rule changes, with its registry silent too: the new group keeps its change', () => {
    const said = { changes: [newerWeb], skipped: [skipped(api, silent)] }
    assert.deepEqual(next(stored(grouped([web, api], 'image')), said), {
      wanted: [['api 1.2.1', 'web 1.2.2']],
      obsolete: ['eu.gcr.io+project+api', branchOfWeb],
    })
  })
})
