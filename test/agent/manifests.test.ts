import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BlobSha, type CommitSha, parseClusterName, parseFilePath } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import type { BlobContent, Mirror, TreeFile } from '../../src/io/git/mirror.ts'
import { type Manifests, manifestsAmong, readManifests } from '../../src/agent/manifests.ts'
import { configMapFile } from './ground.ts'

const path = guaranteed(parseFilePath('clusters/a'))
const cluster = guaranteed(parseClusterName('a'))
const configuration = 'version: 1\nclusters:\n  a: { path: clusters/a }\n'

test('readManifests reads what is in the folder, with file and line', async () => {
  const { wanted, problems } = await read({
    'clusters/a/one.yaml': `# first\n${configMapFile('one', 'x', { a: 'b' })}`,
    'clusters/a/notes.md': '# no manifest',
    '.github/lotse.yaml': configuration,
  })
  assert.deepEqual(problems, [])
  assert.deepEqual(
    wanted.map(({ object, at }) => [object.metadata.name, at.file, at.line]),
    [['one', 'clusters/a/one.yaml', 2]],
  )
})

const wrong: readonly (readonly [string, Readonly<Record<string, string | Buffer>>, RegExp, 'author' | 'operator'])[] =
  [
    ['a file that is no YAML', { 'clusters/a/x.yaml': 'a: [' }, /./, 'author'],
    ['a file that is no text', { 'clusters/a/x.yaml': Buffer.of(0, 1) }, /UTF-8/, 'author'],
    ['a configuration with a mistake', { '.github/lotse.yaml': 'version: 2\n' }, /./, 'author'],
    ['a configuration without the cluster', { '.github/lotse.yaml': 'version: 1\n' }, /a cluster `a`/, 'operator'],
    [
      'a configuration with another path',
      { '.github/lotse.yaml': 'version: 1\nclusters:\n  a: { path: elsewhere }\n' },
      /is `elsewhere`, and the GIT_PATH of its agent is `clusters\/a`/,
      'operator',
    ],
  ]
for (const [name, files, message, turn] of wrong) {
  test(`readManifests tells ${name}, and reads the others`, async () => {
    const { wanted, problems } = await read({
      'clusters/a/good.yaml': configMapFile('good', 'x', { a: 'b' }),
      ...files,
    })
    assert.deepEqual(
      wanted.map(({ object }) => object.metadata.name),
      ['good'],
    )
    const [problem, ...others] = problems
    assert.deepEqual(others, [])
    assert.match(problem?.message ?? '', message)
    assert.equal(problem?.turn, turn)
    assert.equal(problem?.at?.file, Object.keys(files)[0])
  })
}

test('readManifests says that a commit is not for this cluster', async () => {
  const others = ['version: 1\n', 'version: 1\nclusters:\n  a: { path: elsewhere }\n']
  for (const text of others) {
    const { notOurs, problems } = await read({ '.github/lotse.yaml': text })
    assert.deepEqual([notOurs], problems)
    assert.match(notOurs?.help ?? '', /CLUSTER|GIT_PATH/)
  }
  for (const text of [configuration, 'version: 2\n']) {
    assert.equal((await read({ '.github/lotse.yaml': text })).notOurs, undefined)
  }
  assert.equal((await read({})).notOurs, undefined)
})

test('readManifests takes the prune budget from the configuration', async () => {
  const budget = 'version: 1\nclusters:\n  a: { path: clusters/a, prune: { budget: 3 } }\n'
  assert.equal((await read({ '.github/lotse.yaml': budget })).pruneBudget, 3)
  assert.equal((await read({ '.github/lotse.yaml': configuration })).pruneBudget, 10)
  assert.equal((await read({})).pruneBudget, 10)
  assert.equal((await read({ '.github/lotse.yaml': 'version: 2\n' })).pruneBudget, 0)
})

test('readManifests follows no link', async () => {
  const { problems } = await read({}, [treeFile('clusters/a/link.yaml', 'symlink')])
  assert.match(problems[0]?.message ?? '', /symbolic link/)
})

test('readManifests does not pass over a folder that has become a submodule', async () => {
  const { problems } = await read({}, [treeFile('clusters/a/team', 'submodule')])
  assert.match(problems[0]?.message ?? '', /submodule/)
})

test('readManifests parses a file once, and forgets it when no file has it', async () => {
  const parsed = new Map()
  const mirror = mirrorOf({ 'clusters/a/one.yaml': configMapFile('one', 'x', { a: 'b' }) })
  await readManifests({ mirror, cluster, path, parsed }, commit)
  const [first] = parsed.values()
  await readManifests({ mirror, cluster, path, parsed }, commit)
  assert.equal([...parsed.values()][0], first)
  await readManifests({ mirror: mirrorOf({}), cluster, path, parsed }, commit)
  assert.equal(parsed.size, 0)
})

test('readManifests names what git says to ignore apart', async () => {
  const file = configMapFile('one', 'x', { a: 'b' })
  for (const value of ['"true"', 'true']) {
    const text = file.replace('metadata:\n', `metadata:\n  annotations: { fluxcd.io/ignore: ${value} }\n`)
    const { wanted, ignored, problems } = await read({ 'clusters/a/one.yaml': text })
    assert.deepEqual([wanted, problems], [[], []])
    assert.deepEqual(
      ignored.map(({ metadata }) => metadata.name),
      ['one'],
    )
  }
})

test('readManifests lets others run between two files', async () => {
  const names = Array.from({ length: 20 }, (_, n) => `clusters/a/${n}.yaml`)
  let turns = 0
  let next = setImmediate(function count() {
    turns += 1
    next = setImmediate(count)
  })
  await read(Object.fromEntries(names.map((file, n) => [file, configMapFile(`n${n}`, 'x', {})])))
  clearImmediate(next)
  assert.ok(turns >= names.length - 1, `others ran ${turns} times`)
})

test('readManifests ends when nobody waits for it any more', async () => {
  const stop = new AbortController()
  const mirror = mirrorOf({ 'clusters/a/1.yaml': configMapFile('a', 'x', {}), 'clusters/a/2.yaml': 'a: [' })
  const reading = readManifests({ mirror, cluster, path, parsed: new Map() }, commit, stop.signal)
  stop.abort()
  await assert.rejects(reading, { name: 'AbortError' })
})

test('manifestsAmong leaves out Helm charts, and what kustomize is told', () => {
  const charts = ['a/Chart.yaml', 'a/values.yaml', 'a/templates/x.yaml']
  const files = [...charts, 'b/x.yml', 'b/x.json', 'ab/x.yaml', 'b/kustomization.yaml']
  assert.deepEqual(
    manifestsAmong(files.map((file) => treeFile(file))).map((file) => file.path),
    ['b/x.yml', 'ab/x.yaml'],
  )
})

const commit = 'c'.repeat(40) as CommitSha

function read(files: Readonly<Record<string, string | Buffer>>, more: readonly TreeFile[] = []): Promise<Manifests> {
  return readManifests({ mirror: mirrorOf(files, more), cluster, path, parsed: new Map() }, commit)
}

/** A mirror of one commit; a blob's id is the name of its file. */
function mirrorOf(files: Readonly<Record<string, string | Buffer>>, more: readonly TreeFile[] = []): Mirror {
  const tree = [...Object.keys(files).map((file) => treeFile(file)), ...more]
  const contentOf = (blob: BlobSha): BlobContent => {
    const content = files[blob]
    return typeof content === 'string' ? { kind: 'text', text: content } : { kind: 'binary' }
  }
  const unused = async (): Promise<never> => Promise.reject(new Error('not asked for here'))
  return {
    fetchBranch: unused,
    fetchCommit: unused,
    listFiles: async (_commit, under) =>
      tree.filter((file) => file.path === under || file.path.startsWith(`${under}/`)),
    readBlobs: async (blobs) => new Map(blobs.map((blob) => [blob, contentOf(blob)])),
    fetches: () => 0,
  }
}

function treeFile(file: string, kind: TreeFile['kind'] = 'file'): TreeFile {
  return { path: guaranteed(parseFilePath(file)), blob: file as BlobSha, kind }
}
