import { type Role } from './role.ts'

/** What a person can ask for. A new command is a new arm here, a row in `commands`, and what the compiler then names. */
export type Command = { readonly kind: 'help'; readonly about?: Verb } | { readonly kind: 'why' }

export type Verb = Command['kind']

/** Why a line that speaks to Lotse cannot be carried out. The words in it are as the person wrote them. */
export type NotUnderstood =
  /** `within` is the command that expected a verb: `/lotse help wyh`. */
  | { readonly kind: 'unknown-verb'; readonly verb: string; readonly within?: 'help' }
  | { readonly kind: 'unexpected-argument'; readonly verb: Verb; readonly argument: string }
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

function withoutArguments(command: Command, [unexpected]: readonly string[]): Reading {
  return unexpected === undefined
    ? { ok: true, command }
    : { ok: false, because: { kind: 'unexpected-argument', verb: command.kind, argument: unexpected } }
}
