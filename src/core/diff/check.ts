import type { LiveDiff } from './live-diff.ts'
import type { DiffOutcome } from './outcome.ts'
import { formatDangers, formatSection } from './section.ts'
import { isIncomplete, isRefused, verdictOf } from './verdict.ts'

/** The check run `lotse/diff (CLUSTER)` as it shall be. Without a conclusion it is still in progress. */
export type DiffCheck = {
  readonly conclusion: 'success' | 'failure' | 'neutral' | undefined
  readonly title: string
  readonly summary: string
}

/** GitHub takes 65,535 characters. */
const longestSummary = 60_000

export function diffCheck(outcome: DiffOutcome): DiffCheck {
  return { conclusion: conclusionOf(outcome), title: sentence(verdictOf(outcome)), summary: summaryOf(outcome) }
}

/** On the commit of a merge queue: whoever queued the pull request was told there. */
export const mergeGroupDiffCheck: DiffCheck = {
  conclusion: 'neutral',
  title: 'Told on its pull request',
  summary: 'What a merge queue has built is shown to no agent: what it changes was told before it was queued.',
}

/** Where a check still waits for an agent that the configuration no longer names. */
export const noAgentDiffCheck: DiffCheck = {
  conclusion: 'neutral',
  title: 'Nobody tells it any more',
  summary: 'The configuration of the default branch names no agent of this cluster any more.',
}

/** What could not be told never looks like "nothing changes"; neutral leaves it to people, also where it is required. */
function conclusionOf(outcome: DiffOutcome): DiffCheck['conclusion'] {
  switch (outcome.kind) {
    case 'told':
      if (isRefused(outcome.diff)) return 'failure'
      return isIncomplete(outcome.diff) ? 'neutral' : 'success'
    case 'failed':
      return 'failure'
    case 'pending':
    case 'offline':
      return undefined
    case 'withheld':
    case 'untouched':
      return 'neutral'
  }
}

function summaryOf(outcome: DiffOutcome): string {
  const dangers = outcome.kind === 'told' ? dangerList(outcome.diff) : []
  const room = longestSummary - dangers.join('\n\n').length
  const section = formatSection(outcome, { room, rest: 'the files of the pull request' })
  return [...dangers, ...(section === '' ? [] : [section])].join('\n\n')
}

function dangerList({ dangers }: LiveDiff): readonly string[] {
  return dangers.length === 0 ? [] : [`⚠️ Look twice:\n\n${formatDangers(dangers)}`]
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
