import assert from 'node:assert/strict'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type CommitSha, parseCommitSha } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import type { BlobContent, Mirror } from '../../../src/io/git/mirror.ts'
import { bareRepository, fullName, hostRepository, main, openAt, put, refusal, startCounter } from './ground.ts'

const manyFiles = Object.fromEntries(
  Array.from({ length: 300 }, (_, i) => [`apps/${i}.yaml`, `kind: ConfigMap\nname: c${i}\n`]),
)

async function readAll(mirror: Mirror, commit: CommitSha, under = '.'): Promise<ReadonlyMap<string, BlobContent>> {
  const files = await mirror.listFiles(commit, under)
  const contents = await mirror.readBlobs(files.filter(({ kind }) => kind === 'file').map(({ blob }) => blob))
  return new Map(files.map(({ path, blob }) => [path, contents.get(blob) ?? { kind: 'binary' }]))
}

function text(value: string): BlobContent {
  return { kind: 'text', text: value }
}

describe('a mirror over HTTP', () => {
  test('fetches a branch, and all missing files in one request', async (t) => {
    const hosted = await hostRepository(t, { ...manyFiles, 'docs/readme.md': 'not read' })
    const counter = await startCounter(t, hosted.url)
    const { mirror } = await openAt(t, counter.url, hosted)
    const { branch, head } = await mirror.fetchBranch(undefined)
    assert.equal(branch, 'main')
    counter.requests.length = 0
    const files = await readAll(mirror, head, 'apps')
    assert.equal(files.size, 300)
    assert.deepEqual(files.get('apps/7.yaml'), text('kind: ConfigMap\nname: c7\n'))
    assert.deepEqual(
      counter.requests.filter((request) => request === 'fetch'),
      ['fetch'],
    )
    counter.requests.length = 0
    assert.equal((await readAll(mirror, head, 'apps')).size, 300)
    assert.deepEqual(counter.requests, [])
    assert.equal(mirror.fetches(), 2)
  })

  test('fetches nothing when there is nothing new, also after a restart', async (t) => {
    const hosted = await hostRepository(t, { 'app.yaml': 'a: 1' })
    const counter = await startCounter(t, hosted.url)
    const { mirror, folder } = await openAt(t, counter.url, hosted)
    const first = await mirror.fetchBranch(main)
    counter.requests.length = 0
    assert.deepEqual(await mirror.fetchBranch(main), first)
    const { mirror: restarted } = await openAt(t, counter.url, { ...hosted, folder })
    assert.deepEqual(await restarted.fetchBranch(main), first)
    assert.ok(!counter.requests.includes('fetch'))
    assert.equal(restarted.fetches(), 0)
  })

  test('takes the new head after a push, of which only what changed is fetched', async (t) => {
    const hosted = await hostRepository(t, { 'app.yaml': 'a: 1', 'other.yaml': 'b: 1' })
    const { mirror } = await openAt(t, hosted.url, hosted)
    await readAll(mirror, (await mirror.fetchBranch(main)).head)
    const pushed = await hosted.push({ 'app.yaml': 'a: 2' })
    const { head } = await mirror.fetchBranch(main)
    assert.equal(head, pushed)
    assert.deepEqual([...(await readAll(mirror, head)).values()], [text('a: 2'), text('b: 1')])
    assert.equal(mirror.fetches(), 4)
  })

  test('takes the new head after a force-push', async (t) => {
    const hosted = await hostRepository(t, { 'app.yaml': 'a: 1' })
    const old = (await (await openAt(t, hosted.url, hosted)).mirror.fetchBranch(main)).head
    await hosted.push({ 'app.yaml': 'a: 2' })
    const { mirror } = await openAt(t, hosted.url, hosted)
    await mirror.fetchBranch(main)
    await hosted.sandbox.repository(fullName).git.refs.update([{ name: 'refs/heads/main', after: old }])
    assert.equal((await mirror.fetchBranch(main)).head, old)
    assert.deepEqual((await readAll(mirror, old)).get('app.yaml'), text('a: 1'))
  })

  test('fetches a commit that no branch holds, as a pull request has it', async (t) => {
    const hosted = await hostRepository(t, { 'app.yaml': 'a: 1' })
    const commit = await hosted.push({ 'app.yaml': 'a: 3' }, 'topic')
    await hosted.sandbox.repository(fullName).git.refs.update([{ name: 'refs/heads/topic', after: '0'.repeat(40) }])
    const { mirror } = await openAt(t, hosted.url, hosted)
    await mirror.fetchCommit(commit)
    assert.deepEqual((await readAll(mirror, commit)).get('app.yaml'), text('a: 3'))
  })

  test('lists a commit that was not fetched yet', async (t) => {
    const hosted = await hostRepository(t, { 'app.yaml': 'a: 1' })
    const commit = await hosted.push({ 'app.yaml': 'a: 2' })
    const { mirror } = await openAt(t, hosted.url, hosted)
    assert.equal((await mirror.listFiles(commit, '.')).length, 1)
  })

  test('calls that come together run one after another', async (t) => {
    const hosted = await hostRepository(t, manyFiles)
    const { mirror } = await openAt(t, hosted.url, hosted)
    const heads = await Promise.all([1, 2, 3].map(() => mirror.fetchBranch(undefined)))
    assert.equal(new Set(heads.map(({ head }) => head)).size, 1)
    assert.equal(mirror.fetches(), 1)
  })
})

describe('the files of a commit', () => {
  test('are those of the folder, with what they are', async (t) => {
    const remote = await bareRepository(t)
    const submodule = 'a'.repeat(40)
    const commit = await remote.commit([
      { path: 'apps/web.yaml', bytes: 'a: 1' },
      { path: 'apps/run.sh', mode: '100755', bytes: '#!/bin/sh' },
      { path: 'apps/link', mode: '120000', bytes: '../secret' },
      { path: 'apps/charts', mode: '160000', sha: submodule },
      { path: 'apps-too/web.yaml', bytes: 'no' },
      { path: '-rf', bytes: 'no' },
    ])
    const { mirror } = await openAt(t, remote.url)
    const files = await mirror.listFiles(commit, 'apps')
    assert.deepEqual(
      files.map(({ path, kind }) => [path, kind]),
      [
        ['apps/charts', 'submodule'],
        ['apps/link', 'symlink'],
        ['apps/run.sh', 'file'],
        ['apps/web.yaml', 'file'],
      ],
    )
    assert.equal(files[0]?.blob, submodule)
    assert.deepEqual(
      (await mirror.listFiles(commit, '-rf')).map(({ path }) => path),
      ['-rf'],
    )
    assert.deepEqual(await mirror.listFiles(commit, 'absent'), [])
    assert.deepEqual(await mirror.listFiles(commit, '*'), [])
  })

  test('may have odd names', async (t) => {
    const remote = await bareRepository(t)
    const names = ['a b\n"c"\\.yaml', 'ünïcode/日本.yaml', '*.yaml', ':(top)x']
    const commit = await remote.commit([
      ...names.map((path) => ({ path, bytes: path })),
      { path: Buffer.from([0x66, 0xff, 0x2e]), bytes: 'latin1' },
    ])
    const { mirror } = await openAt(t, remote.url)
    const files = await readAll(mirror, commit)
    for (const name of names) assert.deepEqual(files.get(name), text(name))
    const odd = (await mirror.listFiles(commit, '.')).filter(({ kind }) => kind === 'oddly-named')
    assert.deepEqual(
      odd.map(({ path }) => path),
      ['f\uFFFD.'],
    )
  })

  test('may have names that git itself would not write', async (t) => {
    const remote = await bareRepository(t)
    const blob = await remote.git(['hash-object', '-w', '--stdin'], 'x')
    const tree = Buffer.concat([Buffer.from('100644 ..\0'), Buffer.from(blob, 'hex')])
    const id = await remote.git(['hash-object', '-w', '-t', 'tree', '--literally', '--stdin'], tree)
    const commit = guaranteed(parseCommitSha(await remote.git(['commit-tree', '-m', 'Odd', id])))
    await remote.git(['update-ref', 'refs/heads/main', commit])
    const { mirror } = await openAt(t, remote.url)
    assert.deepEqual(
      (await mirror.listFiles(commit, '.')).map(({ path, kind }) => [path, kind]),
      [['\uFFFD', 'oddly-named']],
    )
  })

  test('are refused when there are too many', async (t) => {
    const remote = await bareRepository(t)
    const sha = await remote.git(['hash-object', '-w', '--stdin'], 'x')
    const commit = await remote.commit(Array.from({ length: 20_001 }, (_, i) => ({ path: `${i}.yaml`, sha })))
    const { mirror } = await openAt(t, remote.url)
    const { class: kind, message } = await refusal(mirror.listFiles(commit, '.'))
    assert.deepEqual([kind, message], ['too-large', 'expected at most 20000 files under ., got more'])
    assert.equal((await mirror.listFiles(commit, '7.yaml')).length, 1)
  })
})

describe('what is in files', () => {
  test('is read as what it is', async (t) => {
    const remote = await bareRepository(t)
    const contents: Readonly<Record<string, readonly [string | Buffer, BlobContent]>> = {
      'empty.yaml': ['', text('')],
      'crlf.yaml': ['a: 1\r\n', text('a: 1\r\n')],
      'bom.yaml': ['\uFEFFa: 1', text('\uFEFFa: 1')],
      'latin1.yaml': [Buffer.from([0x61, 0x3a, 0x20, 0xe4]), { kind: 'binary' }],
      'utf16.yaml': [Buffer.from('a: 1', 'utf16le'), { kind: 'binary' }],
      'large.yaml': [Buffer.alloc(1024 * 1024 + 1, 'x'), { kind: 'too-large', bytes: 1024 * 1024 + 1 }],
      'edge.yaml': [Buffer.alloc(1024 * 1024, 'x'), text('x'.repeat(1024 * 1024))],
      'lfs.yaml': ['version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n', { kind: 'lfs-pointer' }],
      'tricky.yaml': [`${'a'.repeat(40)} blob 3\nabc\n`, text(`${'a'.repeat(40)} blob 3\nabc\n`)],
    }
    const commit = await remote.commit(Object.entries(contents).map(([path, [bytes]]) => ({ path, bytes })))
    const { mirror } = await openAt(t, remote.url)
    const files = await readAll(mirror, commit)
    for (const [path, [, expected]] of Object.entries(contents)) assert.deepEqual(files.get(path), expected, path)
  })

  test('is refused when it is too much together', async (t) => {
    const remote = await bareRepository(t)
    const commit = await remote.commit(
      Array.from({ length: 65 }, (_, i) => ({ path: `${i}.yaml`, bytes: Buffer.alloc(1024 * 1024, `${i} `) })),
    )
    const { mirror } = await openAt(t, remote.url)
    const { class: kind, turn } = await refusal(readAll(mirror, commit))
    assert.deepEqual([kind, turn], ['too-large', 'operator'])
  })
})

describe('a broken mirror', () => {
  const harms: readonly (readonly [string, (mirror: string) => Promise<void>])[] = [
    [
      'a lock of a killed git',
      async (mirror) => {
        for (const name of ['shallow.lock', 'config.lock', 'index.lock', 'HEAD.lock', 'refs/lotse/newest.lock']) {
          await put(join(mirror, name), '')
        }
      },
    ],
    ['half a pack', (mirror) => put(join(mirror, 'objects/pack/tmp_pack_abc'), 'PACK')],
    [
      'a cut pack',
      async (mirror) => {
        for (const name of await packs(mirror)) {
          await rm(join(mirror, 'objects/pack', name))
          await writeFile(join(mirror, 'objects/pack', name), 'PACK\0\0\0\u0002')
        }
      },
    ],
    [
      'a lost pack',
      async (mirror) => {
        for (const name of await packs(mirror)) await rm(join(mirror, 'objects/pack', name))
      },
    ],
    ['a ref that is no id', (mirror) => put(join(mirror, 'refs/lotse/newest'), 'nonsense\n')],
    ['an empty configuration', (mirror) => writeFile(join(mirror, 'config'), '')],
    ['a configuration that does not parse', (mirror) => writeFile(join(mirror, 'config'), '[core\n')],
    ['no HEAD', (mirror) => rm(join(mirror, 'HEAD'))],
    [
      'a file where the folder was',
      async (mirror) => {
        await rm(mirror, { recursive: true })
        await writeFile(mirror, '')
      },
    ],
  ]

  for (const [harm, harmIt] of harms) {
    test(`works again after a restart: ${harm}`, async (t) => {
      const hosted = await hostRepository(t, { 'app.yaml': 'a: 1', 'b.yaml': 'b: 1' })
      const { mirror, folder } = await openAt(t, hosted.url, hosted)
      await readAll(mirror, (await mirror.fetchBranch(main)).head)
      const pushed = await hosted.push({ 'app.yaml': 'a: 2' })
      await harmIt(join(folder, 'mirror.git'))
      const { mirror: again } = await openAt(t, hosted.url, { ...hosted, folder })
      assert.equal((await again.fetchBranch(main)).head, pushed)
      assert.deepEqual([...(await readAll(again, pushed)).values()], [text('a: 2'), text('b: 1')])
    })
  }

  test('works again after a fetch that was given up in its middle', async (t) => {
    const hosted = await hostRepository(t, { 'app.yaml': 'a: 1' })
    const stop = new AbortController()
    const held = (): void => stop.abort(new Error('the agent stops'))
    const counter = await startCounter(t, hosted.url, { command: 'fetch', held })
    const { mirror, folder } = await openAt(t, counter.url, hosted)
    await assert.rejects(mirror.fetchBranch(main, stop.signal), { message: 'the agent stops' })
    const { mirror: again } = await openAt(t, hosted.url, { ...hosted, folder })
    const { head } = await again.fetchBranch(main)
    assert.deepEqual([...(await readAll(again, head)).values()], [text('a: 1')])
  })

  test('is cloned anew while it is in use, and says so', async (t) => {
    const hosted = await hostRepository(t, { 'app.yaml': 'a: 1' })
    const { mirror, folder, warnings } = await openAt(t, hosted.url, hosted)
    const { head } = await mirror.fetchBranch(main)
    await readAll(mirror, head)
    for (const name of await packs(join(folder, 'mirror.git'))) {
      await rm(join(folder, 'mirror.git/objects/pack', name))
      await writeFile(join(folder, 'mirror.git/objects/pack', name), 'not a pack')
    }
    assert.deepEqual([...(await readAll(mirror, head)).values()], [text('a: 1')])
    assert.ok(warnings.every((warning) => warning === 'the git mirror is cloned anew'))
  })

  async function packs(mirror: string): Promise<readonly string[]> {
    return (await readdir(join(mirror, 'objects/pack'))).filter((name) => name.endsWith('.pack'))
  }
})

test('a remote that sends files unasked is read, too', async (t) => {
  const remote = await bareRepository(t)
  await remote.git(['config', 'uploadpack.allowFilter', 'false'])
  const commit = await remote.commit([{ path: 'app.yaml', bytes: 'a: 1' }])
  const { mirror } = await openAt(t, remote.url)
  assert.equal((await mirror.fetchBranch(main)).head, commit)
  assert.deepEqual([...(await readAll(mirror, commit)).values()], [text('a: 1')])
  assert.equal(mirror.fetches(), 1)
})

test('many fetches leave few packs', async (t) => {
  const remote = await bareRepository(t)
  const { mirror, folder } = await openAt(t, remote.url)
  for (let i = 0; i < 60; i++) {
    await remote.commit([{ path: 'app.yaml', bytes: `a: ${i}` }])
    await mirror.fetchBranch(main)
  }
  const packs = (await readdir(join(folder, 'mirror.git/objects/pack'))).filter((name) => name.endsWith('.pack'))
  assert.ok(packs.length < 30, `${packs.length} packs`)
  assert.deepEqual([...(await readAll(mirror, (await mirror.fetchBranch(main)).head)).values()], [text('a: 59')])
})
