import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Configuration, parseConfiguration } from '../../../src/core/config/configuration.ts'
import { parseFilePath } from '../../../src/core/ids.ts'
import type { KnownTag } from '../../../src/core/image/wanted-metadata.ts'
import { readManifest } from '../../../src/core/manifest/workload.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import {
  type ImageFacts,
  type ImageTags,
  type ReleasePlan,
  automatedImages,
  planRelease,
} from '../../../src/core/release/plan.ts'
import { image } from '../../support/facts.ts'

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

function plan(
  workloads: readonly Workload[],
  tags: ImageTags | readonly string[],
  by: Configuration = configuration,
): ReleasePlan {
  const answer: ImageTags = 'kind' in tags ? tags : { kind: 'tags', tags }
  const files = workloads.map((workload) => ({
    file: guaranteed(parseFilePath(workload.file ?? 'clusters/production/web.yaml')),
    reading: readManifest(deployment(workload)),
  }))
  return planRelease({ configuration: by, files, factsOf: () => factsOf(answer), now })
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

  const signed = { 'fluxcd.io/automated': 'true' }
  const steered: readonly (readonly [string, Workload, configuration: string, string])[] = [
    ['automates what no annotation speaks of', { annotations: {} }, '', '1.2.1'],
    ['leaves what an annotation turns off', { annotations: { 'fluxcd.io/automated': 'false' } }, '', 'not-automated'],
    ['leaves what is locked', { annotations: { 'fluxcd.io/locked': 'true' } }, '', 'locked'],
    ['leaves what is ignored', { annotations: { 'fluxcd.io/ignore': 'true' } }, '', 'ignored'],
    ['says the policy where an annotation only automates', { annotations: signed }, '', '1.2.1'],
    ['gives way to the policy of an annotation', { annotations: { 'fluxcd.io/tag.web': 'semver:~1.3' } }, '', '1.3.0'],
    ['automates nothing that never is', { kind: 'Job', annotations: {} }, '', 'never-automated'],
    ['is of the clusters that it names', { annotations: {} }, 'clusters: [staging]', 'not-automated'],
    ['is of the files that it names', { annotations: {} }, "files: ['clusters/*/db.yaml']", 'not-automated'],
    ['is of all files that it names', { annotations: {} }, "files: ['clusters/*/web.yaml']", '1.2.1'],
  ]
  for (const [name, workload, extra, expected] of steered) {
    test(`an entry of images ${name}`, () => {
      const text = `version: 1
clusters:
  production: { path: clusters/production }
  staging: { path: clusters/staging }
images:
  - { match: docker.io/*, policy: 'semver:*' }
  - { match: eu.gcr.io/project/*, policy: 'semver:~1.2'${extra === '' ? '' : `, ${extra}`} }
`
      const { changes, skipped } = plan([workload], ['1.2.1', '1.3.0'], guaranteed(parseConfiguration(text)))
      assert.deepEqual([...changes.map(({ to }) => to), ...skipped.map(({ because }) => because.kind)], [expected])
    })
  }

  test('releases nothing in the files of release.ignore, and asks no registry for them', () => {
    const text = "version: 1\nrelease: { ignore: ['clusters/*/web.yaml'] }\n"
    const ignoring = guaranteed(parseConfiguration(text))
    const { changes, skipped } = plan([{}, { file: 'clusters/production/db.yaml' }], ['1.2.1'], ignoring)
    assert.deepEqual(
      changes.map(({ file }) => file),
      ['clusters/production/db.yaml'],
    )
    assert.deepEqual(
      skipped.map(({ because }) => because),
      [{ kind: 'ignored-file', pattern: 'clusters/*/web.yaml' }],
    )
  })

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
