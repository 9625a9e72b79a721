import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { GroupRule } from '../../../src/core/config/configuration.ts'
import { parseBranchName, parseClusterName, parsePullNumber } from '../../../src/core/ids.ts'
import { parseImageName } from '../../../src/core/image/ref.ts'
import { workloadId } from '../../../src/core/manifest/resource.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import {
  type GroupOf,
  type ReleaseGroup,
  groupChanges,
  imagesOfGroup,
  clusterOfBranch,
  releaseBranch,
  sameChanges,
  wholeGroup,
} from '../../../src/core/release/group.ts'
import { cluster, image } from '../../support/facts.ts'
import { change } from '../../support/releases.ts'

const staging = guaranteed(parseClusterName('staging'))
const web = { workload: 'demo:deployment/web' }
const api = { workload: 'demo:deployment/api', file: 'clusters/production/api.yaml' }
const changes = [
  change(web),
  change({ ...web, container: 'proxy', image: 'nginx', from: '1.26', to: '1.27' }),
  change(api),
  change({ ...web, cluster: staging, file: 'clusters/staging/web.yaml' }),
]

/** Branch, without what all have in common → what is in it. */
function summary(groups: readonly ReleaseGroup[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    groups.map((group) => [
      group.branch.replace('lotse/release/', ''),
      group.changes.map(({ use, to }) => `${use.workload} ${use.container} ${to}`),
    ]),
  )
}

describe('groupChanges', () => {
  const rows: Readonly<Record<GroupRule, Readonly<Record<string, readonly string[]>>>> = {
    image: {
      'production/docker.io+library+nginx': ['demo:deployment/web proxy 1.27'],
      'production/eu.gcr.io+project+demo-service': ['demo:deployment/api web 1.2.1', 'demo:deployment/web web 1.2.1'],
      'staging/eu.gcr.io+project+demo-service': ['demo:deployment/web web 1.2.1'],
    },
    workload: {
      'production/workload=demo=deployment+web': ['demo:deployment/web proxy 1.27', 'demo:deployment/web web 1.2.1'],
      'production/workload=demo=deployment+api': ['demo:deployment/api web 1.2.1'],
      'staging/workload=demo=deployment+web': ['demo:deployment/web web 1.2.1'],
    },
    all: {
      'production/all': [
        'demo:deployment/web proxy 1.27',
        'demo:deployment/api web 1.2.1',
        'demo:deployment/web web 1.2.1',
      ],
      'staging/all': ['demo:deployment/web web 1.2.1'],
    },
  }
  for (const rule of ['image', 'workload', 'all'] as const) {
    test(`makes one group for each cluster and ${rule}`, () => {
      assert.deepEqual(summary(groupChanges(changes, () => rule)), rows[rule])
    })
  }

  test('goes by the rule of each cluster', () => {
    const groups = groupChanges(changes, (name) => (name === staging ? 'all' : 'image'))
    assert.deepEqual(Object.keys(summary(groups)), [
      'production/docker.io+library+nginx',
      'production/eu.gcr.io+project+demo-service',
      'staging/all',
    ])
  })

  test('gives the same group for the same changes in another order, through JSON too', () => {
    const [group] = groupChanges(changes, () => 'all')
    const [other] = groupChanges(changes.toReversed(), () => 'all')
    assert.ok(group !== undefined && other !== undefined)
    assert.ok(sameChanges(group, JSON.parse(JSON.stringify(other))))
    const [newer] = groupChanges(
      changes.map((one) => ({ ...one, to: '2' })),
      () => 'all',
    )
    assert.ok(newer !== undefined && !sameChanges(group, newer))
  })

  test('takes what is told about the tags for no other change', () => {
    const [group] = groupChanges([change()], () => 'image')
    const [told] = groupChanges(
      [change({ because: { kind: 'newer' }, heldBack: [{ tag: '1.2.2', because: { kind: 'created-missing' } }] })],
      () => 'image',
    )
    assert.ok(group !== undefined && told !== undefined && sameChanges(group, told))
  })

  const someChange = fc
    .record({
      cluster: fc.constantFrom(cluster, staging),
      workload: fc.constantFrom('demo:deployment/web', 'demo:deployment/api', 'a:cronjob/web', 'default:daemonset/web'),
      container: fc.constantFrom('a', 'b', 'c'),
      image: fc.constantFrom('nginx', 'eu.gcr.io/p/a', 'eu.gcr.io/p/a/b', 'localhost:5000/x'),
      file: fc.constantFrom('a.yaml', 'b/c.yaml'),
    })
    .map(change)
  const someRule = fc.constantFrom<GroupRule>('image', 'workload', 'all')

  test('loses no change, and puts no two clusters together', () => {
    fc.assert(
      fc.property(fc.array(someChange, { maxLength: 30 }), someRule, someRule, (changes, one, other) => {
        const groups = groupChanges(changes, (name) => (name === cluster ? one : other))
        const grouped = groups.flatMap((group) => group.changes)
        assert.deepEqual(new Set(grouped), new Set(changes))
        assert.equal(grouped.length, changes.length)
        for (const group of groups) {
          assert.deepEqual(new Set(group.changes.map((change) => change.cluster)), new Set([group.cluster]))
          assert.equal(group.branch, releaseBranch(group.cluster, group.of))
        }
        assert.equal(new Set(groups.map(({ branch }) => branch)).size, groups.length)
      }),
    )
  })

  test('gives back the whole of a group of which something was refused', () => {
    const [group] = groupChanges(changes, () => 'all')
    assert.ok(group !== undefined)
    const [first, ...others] = group.changes
    assert.ok(first !== undefined)
    const refusal = { because: 'closed', pull: guaranteed(parsePullNumber(3)) } as const
    assert.deepEqual(wholeGroup({ ...group, changes: others, refused: [{ change: first, refusal }] }), group)
  })
})

describe('imagesOfGroup', () => {
  test('names each image and tag once, as manifests write it, sorted', () => {
    const said = [
      { image: 'nginx', from: '1.26', to: '1.27' },
      { image: 'docker.io/library/nginx', from: '1.26', to: '1.27' },
      { image: 'eu.gcr.io/project/b', to: 'v10' },
      { image: 'eu.gcr.io/project/b', to: 'v2', from: undefined },
    ]
    const [group] = groupChanges(
      said.map((one, line) => change({ ...one, line })),
      () => 'all',
    )
    assert.ok(group !== undefined)
    assert.deepEqual(imagesOfGroup(group), ['eu.gcr.io/project/b:v10', 'eu.gcr.io/project/b:v2', 'nginx:1.27'])
  })
})

describe('releaseBranch', () => {
  const ofImage = (name: string): GroupOf => ({ kind: 'image', image: guaranteed(parseImageName(name)) })
  const ofWorkload = (namespace: string, kind: string, name: string): GroupOf => ({
    kind: 'workload',
    workload: workloadId({ namespace, kind, name }),
  })

  test('keeps the names that images have had', () => {
    assert.equal(
      releaseBranch(cluster, { kind: 'image', image }),
      'lotse/release/production/eu.gcr.io+project+demo-service',
    )
    assert.equal(
      releaseBranch(cluster, ofImage('localhost:5000/b.lock')),
      'lotse/release/production/localhost=5000+b.lock+',
    )
    assert.equal(releaseBranch(cluster, ofImage('all')), 'lotse/release/production/docker.io+library+all')
    assert.equal(releaseBranch(cluster, { kind: 'all' }), 'lotse/release/production/all')
  })

  test('tells the cluster again, and a branch of a person tells none', () => {
    const branches = ['lotse/release/staging/all', 'lotse/release/', 'lotse/release/Ä/all', 'staging/all', '']
    assert.deepEqual(branches.map(clusterOfBranch), ['staging', undefined, undefined, undefined, undefined])
  })

  const segment = fc.stringMatching(/^[a-z0-9]{1,3}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}$/)
  const host = fc.oneof(
    fc.constantFrom('workload:5000', 'all:1', '[::1]:5000', '[::1]', 'a.io', 'localhost'),
    fc.stringMatching(/^[a-z0-9]{1,3}(?:-[a-z]{1,2})?\.[a-z]{2,3}(?::[0-9]{1,5})?$/),
  )
  const someImage = fc
    .tuple(host, fc.array(fc.oneof(segment, fc.constantFrom('b.lock', 'x'.repeat(70))), { minLength: 1, maxLength: 3 }))
    .map(([host, path]) => ofImage(`${host}/${path.join('/')}`))
  const anyName = fc.oneof(fc.stringMatching(/^[a-z0-9.:/+=-]{1,8}$/), fc.string({ unit: 'binary', maxLength: 300 }))
  const someWorkload = fc
    .tuple(
      fc.oneof(fc.constantFrom('5000', 'demo'), anyName),
      fc.constantFrom('Deployment', 'CronJob', 'a.lock'),
      anyName,
    )
    .map(([namespace, kind, name]) => ofWorkload(namespace, kind, name))
  const anything = fc.oneof(someImage, someWorkload, fc.constant<GroupOf>({ kind: 'all' }))
  const longestCluster = guaranteed(parseClusterName('c'.repeat(63)))

  test('is a name that git takes, flat, and another for everything else', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anything, { selector: (of) => JSON.stringify(of), maxLength: 20 }), (all) => {
        const branches = all.map((of) => releaseBranch(longestCluster, of))
        for (const branch of branches) {
          assert.ok(parseBranchName(branch).ok)
          assert.equal(branch.split('/').length, 4)
          assert.equal(clusterOfBranch(branch), longestCluster)
        }
        assert.equal(new Set(branches).size, all.length)
      }),
      { numRuns: 500 },
    )
  })
})
