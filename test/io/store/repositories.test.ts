import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { parseConfiguration } from '../../../src/core/config/configuration.ts'
import { parseClusterName, parseCommentId, parseRepoName, parseUserId } from '../../../src/core/ids.ts'
import { type ManifestReading, readManifest } from '../../../src/core/manifest/workload.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { acme, acmeFiles } from '../../../src/sandbox/acme.ts'
import { doneLines, finishCommand, keepComment, readComment } from '../../../src/io/store/comments.ts'
import { forgetUnfollowedTags, keepTags, readTags } from '../../../src/io/store/registry.ts'
import { keepRelease, readReleases } from '../../../src/io/store/releases.ts'
import {
  confirmHead,
  doubtHead,
  followedImages,
  forgetRepositoriesExcept,
  isWhollyRead,
  keepFollowedImages,
  keepReadings,
  keepRepositoryReading,
  knowRepository,
  knownInstallations,
  readFiles,
  readRepository,
  readerVersion,
  repositoriesWith,
  unreadBlobs,
} from '../../../src/io/store/repositories.ts'
import {
  blob,
  branch,
  commit,
  gitops,
  image,
  installationId,
  openMigrated,
  path,
  pullNumber,
  repoId,
} from './migrated.ts'

const database = await openMigrated()
const { id } = gitops()
const demo = image(acme.image)
const worker = path('clusters/production/demo-worker.yaml')
const reading = readManifest(acmeFiles[worker] ?? '')
const read = { head: commit('b'), doubts: 0, configuration: undefined, files: [{ path: worker, blob: blob('a') }] }

beforeEach(async () => knowRepository(database, gitops()))

/** One whose only file is demo-worker.yaml. */
async function readGitops(repository = id): Promise<void> {
  await keepReadings(database, new Map([[blob('a'), reading]]))
  await keepRepositoryReading(database, repository, read)
  await keepFollowedImages(database, repository, [demo])
}

describe('a repository', () => {
  test('comes back as it was made known, not read yet', async () => {
    const unread = { head: undefined, headIsCurrent: false, doubts: 0 }
    const unconfigured = {
      configuration: undefined,
      configurationBlob: undefined,
      readable: undefined,
      lookedOver: undefined,
    }
    assert.deepEqual(await readRepository(database, id), { ...gitops(), ...unread, ...unconfigured })
    assert.equal(await readRepository(database, repoId(12)), undefined)
  })

  const configurations: readonly (readonly [what: string, text: string])[] = [
    ['a configuration', acmeFiles['.github/lotse.yaml'] ?? ''],
    ['a broken configuration', 'version: 1\nclusters: { production: { pth: x } }\n'],
  ]
  for (const [what, text] of configurations) {
    test(`comes back with ${what} as it was read`, async () => {
      const configuration = parseConfiguration(text)
      const configured = { configuration, configurationBlob: blob('d') }
      await keepRepositoryReading(database, id, { ...read, ...configured })
      const readable = configuration.ok ? configuration.value : undefined
      const known = {
        ...gitops(),
        head: read.head,
        headIsCurrent: true,
        doubts: 0,
        ...configured,
        readable,
        lookedOver: undefined,
      }
      assert.deepEqual(await readRepository(database, id), known)
    })
  }

  test('loses the configuration that its head has no more', async () => {
    await keepRepositoryReading(database, id, { ...read, configuration: parseConfiguration('version: 1') })
    await keepRepositoryReading(database, id, read)
    assert.equal((await readRepository(database, id))?.configuration, undefined)
  })

  test('that is renamed, moved and archived keeps what was read', async () => {
    await readGitops()
    const name = guaranteed(parseRepoName('other/live'))
    const changed = gitops({ name, installation: installationId(6), archived: true })
    await knowRepository(database, changed)
    const known = {
      ...changed,
      head: read.head,
      headIsCurrent: true,
      doubts: 0,
      configuration: undefined,
      configurationBlob: undefined,
      readable: undefined,
      lookedOver: undefined,
    }
    assert.deepEqual(await readRepository(database, id), known)
  })

  test('whose default branch is another has no current head', async () => {
    await readGitops()
    await knowRepository(database, gitops({ defaultBranch: branch('live') }))
    const { headIsCurrent, defaultBranch } = (await readRepository(database, id)) ?? {}
    assert.deepEqual([headIsCurrent, defaultBranch], [false, 'live'])
  })
})

describe('a head', () => {
  const isCurrent = async (): Promise<boolean | undefined> => (await readRepository(database, id))?.headIsCurrent

  test('in doubt is not current, and is again when it is confirmed', async () => {
    await readGitops()
    await doubtHead(database, id)
    assert.equal(await isCurrent(), false)
    await confirmHead(database, id, { head: read.head, doubts: 1 })
    assert.equal(await isCurrent(), true)
  })

  test('in doubt stays so when another one is confirmed', async () => {
    await readGitops()
    await doubtHead(database, id)
    await confirmHead(database, id, { head: commit('c'), doubts: 1 })
    assert.equal(await isCurrent(), false)
  })

  test('that is doubted while it is read or confirmed stays in doubt', async () => {
    await doubtHead(database, id)
    await readGitops()
    assert.equal(await isCurrent(), false)
    await confirmHead(database, id, { head: read.head, doubts: 0 })
    assert.equal(await isCurrent(), false)
  })

  test('in doubt stays so when the repository is made known again', async () => {
    await readGitops()
    await doubtHead(database, id)
    await knowRepository(database, gitops())
    assert.equal(await isCurrent(), false)
  })
})

describe('a reading', () => {
  test('comes back as it was kept, by path', async () => {
    const broken = readManifest('kind: [\n')
    assert.ok(reading.images.length > 0 && broken.problems.length > 0)
    await keepReadings(database, new Map([[blob('a'), reading]]))
    await keepReadings(database, new Map([[blob('c'), broken]]))
    const files = [
      { path: path('z.yaml'), blob: blob('a') },
      { path: worker, blob: blob('a') },
      { path: path('broken.yaml'), blob: blob('c') },
    ]
    await keepRepositoryReading(database, id, { ...read, files })
    assert.deepEqual(
      [...(await readFiles(database, id))],
      [
        { file: 'broken.yaml', reading: broken },
        { file: worker, reading },
        { file: 'z.yaml', reading },
      ],
    )
  })

  test('that says nothing is none of a plan', async () => {
    await keepReadings(database, new Map([[blob('a'), readManifest('kind: ConfigMap\n')]]))
    await keepRepositoryReading(database, id, read)
    assert.deepEqual(await readFiles(database, id), [])
  })

  test('is of the files that a commit has: changed, added, and none that is gone', async () => {
    const broken = readManifest('kind: [\n')
    await keepReadings(
      database,
      new Map([
        [blob('a'), reading],
        [blob('c'), broken],
      ]),
    )
    const named = (files: Readonly<Record<string, string>>) =>
      Object.entries(files).map(([name, letter]) => ({ path: path(name), blob: blob(letter) }))
    const readings = async (): Promise<readonly unknown[]> =>
      (await readFiles(database, id)).map(({ file, reading }) => [file, reading.problems.length])
    await keepRepositoryReading(database, id, {
      ...read,
      files: named({ 'gone.yaml': 'a', 'kept.yaml': 'a', 'x.yaml': 'a' }),
    })
    await keepRepositoryReading(database, id, {
      ...read,
      files: named({ 'kept.yaml': 'a', 'new.yaml': 'a', 'x.yaml': 'c' }),
    })
    assert.deepEqual(await readings(), [
      ['kept.yaml', 0],
      ['new.yaml', 0],
      ['x.yaml', broken.problems.length],
    ])
    await keepRepositoryReading(database, id, { ...read, files: [] })
    assert.deepEqual(await readings(), [])
  })

  test('is wanted once for each blob, until it is kept', async () => {
    assert.deepEqual(await unreadBlobs(database, []), [])
    await keepReadings(database, new Map([[blob('a'), reading]]))
    assert.deepEqual(await unreadBlobs(database, [blob('a'), blob('c'), blob('c')]), [blob('c')])
  })

  test('of an older reader is wanted again', async () => {
    await readGitops()
    assert.equal(await isWhollyRead(database, id), true)
    await database.query('update reading set version = $1', [readerVersion - 1])
    assert.deepEqual(await unreadBlobs(database, [blob('a')]), [blob('a')])
    assert.equal(await isWhollyRead(database, id), false)
    await keepReadings(database, new Map([[blob('a'), reading]]))
    assert.equal(await isWhollyRead(database, id), true)
  })

  test('says nothing of images any more once its configuration is gone', async () => {
    await readGitops()
    assert.deepEqual(await followedImages(database), [demo])
    await keepRepositoryReading(database, id, { ...read, configuration: undefined })
    assert.deepEqual(await followedImages(database), [])
  })

  test('is kept also where an annotation holds what JSON of the database cannot', async () => {
    const lock = 'fluxcd.io/locked: "true"\n    fluxcd.io/locked_msg: "a\\0b\\ud800c"'
    const hostile = (acmeFiles[worker] ?? '').replace('# patches only', `\n    ${lock}`)
    const messages = async (): Promise<unknown> => (await readFiles(database, id)).map(messagesOf)
    await keepReadings(database, new Map([[blob('a'), readManifest(hostile)]]))
    await keepRepositoryReading(database, id, read)
    assert.deepEqual(await messages(), [['a\ufffdb\ufffdc']])
  })
})

function messagesOf({ reading: { images } }: { readonly reading: ManifestReading }): readonly unknown[] {
  return images.map(({ automation }) => automation.locked?.message)
}

test('an image is found in every repository that follows it now', async () => {
  const other = repoId(12)
  await knowRepository(database, gitops({ id: other }))
  await readGitops(other)
  await readGitops()
  assert.deepEqual(await repositoriesWith(database, demo), [id, other])
  await keepFollowedImages(database, other, [image('ghcr.io/acme/third')])
  assert.deepEqual(await repositoriesWith(database, demo), [id])
  assert.deepEqual(await repositoriesWith(database, image('ghcr.io/acme/other')), [])
})

test('an image is followed anew once', async () => {
  await readGitops()
  const third = image('ghcr.io/acme/third')
  assert.deepEqual(await keepFollowedImages(database, id, [demo, third]), [third])
  assert.deepEqual(await keepFollowedImages(database, id, [demo, third]), [])
  assert.deepEqual(await keepFollowedImages(database, id, []), [])
  assert.deepEqual(await keepFollowedImages(database, id, [third]), [third])
})

test('a repository that is gone takes its rows along, and leaves those of the others', async () => {
  const other = repoId(12)
  const elsewhere = repoId(13)
  await knowRepository(database, gitops({ id: other }))
  await knowRepository(database, gitops({ id: elsewhere, installation: installationId(6) }))
  for (const repository of [id, other, elsewhere]) await fill(repository)

  await forgetRepositoriesExcept(database, installationId(5), [other])
  assert.deepEqual([await left(id), await left(other), await left(elsewhere)], [nothing, everything, everything])
  await forgetRepositoriesExcept(database, installationId(5), [])
  assert.deepEqual([await left(other), await left(elsewhere)], [nothing, everything])
})

test('tags are kept while somebody follows the image', async () => {
  await readGitops()
  const kept = async (): Promise<readonly string[]> => [...(await readTags(database, [demo])).keys()]
  await keepTags(database, demo, { answer: { kind: 'tags', tags: ['1.2.0'] }, etag: undefined, now: new Date() })
  await forgetUnfollowedTags(database)
  assert.deepEqual(await kept(), [demo])
  await forgetRepositoriesExcept(database, installationId(5), [])
  await forgetUnfollowedTags(database)
  assert.deepEqual(await kept(), [])
})

test('the installations that repositories came with are known', async () => {
  await knowRepository(database, gitops({ id: repoId(12), installation: installationId(6) }))
  await knowRepository(database, gitops({ id: repoId(13), installation: installationId(6) }))
  assert.deepEqual(await knownInstallations(database), [5, 6])
})

const everything = { known: true, files: 1, followed: true, releases: 1, comment: true, done: 1 }
const nothing = { known: false, files: 0, followed: false, releases: 0, comment: false, done: 0 }
const commentOf = (repository: number) => guaranteed(parseCommentId(repository))

async function fill(repository: typeof id): Promise<void> {
  await readGitops(repository)
  const cluster = guaranteed(parseClusterName('production'))
  const of = { kind: 'image', image: demo } as const
  const group = { branch: branch('lotse/release/production/x'), cluster, of, changes: [] }
  const pull = { pull: undefined, open: false, editedAt: undefined, next: undefined, held: undefined, text: undefined }
  const progress = { ...pull, opening: undefined, written: undefined, problem: undefined, doubts: 0 }
  await keepRelease(database, repository, { group, ...progress, plannedAt: undefined, settledAt: undefined })
  await keepComment(database, {
    id: commentOf(repository),
    repository,
    number: pullNumber(3),
    author: guaranteed(parseUserId(7)),
    authorType: 'User',
    login: 'bob',
    body: '/lotse why',
    createdAt: '2026-11-22T10:00:00Z',
  })
  await finishCommand(database, commentOf(repository), 1)
}

async function left(repository: typeof id): Promise<typeof everything> {
  return {
    known: (await readRepository(database, repository)) !== undefined,
    files: (await readFiles(database, repository)).length,
    followed: (await repositoriesWith(database, demo)).includes(repository),
    releases: (await readReleases(database, repository)).length,
    comment: (await readComment(database, commentOf(repository))) !== undefined,
    done: (await doneLines(database, commentOf(repository))).size,
  }
}
