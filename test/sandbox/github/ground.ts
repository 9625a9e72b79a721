import { execFile } from 'node:child_process'
import { createSign } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile, mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import {
  type AppManifest,
  type RegisteredApp,
  type SandboxGitHub,
  startGitHub,
} from '../../../src/sandbox/github/github.ts'
import { sign } from '../../../src/sandbox/github/webhooks/send.ts'

export const secret = 'a secret of at least thirty-two bytes'
export const repo = '/repos/acme/gitops'

// oxlint-disable-next-line typescript/no-explicit-any -- what is answered is looked at field by field here; the contract tests hold its types
export type Loose = any

export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string; readonly json: Loose }
export type Hook = { readonly event: string; readonly guid: string; readonly payload: Loose; readonly signed: boolean }

/** A GitHub with acme/gitops, the app of our app.yml installed, ann who may write, and a receiver of webhooks. */
export type Ground = {
  readonly github: SandboxGitHub
  readonly app: RegisteredApp
  readonly installation: number
  readonly ann: { readonly login: string; readonly token: string }
  /** Of the installation, with everything that app.yml asks for. */
  readonly token: string
  readonly heard: Hook[]
  /** What the receiver answers. */
  answers: number
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Answer>
  readonly mint: (wanted?: unknown) => Promise<string>
  readonly jwt: (claims?: Record<string, unknown>) => string
  /** `push`, `pull_request.opened`, in the order of their arrival. */
  readonly events: () => Promise<readonly string[]>
}

type CallOptions = {
  readonly body?: unknown
  readonly token?: string | null
  readonly headers?: Record<string, string>
}

export const files = { 'app.yaml': 'image: demo:1.2.0\nreplicas: 1\n', 'docs/readme.md': '# hello\n' }

export async function startGround(
  t: TestContext,
  options: { readonly manifest?: Partial<AppManifest>; readonly now?: () => Date } = {},
): Promise<Ground> {
  const github = await startGitHub(options.now === undefined ? {} : { now: options.now })
  t.after(() => github.close())
  const heard: Hook[] = []
  const ground = { answers: 202 }
  const url = await startReceiver(t, heard, ground)
  github.createOrganization('acme')
  const ann = github.createUser('ann')
  const manifest: AppManifest = { ...parse(await readFile('app.yml', 'utf8')), ...options.manifest }
  const app = github.registerApp(manifest, { webhookUrl: url, webhookSecret: secret })
  await github.createRepository('acme/gitops', { files })
  github.grant('acme/gitops', 'ann', 'write')
  const installation = await github.install(app.appId, 'acme')
  const jwt = (claims: Record<string, unknown> = {}): string => signJwt(app, claims)
  const mint = async (wanted?: unknown): Promise<string> => {
    const answer = await send(github, 'POST', `/app/installations/${installation}/access_tokens`, {
      token: jwt(),
      body: wanted,
    })
    return answer.json.token
  }
  const token = await mint()
  return Object.assign(ground, {
    github,
    app,
    installation,
    ann,
    token,
    heard,
    jwt,
    mint,
    call: (method: string, path: string, given: CallOptions = {}) => send(github, method, path, { token, ...given }),
    async events() {
      await github.settled()
      return heard.map(({ event, payload }) => (payload.action === undefined ? event : `${event}.${payload.action}`))
    },
  })
}

async function startReceiver(t: TestContext, heard: Hook[], ground: { answers: number }): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      heard.push({
        event: String(request.headers['x-github-event']),
        guid: String(request.headers['x-github-delivery']),
        payload: JSON.parse(body),
        signed: request.headers['x-hub-signature-256'] === sign(secret, body),
      })
      response.writeHead(ground.answers).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise((resolve) => server.close(resolve)))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`
}

async function send(github: SandboxGitHub, method: string, path: string, options: CallOptions): Promise<Answer> {
  const { body, token, headers } = options
  const response = await fetch(path.startsWith('http') ? path : `${github.apiUrl}${path}`, {
    method,
    headers: { ...(token === undefined || token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
}

function signJwt(app: RegisteredApp, claims: Record<string, unknown>): string {
  const now = Math.floor(Date.now() / 1000)
  const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({ iat: now - 30, exp: now + 300, iss: app.appId, ...claims })}`
  return `${text}.${createSign('RSA-SHA256').update(text).sign(app.privateKey).toString('base64url')}`
}

/** A branch with one change by ann and a pull request of it. */
export async function openPull(
  { github }: Ground,
  options: { readonly branch?: string; readonly files?: Record<string, string | null>; readonly draft?: boolean } = {},
): Promise<{ readonly number: number; readonly sha: string; readonly path: string }> {
  const {
    branch = 'change',
    files: changed = { 'app.yaml': 'image: demo:1.2.1\nreplicas: 1\n' },
    draft = false,
  } = options
  const sha = await github.person('ann').push('acme/gitops', { branch, files: changed, create: true })
  const pull = await github.person('ann').openPull('acme/gitops', { head: branch, title: 'Change the image', draft })
  const { number } = pull.issue
  return { number, sha, path: `${repo}/pulls/${number}` }
}

export type Clone = {
  readonly path: string
  git(...args: readonly string[]): Promise<string>
  write(files: Record<string, string>): Promise<void>
}

/** A real clone over HTTP, with git as a person has it. */
export async function clone(t: TestContext, ground: Ground, token: string, ...args: readonly string[]): Promise<Clone> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-clone-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'work')
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64')
  const run = async (cwd: string, all: readonly string[]): Promise<string> => {
    const config = [
      '-c',
      'user.name=ann',
      '-c',
      'user.email=ann@example.org',
      '-c',
      `http.extraHeader=Authorization: Basic ${basic}`,
    ]
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      LC_ALL: 'C',
    }
    const { stdout, stderr } = await promisify(execFile)('git', [...config, ...all], { cwd, env })
    return `${stdout}${stderr}`
  }
  await run(folder, ['clone', '--quiet', ...args, `${ground.github.webUrl}/acme/gitops.git`, path])
  return {
    path,
    git: (...all) => run(path, all),
    async write(written) {
      for (const [name, text] of Object.entries(written)) {
        await mkdir(dirname(join(path, name)), { recursive: true })
        await writeFile(join(path, name), text)
      }
    },
  }
}
