import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { type BlobSha, parseBlobSha, parseBranchName } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { GitHubUnavailable } from '../../../src/io/github/errors.ts'
import { listFiles, readHead, readTexts } from '../../../src/io/github/repository-files.ts'
import { commitEntries, main, mainHead, name, openGround } from './ground.ts'

const ground = await openGround()
const { octokit, sandbox } = ground

function blobOf(bytes: Uint8Array | string): BlobSha {
  const content = Buffer.from(bytes)
  const sha = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
  return guaranteed(parseBlobSha(sha))
}

test('the head of a branch is its commit', async () => {
  assert.equal(await readHead(octokit, name, main), mainHead(ground))
})

for (const missing of ['none', 'mai', 'main/x', 'feature/ü#%']) {
  test(`a branch \`${missing}\` that is not there has no head`, async () => {
    const head = await readHead(octokit, name, guaranteed(parseBranchName(missing)))
    assert.equal(head, undefined)
  })
}

test('the files of a commit are those that may be manifests: no links, no submodules, no folders', async () => {
  const commit = await commitEntries(
    ground,
    {
      'app.yaml': { bytes: 'a' },
      'run.yaml': { bytes: 'b', mode: '100755' },
      'clusters/production/ü "app".yaml': { bytes: 'a' },
      'link.yaml': { bytes: 'app.yaml', mode: '120000' },
      'clusters/link': { bytes: '../', mode: '120000' },
    },
    { 'vendor/charts': 'c'.repeat(40) },
  )
  const { files, complete } = await listFiles(octokit, name, commit)
  assert.equal(complete, true)
  assert.deepEqual(
    files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    [
      { path: 'app.yaml', blob: blobOf('a'), bytes: 1 },
      { path: 'clusters/production/ü "app".yaml', blob: blobOf('a'), bytes: 1 },
      { path: 'run.yaml', blob: blobOf('b'), bytes: 1 },
    ],
  )
})

test('texts are read fifty to a query, and what is none is undefined', async () => {
  const texts = Array.from({ length: 101 }, (_, i) => `kind: Number${i}\n`)
  const long = 'x'.repeat(600 * 1024)
  const binary = Uint8Array.of(0, 1, 2)
  const all = [...texts, long, binary]
  await commitEntries(ground, Object.fromEntries(all.map((bytes, i) => [`${i}.yaml`, { bytes }])))
  sandbox.requests.reset()
  const read = await readTexts(octokit, name, all.map(blobOf))
  const expected = [...texts, long].map((text): [BlobSha, string | undefined] => [blobOf(text), text])
  assert.deepEqual(read, new Map([...expected, [blobOf(binary), undefined]]))
  assert.deepEqual(sandbox.requests.byRoute(), {
    'POST graphql Blobs': 3,
    'GET /repos/{owner}/{repo}/git/blobs/{file_sha}': 1,
  })
})

test('texts that are too much for one query are read by half as many', async () => {
  const texts = Array.from({ length: 51 }, (_, i) => `kind: Heavy${i}\n`)
  await commitEntries(ground, Object.fromEntries(texts.map((bytes, i) => [`${i}.yaml`, { bytes }])))
  sandbox.requests.reset()
  sandbox.faults.refuse('graphql Blobs', 502)
  assert.equal((await readTexts(octokit, name, texts.map(blobOf))).size, 51)
  assert.deepEqual(sandbox.requests.byRoute(), { 'POST graphql Blobs': 4 })
})

test('a blob that GitHub does not know yet is not taken for an empty file', async () => {
  await assert.rejects(readTexts(octokit, name, [blobOf('not pushed yet')]), GitHubUnavailable)
})

test('no texts cost no query', async () => {
  sandbox.requests.reset()
  assert.deepEqual(await readTexts(octokit, name, []), new Map())
  assert.equal(sandbox.requests.count(), 0)
})
