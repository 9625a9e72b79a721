import type { Reviewer } from '../../core/config/configuration.ts'
import type { PullNumber } from '../../core/ids.ts'
import {
  type Opening,
  type OpeningStep,
  labelsRefused,
  reviewersRefused,
  teamsUnseen,
} from '../../core/release/opening.ts'
import { type PullRequestText, withOthersText } from '../../core/release/pull-request-text.ts'
import { type Refused, addLabels, requestReviewers, teamsClient } from '../../io/github/opened-pull.ts'
import { editPull } from '../../io/github/pulls.ts'
import type { ReleaseContext } from './release-steps.ts'

type Opened = {
  /** undefined: none is open. */
  readonly pull: PullNumber | undefined
  readonly opening: Opening | undefined
  /** What it says now: of that, what others have added stays. */
  readonly body: string
  readonly textOf: (opening: Opening) => PullRequestText
  /** After each step, so that it is not taken twice. */
  readonly keep: (opening: Opening) => Promise<void>
}

type Finished = { readonly opening?: Opening; readonly text?: PullRequestText }

/** Gives a fresh pull request its labels and reviewers. What GitHub refuses stands in its text, and fails no release. */
export async function finishOpening(context: ReleaseContext, opened: Opened): Promise<Finished> {
  const { pull, opening, keep } = opened
  if (pull === undefined || opening === undefined || opening.left.length === 0) return {}
  let { left, refused } = opening
  // It is open, and is known to be also when nothing of the rest succeeds.
  await keep(opening)
  for (const step of opening.left) {
    const complaints = await take(context, step, pull)
    if (complaints.length > 0) context.deps.log.warn({ pull, step, refused: complaints }, 'release opened without')
    left = left.filter((other) => other !== step)
    refused = [...refused, ...complaints]
    await keep({ left, refused })
  }
  const text = opened.textOf({ left, refused })
  if (refused.length > opening.refused.length) {
    const { octokit, repository } = context
    await editPull(octokit, repository.name, pull, { body: withOthersText(text.body, opened.body) })
  }
  return { opening: { left, refused }, text }
}

async function take(context: ReleaseContext, step: OpeningStep, pull: PullNumber): Promise<readonly string[]> {
  const { labels, reviewers } = context.configuration.pullRequests
  switch (step) {
    case 'labels':
      return labels.length === 0 ? [] : label(context, pull, labels)
    case 'reviewers':
      return reviewers.length === 0 ? [] : askAll(context, pull, reviewers)
  }
}

async function label(
  { octokit, repository }: ReleaseContext,
  number: PullNumber,
  labels: readonly string[],
): Promise<readonly string[]> {
  const refused = await addLabels(octokit, repository.name, { number, labels })
  return refused === undefined ? [] : [labelsRefused(labels, refused)]
}

/** One that GitHub does not know keeps it from asking the others, so then each is asked alone. */
async function askAll(
  context: ReleaseContext,
  pull: PullNumber,
  reviewers: readonly Reviewer[],
): Promise<readonly string[]> {
  const refused = await ask(context, pull, reviewers)
  if (refused === undefined) return []
  if (reviewers.length === 1) return [reviewersRefused(reviewers, refused)]
  const complaints: string[] = []
  for (const reviewer of reviewers) {
    const alone = await ask(context, pull, [reviewer])
    if (alone !== undefined) complaints.push(reviewersRefused([reviewer], alone))
  }
  return complaints
}

async function ask(
  { deps, octokit, repository }: ReleaseContext,
  number: PullNumber,
  reviewers: readonly Reviewer[],
): Promise<Refused> {
  const { installation, id } = repository
  const client = reviewers.some(({ kind }) => kind === 'team')
    ? await teamsClient(deps.github, { installation, repository: id })
    : octokit
  return client === undefined ? teamsUnseen : requestReviewers(client, repository.name, { number, reviewers })
}
