import type { LiveDiff } from './live-diff.ts'
import type { DiffOutcome, WithheldBecause } from './outcome.ts'

/** How a cluster fares, in a few words for a heading: `3 objects change`. Holds no untrusted text. */
export function verdictOf(outcome: DiffOutcome): string {
  switch (outcome.kind) {
    case 'told':
      return verdictOfDiff(outcome.diff)
    case 'pending':
      return 'the agent is asked what changes'
    case 'offline':
      return `its agent is offline ${outcome.since === undefined ? 'and was never seen' : `since ${shownTime(outcome.since)}`}`
    case 'failed':
      return 'its agent could not tell what changes'
    case 'withheld':
      return withheldTexts[outcome.because]
    case 'untouched':
      return 'no file of it is touched'
  }
}

const withheldTexts: Readonly<Record<WithheldBecause, string>> = {
  fork: 'not told to forks',
  'author-cannot-write': 'told only to authors with the role write',
  'author-unknown': 'not told, because GitHub did not say which role the author has',
}

/** Whether the head is refused as it is: the author's turn. */
export function isRefused({ problems }: LiveDiff): boolean {
  return problems.some(({ turn }) => turn === 'author')
}

/** Whether something is missing that the author can do nothing about. */
export function isIncomplete({ problems }: LiveDiff): boolean {
  return problems.some(({ turn }) => turn !== 'author')
}

/** Whether the same question may get another answer later: nobody has to change the pull request for it. */
export function mayBeToldLater(outcome: DiffOutcome): boolean {
  switch (outcome.kind) {
    case 'told':
      return isIncomplete(outcome.diff) && !isRefused(outcome.diff)
    case 'failed':
      return true
    case 'pending':
    case 'offline':
    case 'withheld':
    case 'untouched':
      return false
  }
}

export function isQuiet({ changes, drift, dangers, problems, omitted }: LiveDiff): boolean {
  return changes.length + drift.length + dangers.length + problems.length + omitted === 0
}

function verdictOfDiff(diff: LiveDiff): string {
  const count = diff.changes.length
  const changes = count === 0 ? 'nothing changes' : `${counted(count, 'object')} ${count === 1 ? 'changes' : 'change'}`
  const parts = [
    ...(diff.omitted === 0 ? [] : [`${diff.omitted} more not shown`]),
    ...(diff.problems.length === 0 ? [] : [counted(diff.problems.length, 'problem')]),
    ...(diff.drift.length === 0 ? [] : [`${counted(diff.drift.length, 'object')} drifted before`]),
  ]
  return [changes, ...parts].join(', ')
}

export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

/** `2026-11-22 12:00 UTC`; what is no time is not shown. */
export function shownTime(iso: string): string {
  const [, day, minute] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/.exec(iso) ?? []
  return day === undefined || minute === undefined ? 'an unknown time' : `${day} ${minute} UTC`
}
