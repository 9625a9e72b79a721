import { type Parsed, parsed, refused } from '../parsed.ts'
import { listOf, mapOf, textOf } from './shape.ts'
import { quoted } from './source.ts'

/** How the pull requests of releases look. */
export type PullRequestRules = {
  readonly labels: readonly string[]
  readonly reviewers: readonly Reviewer[]
  /** Before the subject of each commit and the title; empty where nothing is said. */
  readonly commitPrefix: string
}

/** `alice`, `team:platform`; the team is one of the repository's owner. */
export type Reviewer = { readonly kind: 'user' | 'team'; readonly name: string }

export const pullRequestsShape = mapOf(
  {
    labels: listOf(textOf('text, a label', parseLabel), { atMost: 20 }),
    // GitHub takes no more.
    reviewers: listOf(textOf('text, a login or `team:SLUG`', parseReviewer), { atMost: 15 }),
    'commit-prefix': textOf('text', parsePrefix),
  },
  [],
)

function parseLabel(text: string): Parsed<string> {
  return text.length <= 50 && /^[^\s,](?:[^\n,]*[^\s,])?$/.test(text)
    ? parsed(text)
    : refused({
        message: `expected a label of at most 50 characters on one line, without commas, got \`${quoted(text)}\``,
        help: 'list each label for itself',
      })
}

export function parseReviewer(text: string): Parsed<Reviewer> {
  const team = /^team:([a-z0-9_][a-z0-9_-]{0,99})$/.exec(text)?.[1]
  if (team !== undefined) return parsed({ kind: 'team', name: team })
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$/.test(text)) return parsed({ kind: 'user', name: text })
  const help = text.startsWith('@')
    ? 'leave the `@` away'
    : text.startsWith('team:')
      ? 'the slug is the last part of the address of the team’s page, in lower case'
      : 'a team is written as `team:platform`'
  return refused({ message: `expected a login or \`team:SLUG\`, got \`${quoted(text)}\``, help })
}

function parsePrefix(text: string): Parsed<string> {
  return text.length <= 60 && /^(?:\S[^\n]*)?$/.test(text)
    ? parsed(text)
    : refused('expected a prefix of at most 60 characters on one line, without blanks before it')
}
