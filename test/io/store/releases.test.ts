import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { parseClusterName } from '../../../src/core/ids.ts'
import { moveOf, spotOf, useOf } from '../../../src/core/release/marker.ts'
import { readManifest } from '../../../src/core/manifest/workload.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { acme, acmeFiles } from '../../../src/sandbox/acme.ts'
import {
  type KnownRelease,
  countOpen,
  doubtReleases,
  forgetRelease,
  keepRelease,
  noteOpen,
  openPulls,
  pullOfHead,
  readRelease,
  readReleases,
  rewriteRelease,
} from '../../../src/io/store/releases.ts'
import { migrations } from '../../../src/io/store/migrations.ts'
import { readWords } from '../../../src/io/store/release-words.ts'
import { knowRepository } from '../../../src/io/store/repositories.ts'
import { migrate } from '../../../src/io/store/schema.ts'
import { branch, commit, gitops, image, openMigrated, path, pullNumber, repoId, tree } from './migrated.ts'
import { openTestDatabase } from './test-database.ts'

const database = await openMigrated()
const { id } = gitops()
const otherId = repoId(12)

beforeEach(async () => {
  await knowRepository(database, gitops())
  await knowRepository(database, gitops({ id: otherId }))
})

const file = path('clusters/production/demo-worker.yaml')
const demo = image(acme.image)
const cluster = guaranteed(parseClusterName('production'))
const name = branch('lotse/release/production/eu.gcr.io+project+demo-service')
const changes = readManifest(acmeFiles[file] ?? '').images.map((use) => ({
  cluster,
  file,
  use,
  image: demo,
  from: '1.2.0',
  to: '1.2.1',
}))

/** Written, open and in order. */
function release(override: Partial<KnownRelease> = {}): KnownRelease {
  return {
    group: { branch: name, cluster, of: { kind: 'image', image: demo }, changes },
    written: { head: commit('a'), parent: commit('b'), tree: tree('c') },
    pull: pullNumber(3),
    open: true,
    editedAt: undefined,
    next: undefined,
    held: undefined,
    opening: { left: ['reviewers'], refused: ['GitHub said no'] },
    text: { title: 'Auto-release', body: 'Text ✓\n' },
    problem: undefined,
    plannedAt: commit('b'),
    settledAt: commit('b'),
    doubts: 0,
    ...override,
  }
}

const nothing: Partial<KnownRelease> = {
  written: undefined,
  pull: undefined,
  open: false,
  text: undefined,
  plannedAt: undefined,
  settledAt: undefined,
}

for (const [what, override] of [
  ['that is in order', {}],
  ['that is only planned', nothing],
  ['that is written and has no pull request', { pull: undefined, settledAt: undefined }],
  [
    'that waits for the end of a burst',
    {
      editedAt: new Date('2026-11-23T08:00:00.123Z'),
      next: { group: { ...release().group, changes: [] }, since: Date.parse('2026-11-23T08:00:02Z') },
    },
  ],
  ['that waits for its place', { ...nothing, held: { since: 1_700_000_000_000, because: '10 are open' } }],
  ['that was left to a person', { written: undefined }],
  ['that cannot be written', { ...nothing, problem: 'app.yaml:3:5: the tag is an alias' }],
] as const) {
  test(`a release ${what} comes back as it was kept`, async () => {
    assert.ok(changes.length > 0)
    await keepRelease(database, id, release())
    await keepRelease(database, id, release(override))
    assert.deepEqual(await readRelease(database, id, name), release(override))
    assert.deepEqual(await readReleases(database, id), [release(override)])
  })
}

test('releases are kept by repository and branch', async () => {
  const other = release({ group: { ...release().group, branch: branch('lotse/release/production/another') } })
  await keepRelease(database, id, release())
  await keepRelease(database, id, other)
  await keepRelease(database, otherId, release())
  assert.deepEqual(await readReleases(database, id), [other, release()])
  await forgetRelease(database, id, name)
  assert.deepEqual(await readReleases(database, id), [other])
  assert.deepEqual(await readReleases(database, otherId), [release()])
})

test('a release in doubt is not settled, and all else stays', async () => {
  await keepRelease(database, id, release())
  await keepRelease(database, otherId, release())
  await doubtReleases(database, id)
  assert.deepEqual(await readRelease(database, id, name), release({ settledAt: undefined, doubts: 1 }))
  assert.deepEqual(await readRelease(database, otherId, name), release())
})

test('a release to be written anew keeps its pull request', async () => {
  await keepRelease(database, id, release())
  await rewriteRelease(database, id, name)
  assert.deepEqual(
    await readRelease(database, id, name),
    release({ written: undefined, settledAt: undefined, doubts: 1 }),
  )
})

test('a doubt that came since a release was read outlives what was found before it', async () => {
  await keepRelease(database, id, release())
  const seen = await readRelease(database, id, name)
  assert.ok(seen !== undefined)
  await doubtReleases(database, id)
  await keepRelease(database, id, { ...seen, settledAt: commit('d') })
  assert.equal((await readRelease(database, id, name))?.settledAt, undefined)
  await keepRelease(database, id, { ...seen, settledAt: commit('d'), doubts: 1 })
  assert.equal((await readRelease(database, id, name))?.settledAt, commit('d'))
})

test('a pull request that was opened again counts as open, and is in doubt', async () => {
  const note = () => noteOpen(database, id, { group: { ...release().group, changes: [] }, pull: pullNumber(4) })
  await keepRelease(database, id, release())
  assert.equal(await note(), false)
  assert.deepEqual(await readRelease(database, id, name), release())
  // Somebody is about to open it.
  await keepRelease(database, id, release({ open: false, settledAt: undefined }))
  assert.equal(await note(), false)
  await keepRelease(database, id, release({ open: false }))
  assert.equal(await note(), true)
  assert.deepEqual(
    await readRelease(database, id, name),
    release({ pull: pullNumber(4), settledAt: undefined, doubts: 1 }),
  )
  await forgetRelease(database, id, name)
  assert.equal(await note(), true)
  const forgotten = { ...nothing, pull: pullNumber(4), open: true, opening: undefined }
  assert.deepEqual(await readRelease(database, id, name), {
    ...release(forgotten),
    group: { ...release().group, changes: [] },
  })
})

test('what was refused before there were words is remembered', async () => {
  const before = await openTestDatabase()
  await migrate(before, migrations.slice(0, 2))
  await knowRepository(before, gitops())
  const refused = changes.map((change) => ({ change, refusal: { because: 'closed', pull: pullNumber(3) } as const }))
  await keepRelease(before, id, release({ group: { ...release().group, changes: [], refused } }))
  await migrate(before, migrations)
  const words = (await readWords(before, id, changes.map(useOf))).map(({ cluster, move, spot, refusal }) => ({
    cluster,
    move,
    spot,
    refusal,
  }))
  assert.deepEqual(
    words,
    changes
      .map(useOf)
      .map((use) => ({ cluster, move: moveOf(use), spot: spotOf(use), refusal: { because: 'closed', pull: 3 } })),
  )
})

test('a commit is known by the release that it is the head of, in its repository only', async () => {
  await keepRelease(database, id, release())
  assert.deepEqual(
    [
      await pullOfHead(database, id, commit('a')),
      await pullOfHead(database, id, commit('b')),
      await pullOfHead(database, otherId, commit('a')),
    ],
    [3, undefined, undefined],
  )
  await keepRelease(database, id, release({ pull: undefined }))
  assert.equal(await pullOfHead(database, id, commit('a')), undefined)
})

test('pull requests are found where there are any', async () => {
  const at = (text: string, pull: number | undefined): KnownRelease => ({
    ...release({ pull: pull === undefined ? undefined : pullNumber(pull) }),
    group: { ...release().group, branch: branch(text) },
  })
  for (const known of [at('x', 12), at('y', 3), at('z', undefined)]) await keepRelease(database, id, known)
  assert.deepEqual(await openPulls(database, id), [3, 12])
  assert.deepEqual(await openPulls(database, otherId), [])
})

test('open pull requests are counted cluster by cluster', async () => {
  const staging = guaranteed(parseClusterName('staging'))
  const at = (suffix: string, of: typeof cluster, open: boolean) =>
    release({ group: { ...release().group, cluster: of, branch: branch(`${name}-${suffix}`) }, open })
  const known = [at('x', cluster, true), at('y', cluster, true), at('z', staging, true), at('q', staging, false)]
  for (const one of known) await keepRelease(database, id, one)
  assert.deepEqual(Object.fromEntries(await countOpen(database, id)), { production: 2, staging: 1 })
  assert.deepEqual(await countOpen(database, otherId), new Map())
})
