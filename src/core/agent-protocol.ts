import { type LiveDiff } from './diff/live-diff.ts'
import { parseLiveDiff } from './diff/parse.ts'
import {
  type BranchName,
  type CommitSha,
  parseBranchName,
  parseCommitSha,
  parsePullNumber,
  type PullNumber,
} from './ids.ts'
import { type Parsed, parsed, type Problem, refused } from './parsed.ts'
import { Secret } from './secret.ts'
import { parseSyncReport } from './sync/parse-report.ts'
import { type SyncReport } from './sync/report.ts'

/** Where the bot takes its agents' connections. */
export const agentPath = '/agent'

/** What the bot says. A hint, never an order with content: the agent fetches git itself. */
export type BotMessage =
  /** The tracked branch may have moved; `commit` is what the bot saw, and only a hint for how long to look. */
  | { readonly kind: 'fetch'; readonly commit: CommitSha }
  /** A person asked for a sync: everything is verified, also what looks in sync. */
  | { readonly kind: 'sync' }
  /** What would `head` change, compared with `base`, the commit where its branch left the tracked one? */
  | { readonly kind: 'diff'; readonly pull: PullNumber; readonly base: CommitSha; readonly head: CommitSha }
  /** Tell everything again. */
  | { readonly kind: 'report' }
  | { readonly kind: 'token'; readonly token: Secret; readonly expiresAt: string }

/** What the agent says. Everything but `token-wanted` may be said twice. */
export type AgentMessage =
  /** First after every connect, and when asked: whatever was missed in between is in it. */
  | { readonly kind: 'state'; readonly state: AgentState }
  | { readonly kind: 'started'; readonly commit: CommitSha }
  | { readonly kind: 'synced'; readonly report: SyncReport }
  | {
      readonly kind: 'diffed'
      readonly pull: PullNumber
      readonly base: CommitSha
      readonly head: CommitSha
      /** `failed`: nothing could be told, and why; untrusted text. */
      readonly result:
        | { readonly kind: 'diff'; readonly diff: LiveDiff }
        | { readonly kind: 'failed'; readonly because: string }
    }
  /** A git credential is needed: a read-only token for this one repository. */
  | { readonly kind: 'token-wanted' }

export type AgentState = {
  readonly version: string
  /** What it was told to follow; undefined: the default branch. */
  readonly branch?: BranchName
  readonly path: string
  /** The commit that is being synced. */
  readonly syncing?: CommitSha
  readonly lastReport?: SyncReport
  /** The newest commit with a full result, which may be older than the last report's. */
  readonly lastFull?: CommitSha
  /** Why the last sync could not begin: there was no commit to report of. */
  readonly trouble?: Trouble
}

/** Untrusted text. `since`: ISO 8601, by the agent's clock, for people. */
export type Trouble = { readonly since: string; readonly says: string; readonly help?: string }

/** One line of JSON. The only place where a token is written out: it goes into a sealed frame. */
export function formatBotMessage(message: BotMessage): string {
  return JSON.stringify(message.kind === 'token' ? { ...message, token: message.token.reveal() } : message)
}

export function formatAgentMessage(message: AgentMessage): string {
  return JSON.stringify(message)
}

/** Fields that we do not know are left out: the other side may be newer. */
export function parseBotMessage(text: string): Parsed<BotMessage> {
  const said = fieldsOf(text)
  const { kind } = said
  switch (kind) {
    case 'fetch':
      return all({ kind: parsed(kind), commit: commit(said['commit']) })
    case 'sync':
    case 'report':
      return parsed({ kind })
    case 'diff':
      return all({ kind: parsed(kind), ...pullOf(said) })
    case 'token':
      return all({ kind: parsed(kind), token: secret(said['token']), expiresAt: time(said['expiresAt']) })
    default:
      return unknownKind(kind)
  }
}

/** An agent's word is untrusted: each text has a limit, and nothing that is not asked for gets in. */
export function parseAgentMessage(text: string): Parsed<AgentMessage> {
  const said = fieldsOf(text)
  const { kind } = said
  switch (kind) {
    case 'state':
      return all({ kind: parsed(kind), state: state(said['state']) })
    case 'started':
      return all({ kind: parsed(kind), commit: commit(said['commit']) })
    case 'synced':
      return all({ kind: parsed(kind), report: parseSyncReport(said['report']) })
    case 'diffed':
      return all({ kind: parsed(kind), ...pullOf(said), result: diffResult(said['result']) })
    case 'token-wanted':
      return parsed({ kind })
    default:
      return unknownKind(kind)
  }
}

type Fields = Readonly<Record<string, unknown>>

function pullOf(said: Fields): {
  readonly pull: Parsed<PullNumber>
  readonly base: Parsed<CommitSha>
  readonly head: Parsed<CommitSha>
} {
  return { pull: pullNumber(said['pull']), base: commit(said['base']), head: commit(said['head']) }
}

type DiffResult = (AgentMessage & { readonly kind: 'diffed' })['result']

function diffResult(value: unknown): Parsed<DiffResult> {
  const said = isObject(value) ? value : {}
  const { kind } = said
  if (kind === 'diff') return all({ kind: parsed(kind), diff: parseLiveDiff(said['diff']) })
  if (kind === 'failed') return all({ kind: parsed(kind), because: reason(said['because']) })
  return unknownKind(kind)
}

/** Cut, not refused: a failure with too many words is still one, and somebody waits for it. */
function reason(value: unknown): Parsed<string> {
  return typeof value === 'string' ? parsed(value.slice(0, 2000).toWellFormed()) : refused('expected a reason')
}

function state(value: unknown): Parsed<AgentState> {
  if (!isObject(value)) return refused('expected the state of an agent')
  return all<AgentState>({
    version: text(value['version'], 'a version', 100),
    branch: optional(value['branch'], branch),
    path: text(value['path'], 'a path', 1000),
    syncing: optional(value['syncing'], commit),
    lastReport: optional(value['lastReport'], parseSyncReport),
    lastFull: optional(value['lastFull'], commit),
    trouble: optional(value['trouble'], trouble),
  })
}

function trouble(value: unknown): Parsed<Trouble> {
  if (!isObject(value)) return refused('expected the trouble of an agent')
  return all<Trouble>({
    since: time(value['since']),
    says: reason(value['says']),
    help: optional(value['help'], reason),
  })
}

function commit(value: unknown): Parsed<CommitSha> {
  return parseCommitSha(typeof value === 'string' ? value : '')
}

function branch(value: unknown): Parsed<BranchName> {
  return parseBranchName(typeof value === 'string' && value.length <= 244 ? value : '')
}

function pullNumber(value: unknown): Parsed<PullNumber> {
  return parsePullNumber(typeof value === 'number' ? value : Number.NaN)
}

function secret(value: unknown): Parsed<Secret> {
  const written = text(value, 'a token', 4096)
  return written.ok ? parsed(new Secret(written.value)) : written
}

function time(value: unknown): Parsed<string> {
  const written = text(value, 'a time', 40)
  return written.ok && Number.isNaN(Date.parse(written.value)) ? refused('expected a time') : written
}

function text(value: unknown, what: string, most: number): Parsed<string> {
  return typeof value === 'string' && value.length <= most
    ? parsed(value)
    : refused(`expected ${what} of at most ${most} characters`)
}

function optional<T>(value: unknown, parse: (value: unknown) => Parsed<T>): Parsed<T | undefined> {
  return value === undefined ? parsed(undefined) : parse(value)
}

/** All fields, or the problems of all of them; what is absent stays absent. */
function all<T extends object>(fields: { readonly [K in keyof T]-?: Parsed<T[K] | Absent<T, K>> }): Parsed<T> {
  const entries = Object.entries<Parsed<unknown>>(fields)
  const [first, ...others] = entries.flatMap(([, field]): readonly Problem[] => (field.ok ? [] : field.problems))
  if (first !== undefined) return refused(first, ...others)
  const present = entries.flatMap(([name, field]) =>
    field.ok && field.value !== undefined ? [[name, field.value]] : [],
  )
  // Each field of T was asked for, and each answer has its field's type.
  return parsed(Object.fromEntries(present) as T)
}

/** `undefined` where the field may be left out. */
type Absent<T, K extends keyof T> = T extends Record<K, T[K]> ? never : undefined

function unknownKind(kind: unknown): Parsed<never> {
  return refused(
    `expected a kind of message that is known here, got \`${typeof kind === 'string' ? kind.slice(0, 40) : typeof kind}\``,
  )
}

function fieldsOf(message: string): Fields {
  try {
    const value: unknown = JSON.parse(message)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
