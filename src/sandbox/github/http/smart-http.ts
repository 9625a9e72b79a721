import { spawn } from 'node:child_process'
import { gunzipSync } from 'node:zlib'
import { ApiError } from '../api-error.ts'
import { actorOf, canSee, type Actor, type Caller } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { noCommit, type RefChange } from '../git/refs.ts'
import { gitEnvironment } from '../git/run.ts'
import { findRepository } from '../lookup.ts'
import { allows } from '../operations/installations.ts'
import { followRefs } from '../operations/push.ts'
import { knownWorkflows, mayWriteWorkflows, pushComplaints } from '../operations/push-rules.ts'
import { roleAtLeast, roleOf } from '../render/repository.ts'
import { type Repository } from '../state.ts'
import { type Answer } from './answer.ts'
import { authenticate } from './authenticate.ts'
import { type HttpRequest } from './request.ts'

const pattern = /^\/(?<owner>[^/]+)\/(?<name>[^/]+?)(?:\.git)?\/(?<rest>info\/refs|git-upload-pack|git-receive-pack)$/

export function isGitRequest({ url }: HttpRequest): boolean {
  return pattern.test(url.pathname)
}

/** Clone, fetch and push by git's own `http-backend`; what a push has moved is followed as any other change of refs. */
export async function answerGit(github: GitHub, request: HttpRequest): Promise<Answer> {
  const found = pattern.exec(request.url.pathname)?.groups ?? {}
  const pushes = found['rest'] === 'git-receive-pack' || request.url.searchParams.get('service') === 'git-receive-pack'
  try {
    const caller = authenticate(github, request.headers['authorization'])
    const repository = findRepository(github.state, found['owner'] ?? '', found['name'] ?? '')
    refuse(caller, repository, { pushes })
    if (repository === undefined) throw new ApiError(404, 'Repository not found.')
    const serve = (environment: Environment): Promise<Answer> =>
      runBackend({ request, repository, rest: found['rest'] ?? '' }, environment)
    if (found['rest'] !== 'git-receive-pack') return await serve({})
    const actor = actorOf(caller)
    if (actor === undefined) throw new ApiError(401, 'Requires authentication')
    return await push(github, { repository, actor, request }, serve)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return renderRefusal(error)
  }
}

function refuse(caller: Caller, repository: Repository | undefined, { pushes }: { readonly pushes: boolean }): void {
  const visible = repository !== undefined && canSee(caller, repository)
  if (caller.kind === 'anonymous' && (pushes || !visible)) throw new ApiError(401, 'Requires authentication')
  if (!visible) throw new ApiError(404, 'Repository not found.')
  const allowed =
    caller.kind === 'installation'
      ? allows(caller.permissions['contents'], pushes ? 'write' : 'read')
      : caller.kind !== 'person' || !pushes || writes(caller, repository)
  if (!allowed) throw new ApiError(403, 'Write access to repository not granted.')
  if (pushes && repository.archived) throw new ApiError(403, 'This repository was archived so it is read-only.')
}

function writes(caller: Caller & { readonly kind: 'person' }, repository: Repository): boolean {
  const role = roleOf(repository, caller.account)
  return role !== 'none' && roleAtLeast(role, 'write')
}

type Environment = Readonly<Record<string, string>>
type Pushing = { readonly repository: Repository; readonly actor: Actor; readonly request: HttpRequest }

function push(github: GitHub, pushing: Pushing, serve: (environment: Environment) => Promise<Answer>): Promise<Answer> {
  const { repository, actor, request } = pushing
  return repository.git.exclusively(async () => {
    const refused = await refusedRefs(repository, actor, wantedRefs(bodyOf(request)))
    const known = mayWriteWorkflows(actor)
      ? []
      : ['none', ...(await knownWorkflows(repository)).filter((tree) => tree !== undefined)]
    const answer = await serve({ SANDBOX_REFUSED: refused.join('\n'), SANDBOX_KNOWN_WORKFLOWS: known.join(' ') })
    await followRefs(github, { repository, actor }, await repository.git.refs.reread())
    return answer
  })
}

/** For the hook: `ref<TAB>why`, one line each. */
async function refusedRefs(
  repository: Repository,
  actor: Actor,
  wanted: readonly RefChange[],
): Promise<readonly string[]> {
  const refused: string[] = []
  for (const change of wanted) {
    const complaints = await pushComplaints(repository, actor, change)
    if (complaints.length > 0) refused.push(`${change.name}\tGH013: ${complaints.join(' ')}`)
  }
  return refused
}

/** The commands of a push stand before its pack: `OLD NEW REF`, each in a packet with its length. */
function wantedRefs(body: Buffer): readonly RefChange[] {
  const wanted: RefChange[] = []
  for (let at = 0; at + 4 <= body.length;) {
    const length = Number.parseInt(body.toString('latin1', at, at + 4), 16)
    if (Number.isNaN(length) || length < 4) break
    const [command = ''] = body.toString('utf8', at + 4, at + length).split('\0')
    const [before = '', after = '', name = ''] = command.trim().split(' ')
    if (name.startsWith('refs/')) wanted.push({ before: before === '' ? noCommit : before, after, name })
    at += length
  }
  return wanted
}

function bodyOf({ headers, body }: HttpRequest): Buffer {
  return headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}

type Serving = { readonly request: HttpRequest; readonly repository: Repository; readonly rest: string }

async function runBackend({ request, repository, rest }: Serving, environment: Environment): Promise<Answer> {
  const { headers, url, method } = request
  const body = bodyOf(request)
  const child = spawn('git', ['http-backend'], {
    env: {
      ...gitEnvironment,
      ...environment,
      GIT_PROJECT_ROOT: repository.git.path,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: `/${rest}`,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: method,
      CONTENT_TYPE: headers['content-type'] ?? '',
      CONTENT_LENGTH: String(body.length),
      REMOTE_USER: 'sandbox',
      REMOTE_ADDR: '127.0.0.1',
      ...(headers['git-protocol'] === undefined ? {} : { GIT_PROTOCOL: headers['git-protocol'] }),
    },
    stdio: 'pipe',
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.resume()
  // It may end before it has read everything; what it answered counts.
  child.stdin.on('error', () => undefined)
  child.stdin.end(body)
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => resolve())
  })
  return parseCgi(Buffer.concat(chunks))
}

function parseCgi(output: Buffer): Answer {
  const end = output.indexOf('\r\n\r\n')
  const lines = output.toString('latin1', 0, end).split('\r\n')
  const headers = Object.fromEntries(lines.map((line) => splitHeader(line)))
  const { Status: status = '200', 'Content-Type': type = 'application/octet-stream', ...others } = headers
  const value = output.subarray(end + 4)
  return { status: Number(status.split(' ')[0]), headers: others, body: { kind: 'bytes', type, value } }
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).trim()]
}

function renderRefusal({ status, message }: ApiError): Answer {
  const challenge: Record<string, string> = status === 401 ? { 'WWW-Authenticate': 'Basic realm="GitHub"' } : {}
  return {
    status,
    headers: challenge,
    body: { kind: 'bytes', type: 'text/plain; charset=utf-8', value: Buffer.from(`${message}\n`) },
  }
}
