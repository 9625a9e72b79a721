import type { PullRequestRules, Reviewer } from '../config/configuration.ts'
import { escapeMarkdown, inlineCode } from '../markdown.ts'

/**
 * What is asked for once, when a pull request is opened, and never again: people may take labels and reviewers away.
 * Noted before the pull request is opened, so that whoever dies in between leaves it to the next. Plain JSON.
 */
export type Opening = {
  readonly left: readonly OpeningStep[]
  /** What GitHub would not do, for people: Markdown. */
  readonly refused: readonly string[]
}

export type OpeningStep = 'labels' | 'reviewers'

export function openingOf({ labels, reviewers }: PullRequestRules): Opening {
  const left: readonly OpeningStep[] = [
    ...(labels.length === 0 ? [] : (['labels'] as const)),
    ...(reviewers.length === 0 ? [] : (['reviewers'] as const)),
  ]
  return { left, refused: [] }
}

export function labelsRefused(labels: readonly string[], says: string): string {
  return `GitHub did not take ${counted(labels, 'label')} ${labels.map(inlineCode).join(', ')}: ${said(says)}`
}

export function reviewersRefused(reviewers: readonly Reviewer[], says: string): string {
  return `Not asked for a review: ${reviewers.map((reviewer) => inlineCode(formatReviewer(reviewer))).join(', ')}: ${said(says)}`
}

export const teamsUnseen = 'the app may not see teams; accept its permission “Members: Read-only” in the organisation'

/** As the configuration writes it. */
export function formatReviewer({ kind, name }: Reviewer): string {
  return kind === 'team' ? `team:${name}` : name
}

function counted(labels: readonly string[], word: string): string {
  return labels.length === 1 ? `the ${word}` : `the ${word}s`
}

const longestWords = 300

function said(says: string): string {
  return escapeMarkdown(says.slice(0, longestWords))
}
