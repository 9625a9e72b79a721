import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { type BranchName, type CommitSha, parseBranchName, parseCommitSha } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import type { GitCredential } from '../../../src/io/git/credential.ts'
import { GitError } from '../../../src/io/git/git-error.ts'
import { type Mirror, openMirror } from '../../../src/io/git/mirror.ts'
import { type SandboxGitHub, startGitHub } from '../../../src/sandbox/github/github.ts'
import { Secret } from '../../../src/core/secret.ts'

export const fullName = 'acme/gitops'
export const main: BranchName = guaranteed(parseBranchName('main'))

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-git-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export type Opened = { readonly mirror: Mirror; readonly folder: string; readonly warnings: string[] }

export async function openAt(
  t: TestContext,
  url: string,
  options: { readonly credential?: () => Promise<GitCredential>; readonly folder?: string } = {},
): Promise<Opened> {
  const { credential = async () => ({ kind: 'none' }) } = options
  const folder = options.folder ?? join(await temporaryFolder(t), 'git')
  const warnings: string[] = []
  const log = { warn: (_: object, sentence: string) => void warnings.push(sentence) }
  return { mirror: openMirror({ url, folder, credential }, { log, environment: process.env }), folder, warnings }
}

export type Hosted = {
  readonly sandbox: SandboxGitHub
  readonly url: string
  readonly token: Secret
  readonly credential: () => Promise<GitCredential>
  push(files: Readonly<Record<string, string | null>>, branch?: string): Promise<CommitSha>
}

/** A private acme/gitops on a GitHub, reached by smart HTTP with ann's token. */
export async function hostRepository(t: TestContext, files: Readonly<Record<string, string>>): Promise<Hosted> {
  const sandbox = await startGitHub()
  t.after(() => sandbox.close())
  sandbox.createOrganization('acme')
  const ann = sandbox.createUser('ann')
  await sandbox.createRepository(fullName, { files, private: true })
  sandbox.grant(fullName, 'ann', 'admin')
  const token = new Secret(ann.token)
  return {
    sandbox,
    url: `${sandbox.webUrl}/${fullName}`,
    token,
    credential: async () => ({ kind: 'token', token }),
    async push(changed, branch = 'main') {
      const sha = await sandbox.person('ann').push(fullName, { branch, files: changed, create: branch !== 'main' })
      return guaranteed(parseCommitSha(sha))
    },
  }
}

/** What holds for one connection only. */
const hops = ['host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding']

/** Counts what passes on its way to a server. What is held has no answer, ever. */
export async function startCounter(
  t: TestContext,
  target: string,
  hold: { readonly command?: string; readonly held?: () => void } = {},
): Promise<{ readonly url: string; readonly requests: string[]; readonly authorizations: (string | undefined)[] }> {
  const requests: string[] = []
  const authorizations: (string | undefined)[] = []
  const url = await serve(t, async (request, answer) => {
    const body = await bodyOf(request)
    const service = /git-(?:upload|receive)-pack$/.test(request.url ?? '')
    const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
    requests.push(service ? commandOf(plain) : `${request.method} ${request.url}`)
    authorizations.push(request.headers.authorization)
    if (hold.command !== undefined && requests.at(-1) === hold.command) return hold.held?.()
    const headers = Object.entries(request.headers).filter(([name]) => !hops.includes(name))
    const passed = await fetch(new URL(request.url ?? '/', target), {
      method: request.method ?? 'GET',
      headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
      redirect: 'manual',
    })
    answer(passed.status, passed.headers, Buffer.from(await passed.arrayBuffer()))
  })
  return { url: url + new URL(target).pathname, requests, authorizations }
}

/** `fetch`, `ls-refs`: the commands of git's protocol. A refused request with its packets is not counted as one. */
function commandOf(body: Buffer): string {
  return /command=([a-z-]+)/.exec(body.toString('latin1'))?.[1] ?? 'probe'
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

export type Answer = (status: number, headers: Headers, body: Buffer) => void

export async function serve(
  t: TestContext,
  handle: (request: IncomingMessage, answer: Answer) => Promise<void> | void,
): Promise<string> {
  const server: Server = createServer((request, response) => {
    void handle(request, (status, headers, body) => {
      response.writeHead(status, Object.fromEntries([...headers].filter(([name]) => !hops.includes(name)))).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

export type Bare = {
  readonly url: string
  readonly path: string
  git(args: readonly string[], input?: string | Buffer): Promise<string>
  /** A commit on a branch with exactly these entries, built without a work tree: any name and mode will do. */
  commit(entries: readonly Entry[], branch?: string): Promise<CommitSha>
}

export type Entry = {
  readonly path: string | Buffer
  readonly mode?: string
  readonly bytes?: string | Buffer
  readonly sha?: string
}

/** A bare repository in a folder, as `file://` serves it. */
export async function bareRepository(t: TestContext): Promise<Bare> {
  const path = join(await temporaryFolder(t), 'remote.git')
  const git = async (args: readonly string[], input?: string | Buffer): Promise<string> => {
    const running = promisify(execFile)('git', ['--git-dir', path, ...args], { env: environment, maxBuffer: 64 << 20 })
    // A git that reads nothing may have ended already.
    running.child.stdin?.on('error', () => undefined)
    running.child.stdin?.end(input ?? '')
    return (await running).stdout.trim()
  }
  await promisify(execFile)('git', ['init', '--quiet', '--bare', '--initial-branch=main', path], { env: environment })
  await git(['config', 'uploadpack.allowFilter', 'true'])
  await git(['config', 'uploadpack.allowAnySHA1InWant', 'true'])
  return {
    url: `file://${path}`,
    path,
    git,
    async commit(entries, branch = 'main') {
      const lines: Buffer[] = []
      for (const { path: name, mode = '100644', bytes = '', sha } of entries) {
        const id = sha ?? (await git(['hash-object', '-w', '--stdin'], bytes))
        lines.push(Buffer.from(`${mode} ${id}\t`), Buffer.from(name), Buffer.from('\0'))
      }
      await git(['read-tree', '--empty'])
      await git(['update-index', '-z', '--index-info'], Buffer.concat(lines))
      const commit = await git(['commit-tree', '-m', 'Files', await git(['write-tree'])])
      await git(['update-ref', `refs/heads/${branch}`, commit])
      return guaranteed(parseCommitSha(commit))
    },
  }
}

const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  LC_ALL: 'C',
  GIT_AUTHOR_NAME: 'ann',
  GIT_AUTHOR_EMAIL: 'ann@example.org',
  GIT_COMMITTER_NAME: 'ann',
  GIT_COMMITTER_EMAIL: 'ann@example.org',
}

/** What a call is refused with. */
export async function refusal(work: Promise<unknown>): Promise<GitError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof GitError, `expected a GitError, got ${String(error)}`)
  return error
}

/** Writes a file and the folders above it. */
export async function put(path: string, bytes: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, bytes)
}
