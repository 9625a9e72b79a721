import type { Explained } from '../automerge/decide.ts'
import { formatExplained } from '../automerge/explain.ts'
import { type ClusterName, type CommentId } from '../ids.ts'
import { escapeMarkdown, inlineCode } from '../markdown.ts'
import { type RefusedBecause } from './authorize.ts'
import { type NotUnderstood, type Verb, commands, usage, verbs } from './command.ts'
import { type CommandLine } from './parse.ts'
import type { Problem } from '../parsed.ts'
import { formatReplyMarker } from './reply-marker.ts'
import { type Role, isAtLeast } from './role.ts'
import { type ClusterStatus, formatStatus } from './status.ts'
import { type SyncAnswer, formatSyncAnswer } from './sync-answer.ts'
import { type WaitingRelease, formatWaiting } from './waiting.ts'

/** What became of one line of a comment. */
export type Answer =
  | { readonly kind: 'working' }
  | { readonly kind: 'help'; readonly about?: Verb; readonly role: Role | undefined }
  /** `waiting`: what else of its cluster is held, or of the whole repository where the pull request is of a person. */
  | {
      readonly kind: 'why'
      readonly explained: readonly Explained[]
      readonly waiting?: readonly WaitingRelease[]
    }
  | { readonly kind: 'no-release'; readonly waiting?: readonly WaitingRelease[] }
  /** Of the one that was asked for, or of all. `broken`: why the configuration cannot be read now. */
  | { readonly kind: 'status'; readonly clusters: readonly ClusterStatus[]; readonly broken?: Problem }
  | SyncAnswer
  /** `known`: those of the configuration. */
  | { readonly kind: 'no-such-cluster'; readonly cluster: ClusterName; readonly known: readonly ClusterName[] }
  | { readonly kind: 'refused'; readonly because: RefusedBecause }
  | { readonly kind: 'not-understood'; readonly because: NotUnderstood; readonly suggestions: readonly string[] }
  /** `says` may hold untrusted text. */
  | { readonly kind: 'failed'; readonly says: string }
  /** A line before it failed, and nothing after it was run. */
  | { readonly kind: 'not-run' }

export type Section = { readonly line: Pick<CommandLine, 'written'>; readonly answer: Answer }

/** The one reply to a comment: a section for each of its commands. */
export function formatReply(comment: CommentId, sections: readonly Section[]): string {
  const texts = sections.map(({ line, answer }) => `**${inlineCode(line.written)}**\n\n${formatAnswer(answer)}`)
  return `${[formatReplyMarker(comment), ...texts].join('\n\n')}\n`
}

export type Reaction = 'eyes' | 'rocket' | '-1' | 'confused'

/** How the whole comment fared, for a glance; what was done is kept in the store. */
export function reactionTo(answers: readonly Answer[]): Reaction {
  const kinds = answers.map(({ kind }) => kind)
  return precedence.find(([kind]) => kinds.includes(kind))?.[1] ?? 'rocket'
}

const precedence: readonly (readonly [Answer['kind'], Reaction])[] = [
  ['working', 'eyes'],
  ['not-understood', 'confused'],
  ['no-such-cluster', 'confused'],
  ['refused', '-1'],
  ['offline', '-1'],
  ['no-agent', '-1'],
  ['failed', '-1'],
]

function formatAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'working':
      return '⏳ Working on it.'
    case 'help':
      return answer.about === undefined ? helpTable(answer.role) : helpAbout(answer.about, answer.role)
    case 'why':
      return paragraphs(formatExplained(answer.explained), formatWaiting(answer.waiting ?? []))
    case 'no-release':
      return paragraphs(
        'This is not a release of Lotse, so Lotse does not merge it. People do, as ever.',
        formatWaiting(answer.waiting ?? []),
      )
    case 'status':
      return formatStatus(answer.clusters, answer.broken)
    case 'asked':
    case 'offline':
    case 'no-agent':
      return formatSyncAnswer(answer)
    case 'no-such-cluster':
      return `😕 The configuration names no cluster ${inlineCode(answer.cluster)}. ${listed(answer.known)}`
    case 'refused':
      return `👎 ${refusal(answer.because)}`
    case 'not-understood':
      return `😕 ${misunderstanding(answer.because)} ${hint(answer.suggestions)}`
    case 'failed':
      return `❌ ${sentence(answer.says)}`
    case 'not-run':
      return '⏭️ Not run, because a command before it failed.'
  }
}

function paragraphs(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n\n')
}

function helpTable(role: Role | undefined): string {
  const rows = verbs.map((verb) => `| \`${usage(verb)}\` | ${commands[verb].summary} | ${canYou(verb, role)} |`)
  const table = ['| command | what it does | can you? |', '| --- | --- | --- |', ...rows]
  return [
    ...table,
    '',
    'One command in a line, at its start. A comment is read once: post a new one instead of editing.',
  ].join('\n')
}

function helpAbout(verb: Verb, role: Role | undefined): string {
  const { summary, example } = commands[verb]
  return `\`${usage(verb)}\`: ${summary}.\n\n- Example: \`${example}\`\n- Can you? ${canYou(verb, role)}`
}

function canYou(verb: Verb, role: Role | undefined): string {
  const { needs } = commands[verb]
  if (needs === 'anyone') return '✅ anyone can'
  if (role === undefined) return `❔ needs ${needs}; your role is not known`
  return isAtLeast(role, needs) ? `✅ you have ${role}` : `❌ needs ${needs}; you have ${role}`
}

const mostNames = 50

function listed(clusters: readonly ClusterName[]): string {
  const names = clusters.slice(0, mostNames).map((cluster) => `\`${cluster}\``)
  return names.length === 0
    ? 'It names none.'
    : `It names ${names.join(', ')}${clusters.length > mostNames ? ', …' : ''}.`
}

const longestSentence = 1000

/** A comment that is too long is refused as a whole, and the answer would be lost. */
function sentence(text: string): string {
  return escapeMarkdown(text.length > longestSentence ? `${text.slice(0, longestSentence)}…` : text)
}

function refusal(because: RefusedBecause): string {
  switch (because.kind) {
    case 'no-person':
      return 'Commands are for people; this comment is by a bot.'
    case 'role-unknown':
      return `This needs the role ${because.needs}, and GitHub did not say which role you have. Post the command again in a minute.`
    case 'other-user':
      return `This needs the role ${because.needs}, and GitHub answered for another user than the author of the comment. If the account was renamed, post the command again.`
    case 'role-too-low':
      return `This needs the role ${because.needs} on this repository; you have ${because.has ?? 'none'}. An administrator can give it: Settings → Collaborators and teams.`
  }
}

function misunderstanding(because: NotUnderstood): string {
  switch (because.kind) {
    case 'unknown-verb':
      return `There is no command ${inlineCode(because.verb)}.`
    case 'unexpected-argument':
      return `${inlineCode(because.argument)} is one word too many: the command is \`${usage(because.verb)}\`.`
    case 'missing-argument':
      return `A word is missing: the command is \`${usage(because.verb)}\`.`
    case 'no-cluster-name':
      return `${inlineCode(because.argument)} is no name of a cluster: the command is \`${usage(because.verb)}\`.`
    case 'unclosed-quote':
      return 'A `"` is not closed, so the words cannot be told apart.'
    case 'invisible-character':
      return 'The line holds a character that cannot be seen, so it was not run. Type it instead of pasting it.'
    case 'too-long':
      return `A command is at most ${because.most} characters long; this line was not run.`
    case 'too-many':
      return `A comment can hold ${because.most} commands. This one and those after it were not run; post them in a new comment.`
  }
}

function hint(suggestions: readonly string[]): string {
  const meant =
    suggestions.length === 0 ? '' : `Did you mean ${suggestions.map((line) => `\`${line}\``).join(' or ')}? `
  return `${meant}All commands: \`/lotse help\``
}
