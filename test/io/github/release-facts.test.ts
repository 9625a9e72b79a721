import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FilePath } from '../../../src/core/ids.ts'
import { parseClusterName, parseFilePath } from '../../../src/core/ids.ts'
import { parseImageName } from '../../../src/core/image/ref.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { formatReleaseMarker } from '../../../src/core/release/marker.ts'
import { createCommit, createTree, moveBranch } from '../../../src/io/github/branch.ts'
import { editPull, openPull } from '../../../src/io/github/pulls.ts'
import { type ReleaseState, readReleaseState } from '../../../src/io/github/release-facts.ts'
import { branch, commitEntries, type Entry, fullName, main, mainHead, name, openGround } from './ground.ts'

const ground = await openGround()
const { octokit, sandbox, app } = ground
const bobId = [...sandbox.state.accounts.values()].find(({ login }) => login === 'bob')?.id
const path = (text: string): FilePath => guaranteed(parseFilePath(text))

async function stateOf(release: string, files: readonly FilePath[] = []): Promise<ReleaseState> {
  const state = await readReleaseState(octokit, { repository: name, base: main, branch: branch(release), files })
  assert.ok(state !== undefined)
  return state
}

describe('a file comes with exactly its bytes, or not at all:', () => {
  const long = `${'# a comment\n'.repeat(50_000)}tag: 1.2.0\n`
  assert.ok(long.length > 512 * 1024)
  const rows: readonly (readonly [name: string, entry: Entry | undefined, expected: unknown, blobsRead: number])[] = [
    ['plain', { bytes: 'tag: 1.2.0\n' }, { text: 'tag: 1.2.0\n', mode: '100644' }, 0],
    ['empty', { bytes: '' }, { text: '', mode: '100644' }, 0],
    ['executable', { bytes: 'a', mode: '100755' }, { text: 'a', mode: '100755' }, 0],
    ['beyond ASCII', { bytes: 'name: ü – 🚢\n' }, { text: 'name: ü – 🚢\n', mode: '100644' }, 0],
    ['with a byte order mark', { bytes: '\ufefftag: 1\n' }, { text: '\ufefftag: 1\n', mode: '100644' }, 0],
    ['with CRLF and CR', { bytes: 'a: 1\r\nb: 2\rc\n' }, { text: 'a: 1\r\nb: 2\rc\n', mode: '100644' }, 0],
    ['without a last line break', { bytes: 'a: 1' }, { text: 'a: 1', mode: '100644' }, 0],
    ['longer than GraphQL gives', { bytes: long }, { text: long, mode: '100644' }, 1],
    ['no UTF-8', { bytes: Uint8Array.of(0x61, 0x3a, 0x20, 0xfc) }, undefined, 1],
    ['UTF-8 that is cut', { bytes: Buffer.from('a: ü').subarray(0, -1) }, undefined, 1],
    ['missing', undefined, undefined, 0],
  ]
  for (const [title, entry, expected, blobsRead] of rows) {
    test(title, async () => {
      await commitEntries(ground, {
        'other.yaml': { bytes: 'a' },
        ...(entry === undefined ? {} : { 'app.yaml': entry }),
      })
      sandbox.requests.reset()
      const { files } = await stateOf('lotse/release/none', [path('app.yaml')])
      assert.deepEqual(files.get(path('app.yaml')), expected)
      const read = sandbox.requests.byRoute()['GET /repos/{owner}/{repo}/git/blobs/{file_sha}'] ?? 0
      assert.equal(read, blobsRead)
    })
  }

  test('a folder is no file', async () => {
    await commitEntries(ground, { 'clusters/app.yaml': { bytes: 'a' } })
    const { files } = await stateOf('lotse/release/none', [path('clusters')])
    assert.deepEqual(files, new Map())
  })
})

test('many files cost one query', async () => {
  const entries = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}.yaml`, { bytes: `tag: ${i}\n` }]))
  await commitEntries(ground, entries)
  sandbox.requests.reset()
  const { files, base } = await stateOf('lotse/release/none', Object.keys(entries).map(path))
  assert.equal(files.size, 30)
  assert.equal(base.head, mainHead(ground))
  assert.deepEqual(sandbox.requests.byRoute(), { 'POST graphql ReleaseFacts': 1 })
})

describe('of hundreds of files, as many are asked for at once as GitHub can answer:', () => {
  const entries = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`${i}.yaml`, { bytes: `tag: ${i}\n` }]))
  const rows: readonly (readonly [
    name: string,
    refused: string | undefined,
    expected: Readonly<Record<string, number>>,
  ])[] = [
    ['fifty', undefined, { ReleaseFacts: 1, CommitFiles: 2 }],
    ['half of them where the first query was too much', 'ReleaseFacts', { ReleaseFacts: 2, CommitFiles: 5 }],
    ['half of them where a later one was', 'CommitFiles', { ReleaseFacts: 1, CommitFiles: 4 }],
  ]
  for (const status of [502, 504]) {
    for (const [title, refused, expected] of rows) {
      test(`${title} (${status})`, async () => {
        await commitEntries(ground, entries)
        sandbox.requests.reset()
        if (refused !== undefined) sandbox.faults.refuse(`graphql ${refused}`, status)
        const { files } = await stateOf('lotse/release/none', [...Object.keys(entries), 'missing.yaml'].map(path))
        assert.deepEqual(
          [...files].map(([file, { text }]) => [file, { bytes: text }]),
          Object.entries(entries),
        )
        const routes = Object.entries(expected).map(([query, count]) => [`POST graphql ${query}`, count])
        assert.deepEqual(sandbox.requests.byRoute(), Object.fromEntries(routes))
      })
    }
  }

  test('and none again and again while GitHub is down', async () => {
    await commitEntries(ground, entries)
    sandbox.requests.reset()
    sandbox.faults.refuse('graphql CommitFiles', 502, 99)
    await assert.rejects(stateOf('lotse/release/none', Object.keys(entries).map(path)), /GitHub answered 502/)
    sandbox.faults.clear()
    assert.deepEqual(sandbox.requests.byRoute(), { 'POST graphql ReleaseFacts': 1, 'POST graphql CommitFiles': 7 })
  })
})

test('without its base there are no facts', async () => {
  const question = { repository: name, base: branch('gone'), branch: branch('lotse/release/none'), files: [] }
  assert.equal(await readReleaseState(octokit, question), undefined)
})

test('a release is known by its commit, its author, its marker and who closed it', async () => {
  const release = branch('lotse/release/production/x')
  const before = await stateOf(release)
  assert.deepEqual([before.branch, before.pulls], [undefined, []])

  const files = new Map([[path('tag.yaml'), { text: 'tag: 1.2.1\n', mode: '100644' as const }]])
  const tree = await createTree(octokit, name, { base: before.base.tree, files })
  const head = await createCommit(octokit, name, { message: 'Auto-release', tree, parent: before.base.head })
  await moveBranch(octokit, { name, node: before.repositoryNode }, { branch: release, from: undefined, to: head })
  const written = await stateOf(release)
  assert.ok(written.branch !== undefined)
  assert.deepEqual(
    [written.branch.head, written.branch.tree, written.branch.parents, written.branch.author],
    [head, tree, [before.base.head], app.botUserId],
  )

  const cluster = guaranteed(parseClusterName('production'))
  const image = guaranteed(parseImageName('eu.gcr.io/project/demo-service'))
  const marker = { cluster, of: { kind: 'image', image }, uses: ['a'] } as const
  const text = { title: 'Auto-release', body: `Text\n\n${formatReleaseMarker(marker)}` }
  const number = await openPull(octokit, name, { head: release, base: main, text })
  const open = { number, author: app.botUserId, marker }
  assert.deepEqual(await pullsOf(release), [{ ...open, state: 'open', closedBy: undefined }])

  await editPull(octokit, name, number, { state: 'closed' })
  assert.deepEqual(await pullsOf(release), [{ ...open, state: 'closed', closedBy: app.botUserId }])
  await sandbox.person('bob').reopenPull(fullName, number)
  await sandbox.person('bob').closePull(fullName, number)
  assert.deepEqual(await pullsOf(release), [{ ...open, state: 'closed', closedBy: bobId }])
  await sandbox.person('bob').reopenPull(fullName, number)
  await sandbox.person('bob').mergePull(fullName, number)
  assert.deepEqual(
    (await pullsOf(release)).map(({ state }) => state),
    ['merged'],
  )
})

async function pullsOf(release: string) {
  const { pulls } = await stateOf(release)
  return pulls.map(({ number, state, author, marker, closedBy }) => ({ number, state, author, marker, closedBy }))
}

test('a pull request from a fork with the name of a release branch is none of ours', async () => {
  const release = 'lotse/release/production/forked'
  await sandbox.createFork(fullName, 'bob')
  await sandbox.person('bob').push('bob/gitops', { branch: release, create: true, files: { 'x.yaml': 'x' } })
  await sandbox.person('bob').openPull(fullName, { head: `bob:${release}`, title: 'Auto-release' })
  const state = await stateOf(release)
  assert.deepEqual([state.branch, state.pulls], [undefined, []])
})

test('however often an image was released, one query tells of its release', async () => {
  const release = branch('lotse/release/production/old')
  await sandbox.person('bob').push(fullName, { branch: release, create: true, files: { 'old.yaml': 'x' } })
  const open = async () => sandbox.person('bob').openPull(fullName, { head: release, title: 'Old' })
  const numbers: number[] = []
  for (let i = 0; i < 25; i += 1) {
    const { number } = (await open()).issue
    await sandbox.person('bob').closePull(fullName, number)
    numbers.push(number)
  }
  sandbox.requests.reset()
  const { pulls } = await stateOf(release)
  assert.deepEqual(
    pulls.map(({ number }) => number),
    numbers.toReversed().slice(0, 20),
  )
  assert.deepEqual(sandbox.requests.byRoute(), { 'POST graphql ReleaseFacts': 1 })
})
