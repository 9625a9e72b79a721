import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { arch, platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import type { Progress } from '../../../src/sandbox/tools/progress.ts'
import { resolveTool } from '../../../src/sandbox/tools/resolve.ts'
import { tools } from '../../../src/sandbox/tools/tool.ts'
import { type Machine, emptyMachine, saying } from './greeter.ts'

// The layout is that of envtest's releases; the programs in the archive only say their versions.

test('one download brings the API server, etcd and kubectl', async (t) => {
  const machine = await emptyMachine(t)
  const seen: Progress[] = []
  const { releaseIndex, asked } = await releases(t, { 'v1.34.1': {}, 'v1.35.0': {}, 'v1.36.0': {} })
  const deps = { ...machine.deps, releaseIndex, report: (progress: Progress) => seen.push(progress) }
  const cache = join(machine.folder, 'cache', 'lotse', 'tools')

  assert.deepEqual(await resolveTool(tools['kube-apiserver'], deps), {
    name: 'kube-apiserver',
    version: '1.35.0',
    path: join(cache, '1.35.0', 'kube-apiserver'),
  })
  assert.equal((await resolveTool(tools.etcd, deps)).path, join(cache, '3.6.5', 'etcd'))
  assert.equal((await resolveTool(tools.kubectl, deps)).path, join(cache, '1.35.0', 'kubectl'))
  assert.deepEqual(asked, ['/index.yaml', `/${archiveName('v1.35.0')}`])
  assert.equal(seen.at(-1)?.finished, true)
  assert.deepEqual(await entriesOf(machine), ['1.35.0', '3.6.5'])
})

test('the version that we build with is taken before a newer one', async (t) => {
  const machine = await emptyMachine(t)
  const { releaseIndex } = await releases(t, { 'v1.35.4': {}, 'v1.35.9': {} })
  const { version } = await resolveTool(tools['kube-apiserver'], { ...machine.deps, releaseIndex })
  assert.equal(version, '1.35.4')
})

test('an archive that is not what its checksum says is not used', async (t) => {
  const machine = await emptyMachine(t)
  const { releaseIndex } = await releases(t, { 'v1.35.0': { hash: 'f'.repeat(128) } })
  await assert.rejects(
    resolveTool(tools.etcd, { ...machine.deps, releaseIndex }),
    new RegExp(`has the SHA-512 [0-9a-f]{128}, expected ${'f'.repeat(128)}`),
  )
  assert.deepEqual(await entriesOf(machine), [])
})

test('an index without our minor version is said, and the next way is tried', async (t) => {
  const machine = await emptyMachine(t)
  const { releaseIndex } = await releases(t, { 'v1.33.0': {}, 'v1.36.0': {} })
  await assert.rejects(
    resolveTool(tools.etcd, { ...machine.deps, releaseIndex }),
    /index\.yaml has no Kubernetes ~1\.35\.0 for \w+ \w+\n {2}- Go, to build it, is not on the PATH/,
  )
})

test('what is no index is said', async (t) => {
  const machine = await emptyMachine(t)
  const releaseIndex = `data:text/plain,hello`
  await assert.rejects(
    resolveTool(tools.etcd, { ...machine.deps, releaseIndex }),
    /could not be had: expected releases, and their archives, by name/,
  )
})

test('a network that refuses is said, and the next way is tried', async (t) => {
  const { deps } = await emptyMachine(t)
  await assert.rejects(
    resolveTool(tools.etcd, deps),
    /the release of http:\/\/127\.0\.0\.1:9\/.* could not be had: .*\n {2}- Go, to build it, is not on the PATH/,
  )
})

type Published = Readonly<Record<string, { readonly hash?: string }>>

/** Serves these versions for this platform; `asked` are the paths of the requests. */
async function releases(t: TestContext, published: Published) {
  const asked: string[] = []
  const folder = await mkdtemp(join(tmpdir(), 'lotse-releases-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    readFile(join(folder, request.url ?? '')).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const url = `http://127.0.0.1:${address.port}`

  const index: Record<string, object> = {}
  for (const [version, { hash }] of Object.entries(published)) {
    const bytes = await archiveOf(folder, version)
    index[version] = {
      [archiveName(version)]: {
        hash: hash ?? createHash('sha512').update(bytes).digest('hex'),
        selfLink: `${url}/${archiveName(version)}`,
      },
    }
  }
  await writeFile(join(folder, 'index.yaml'), JSON.stringify({ releases: index }))
  return { releaseIndex: `${url}/index.yaml`, asked }
}

async function archiveOf(folder: string, version: string): Promise<Buffer> {
  const programs = join(folder, 'controller-tools', 'envtest')
  await mkdir(programs, { recursive: true })
  const contents = { 'kube-apiserver': version.slice(1), kubectl: version.slice(1), etcd: '3.6.5' }
  for (const [name, said] of Object.entries(contents)) {
    await writeFile(join(programs, name), saying(said))
    await chmod(join(programs, name), 0o755)
  }
  const archive = join(folder, archiveName(version))
  await promisify(execFile)('tar', ['-czf', archive, '-C', folder, 'controller-tools'])
  return readFile(archive)
}

function archiveName(version: string): string {
  const cpu = arch() === 'x64' ? 'amd64' : arch()
  return `envtest-${version}-${platform()}-${cpu}.tar.gz`
}

async function entriesOf({ folder }: Machine): Promise<readonly string[]> {
  const entries = await readdir(join(folder, 'cache', 'lotse', 'tools'))
  return entries.filter((entry) => entry !== 'lock').toSorted()
}
