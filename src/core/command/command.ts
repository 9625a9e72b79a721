import { type ClusterName, parseClusterName } from '../ids.ts'
import { type Role } from './role.ts'

/** What a person can ask for. A new command is a new arm here, a row in `commands`, and what the compiler then names. */
export type Command =
  | { readonly kind: 'help'; readonly about?: Verb }
  | { readonly kind: 'why' }
  /** Without a cluster: of all. */
  | { readonly kind: 'status'; readonly cluster?: ClusterName }
  | { readonly kind: 'sync'; readonly cluster: ClusterName }

export type Verb = Command['kind']

/** Why a line that speaks to Lotse cannot be carried out. The words in it are as the person wrote them. */
export type NotUnderstood =
  /** `within` is the command that expected a verb: `/lotse help wyh`. */
  | { readonly kind: 'unknown-verb'; readonly verb: string; readonly within?: 'help' }
  | { readonly kind: 'unexpected-argument'; readonly verb: Verb; readonly argument: string }
  | { readonly kind: 'missing-argument'; readonly verb: Verb }
  | { readonly kind: 'no-cluster-name'; readonly verb: Verb; readonly argument: string }
  | { readonly kind: 'unclosed-quote' }
  | { readonly kind: 'invisible-character' }
  | { readonly kind: 'too-long'; readonly most: number }
  | { readonly kind: 'too-many'; readonly most: number }

export type Reading =
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly because: NotUnderstood }

/** One row, from which parser, help, documentation and authorization come. */
export type CommandDefinition = {
  /** What may stand behind the verb: capitals for a value, brackets for what may be left out. */
  readonly arguments: string
  readonly summary: string
  readonly example: string
  /** The least role; `anyone` is whoever can comment. */
  readonly needs: Role | 'anyone'
  readonly read: (words: readonly string[]) => Reading
}

/** In the order in which help lists them. */
export const commands: Readonly<Record<Verb, CommandDefinition>> = {
  help: {
    arguments: '[COMMAND]',
    summary: 'show the commands, and which of them you can use',
    example: '/lotse help why',
    needs: 'anyone',
    read: readHelp,
  },
  why: {
    arguments: '',
    summary: 'say why this pull request is not merged yet, rule by rule',
    example: '/lotse why',
    needs: 'read',
    read: (words) => withoutArguments({ kind: 'why' }, words),
  },
  status: {
    arguments: '[CLUSTER]',
    summary: 'say which commit a cluster runs, whether its agent is there, and what it could not apply',
    example: '/lotse status production',
    needs: 'read',
    read: readStatus,
  },
  sync: {
    arguments: 'CLUSTER',
    summary: 'ask the agent of a cluster to make it look like the default branch now',
    example: '/lotse sync production',
    needs: 'write',
    read: readSync,
  },
}

export const verbs = Object.keys(commands) as readonly Verb[]

export function isVerb(word: string): word is Verb {
  return Object.hasOwn(commands, word)
}

/** `/lotse help [COMMAND]` */
export function usage(verb: Verb): string {
  return `/lotse ${verb} ${commands[verb].arguments}`.trim()
}

function readHelp([about, ...others]: readonly string[]): Reading {
  if (about === undefined) return { ok: true, command: { kind: 'help' } }
  const verb = about.toLowerCase()
  return isVerb(verb)
    ? withoutArguments({ kind: 'help', about: verb }, others)
    : { ok: false, because: { kind: 'unknown-verb', verb: about, within: 'help' } }
}

function readStatus([cluster, ...others]: readonly string[]): Reading {
  if (cluster === undefined) return { ok: true, command: { kind: 'status' } }
  return ofCluster('status', cluster, others)
}

function readSync([cluster, ...others]: readonly string[]): Reading {
  if (cluster === undefined) return { ok: false, because: { kind: 'missing-argument', verb: 'sync' } }
  return ofCluster('sync', cluster, others)
}

/** Telephones begin a word with a capital; the names of clusters have none. */
function ofCluster(verb: 'status' | 'sync', word: string, others: readonly string[]): Reading {
  const cluster = parseClusterName(word.toLowerCase())
  return cluster.ok
    ? withoutArguments({ kind: verb, cluster: cluster.value }, others)
    : { ok: false, because: { kind: 'no-cluster-name', verb, argument: word } }
}

function withoutArguments(command: Command, [unexpected]: readonly string[]): Reading {
  return unexpected === undefined
    ? { ok: true, command }
    : { ok: false, because: { kind: 'unexpected-argument', verb: command.kind, argument: unexpected } }
}
