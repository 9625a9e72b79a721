import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseConfiguration } from '../../../src/core/config/configuration.ts'
import { parseFilePath } from '../../../src/core/ids.ts'
import { parseImageName } from '../../../src/core/image/ref.ts'
import type { KnownTag } from '../../../src/core/image/wanted-metadata.ts'
import { readManifest } from '../../../src/core/manifest/workload.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { groupChanges, obsoleteGroups, releaseBranch, sameChanges } from '../../../src/core/release/group.ts'
import {
  type ImageFacts,
  type ImageTags,
  type ReleasePlan,
  automatedImages,
  planRelease,
} from '../../../src/core/release/plan.ts'
import { commitMessage, pullRequestText, releaseTitle } from '../../../src/core/release/pull-request-text.ts'
import { cluster, image } from '../../support/facts.ts'

const configuration = guaranteed(
  parseConfiguration('version: 1\nclusters: { production: { path: clusters/production } }\n'),
)

type Workload = {
  readonly kind?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly image?: string
  readonly file?: string
  readonly name?: string
}

const now = new Date('2026-11-22T10:00:00Z')

/** Of a registry in which every tag was looked up, and says when it was created. */
function factsOf(tags: ImageTags, known: Readonly<Record<string, KnownTag>> = {}): ImageFacts {
  return {
    tags,
    known: (tag) => known[tag] ?? { digest: `sha256:${'0'.repeat(64)}`, firstSeenMs: 0, image: { platforms: [] } },
    listedSinceMs: () => 0,
  }
}

const automated = { 'fluxcd.io/automated': 'true', 'fluxcd.io/tag.web': 'semver:~1.2' }

function deployment({
  kind = 'Deployment',
  annotations = automated,
  image: reference,
  name = 'web',
}: Workload): string {
  return `apiVersion: apps/v1
kind: ${kind}
metadata:
  name: ${name}
  namespace: demo
  annotations: ${JSON.stringify(annotations)}
spec:
  template:
    spec:
      containers:
        - name: web
          image: ${reference ?? `${image}:1.2.0`}
`
}

function plan(workloads: readonly Workload[], tags: ImageTags | readonly string[]): ReleasePlan {
  const answer: ImageTags = 'kind' in tags ? tags : { kind: 'tags', tags }
  const files = workloads.map((workload) => ({
    file: guaranteed(parseFilePath(workload.file ?? 'clusters/production/web.yaml')),
    reading: readManifest(deployment(workload)),
  }))
  return planRelease({ configuration, files, factsOf: () => factsOf(answer), now })
}

describe('planRelease', () => {
  test('changes the one image of an automated workload to the newest tag its policy allows', () => {
    const { changes, skipped, problems } = plan([{}], ['1.2.0', '1.2.1', '1.3.0', '1.2.2-rc.1', 'latest'])
    assert.deepEqual(
      changes.map(({ file, use, from, to }) => [file, use.workload, use.container, use.line, from, to]),
      [['clusters/production/web.yaml', 'demo:deployment/web', 'web', 12, '1.2.0', '1.2.1']],
    )
    assert.deepEqual([skipped, problems], [[], []])
  })

  const rows: readonly (readonly [string, Workload, ImageTags | readonly string[], string])[] = [
    ['what no cluster owns', { file: 'docs/web.yaml' }, ['1.2.1'], 'outside-clusters'],
    [
      'a folder whose name only begins like a cluster',
      { file: 'clusters/production-old/web.yaml' },
      ['1.2.1'],
      'outside-clusters',
    ],
    ['what nobody automates', { annotations: { 'fluxcd.io/tag.web': 'semver:~1.2' } }, ['1.2.1'], 'not-automated'],
    ['what says false', { annotations: { ...automated, 'fluxcd.io/automated': 'false' } }, ['1.2.1'], 'not-automated'],
    ['a kind that is never automated', { kind: 'ReplicaSet' }, ['1.2.1'], 'never-automated'],
    ['what is locked', { annotations: { ...automated, 'fluxcd.io/locked': 'true' } }, ['1.2.1'], 'locked'],
    ['what is ignored', { annotations: { ...automated, 'fluxcd.io/ignore': 'true' } }, ['1.2.1'], 'ignored'],
    ['a pinned digest', { image: `${image}@sha256:${'a'.repeat(64)}` }, ['1.2.1'], 'digest-pinned'],
    [
      'a broken policy: it releases nothing',
      { annotations: { ...automated, 'fluxcd.io/tag.web': 'semver:~x.y' } },
      ['1.2.1'],
      'broken-policy',
    ],
    [
      'a broken regular expression',
      { annotations: { ...automated, 'fluxcd.io/tag.web': 'regexp:(' } },
      ['1.2.1'],
      'broken-policy',
    ],
    [
      'an order by created times that nobody knows',
      { annotations: { 'fluxcd.io/automated': 'true' } },
      ['a', 'b'],
      'order-by-created',
    ],
    ['an image nobody has asked for yet', {}, { kind: 'unknown' }, 'registry-unknown'],
    ['a registry that refuses', {}, { kind: 'refused', because: 'login needed' }, 'registry-refused'],
    ['an image that is not there', {}, { kind: 'absent' }, 'image-absent'],
    ['no tag that the policy allows', {}, ['1.3.0', 'main'], 'no-allowed-tag'],
    ['no tag at all', {}, [], 'no-allowed-tag'],
    ['what is up to date', {}, ['1.2.0'], 'up-to-date'],
    ['what would go back', { image: `${image}:1.2.5` }, ['1.2.0', '1.2.4'], 'older-than-current'],
  ]
  for (const [name, workload, tags, because] of rows) {
    test(`skips ${name}`, () => {
      const { changes, skipped } = plan([workload], tags)
      assert.deepEqual([changes, skipped.map((skip) => skip.because.kind)], [[], [because]])
    })
  }

  test('replaces a current tag that is gone or does not match', () => {
    assert.deepEqual(
      plan([{ image: `${image}:master-a000001` }], ['1.2.1']).changes.map(({ from, to }) => [from, to]),
      [['master-a000001', '1.2.1']],
    )
    assert.deepEqual(
      plan([{ image }], ['1.2.1']).changes.map(({ from, to }) => [from, to]),
      [[undefined, '1.2.1']],
    )
  })

  test('says in which file a manifest is broken', () => {
    const file = guaranteed(parseFilePath('clusters/production/broken.yaml'))
    const files = [{ file, reading: readManifest('kind: Deployment\n  bad: [') }]
    const { problems } = planRelease({ configuration, files, factsOf: () => factsOf({ kind: 'unknown' }), now })
    assert.equal(problems[0]?.at?.file, file)
  })

  test('asks for the tags of automated images inside clusters only, each once', () => {
    const file = (path: string, workload: Workload) => ({
      file: guaranteed(parseFilePath(path)),
      reading: readManifest(deployment(workload)),
    })
    assert.deepEqual(
      automatedImages(configuration, [
        file('clusters/production/a.yaml', {}),
        file('clusters/production/b.yaml', {}),
        file('clusters/production/c.yaml', { image: 'nginx:1', annotations: {} }),
        file('elsewhere/d.yaml', { image: 'redis:1' }),
      ]),
      [image],
    )
  })
})

describe('groupChanges', () => {
  const two = plan(
    [
      { file: 'clusters/production/b.yaml', name: 'b' },
      { file: 'clusters/production/a.yaml', name: 'a' },
    ],
    ['1.2.1'],
  )

  test('puts one image of one cluster into one group, sorted by file', () => {
    const groups = groupChanges(two.changes)
    assert.deepEqual(
      groups.map((group) => [group.branch, group.changes.map(({ file }) => file)]),
      [
        [
          'lotse/release/production/eu.gcr.io+project+demo-service',
          ['clusters/production/a.yaml', 'clusters/production/b.yaml'],
        ],
      ],
    )
  })

  test('gives the same group for the same changes in another order, through JSON too', () => {
    const [group] = groupChanges(two.changes)
    const [other] = groupChanges(two.changes.toReversed())
    assert.ok(group !== undefined && other !== undefined)
    assert.ok(sameChanges(group, JSON.parse(JSON.stringify(other))))
    const [newer] = groupChanges(plan([{ file: 'clusters/production/a.yaml', name: 'a' }], ['1.2.2']).changes)
    assert.ok(newer !== undefined && !sameChanges(group, newer))
  })

  test('gives images that git could not hold side by side branches of their own', () => {
    const branchOf = (name: string) => releaseBranch(cluster, guaranteed(parseImageName(name)))
    const branches = ['a.io/b', 'a.io/b/c', 'a.io:5000/b', 'localhost:5000/b/c', 'a.io/b.lock'].map(branchOf)
    assert.equal(new Set(branches).size, branches.length)
    for (const branch of branches) {
      assert.ok(!branches.some((other) => other.startsWith(`${branch}/`)), branch)
      assert.ok(!branch.endsWith('.lock'))
    }
  })

  test('names image and tag in the title', () => {
    const [group] = groupChanges(two.changes)
    assert.ok(group !== undefined)
    assert.equal(releaseTitle(group), 'Auto-release eu.gcr.io/project/demo-service:1.2.1')
    assert.equal(
      commitMessage(group),
      'Auto-release eu.gcr.io/project/demo-service:1.2.1\n\n- demo:deployment/a web: 1.2.0 -> 1.2.1\n- demo:deployment/b web: 1.2.0 -> 1.2.1\n',
    )
  })

  test('keeps what a manifest says out of the Markdown of the body', () => {
    const [group] = groupChanges(two.changes)
    assert.ok(group !== undefined)
    const change = group.changes[0]
    assert.ok(change !== undefined)
    const hostile = { ...group, changes: [{ ...change, use: { ...change.use, container: 'a`|<b>@team' } }] }
    const row =
      pullRequestText(hostile, 'auto')
        .body.split('\n')
        .find((line) => line.includes('team')) ?? ''
    assert.equal(row.split(/(?<!\\)\|/).length, 8)
  })
})

describe('obsoleteGroups', () => {
  const past = groupChanges(plan([{}], ['1.2.1']).changes)

  test('names what the plan asks for no more', () => {
    assert.deepEqual(obsoleteGroups(past, plan([{ image: `${image}:1.2.1` }], ['1.2.1'])), past)
    assert.deepEqual(obsoleteGroups(past, plan([], [])), past)
  })

  test('does not name what is still wanted, with another tag too', () => {
    assert.deepEqual(obsoleteGroups(past, plan([{}], ['1.2.2'])), [])
  })

  for (const answer of [{ kind: 'unknown' }, { kind: 'absent' }, { kind: 'refused', because: 'x' }] as const) {
    test(`takes a registry that is ${answer.kind} for no answer`, () => {
      assert.deepEqual(obsoleteGroups(past, plan([{}], answer)), [])
    })
  }
})
