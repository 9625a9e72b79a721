import { ApiError, unprocessable } from '../api-error.ts'
import { type Actor } from '../caller.ts'
import { timestamp, type GitHub } from '../context.ts'
import { nextId } from '../lookup.ts'
import { renderPullSimple, renderReview } from '../render/pull.ts'
import { type Pull, type Review } from '../state.ts'
import { touch } from './issue-state.ts'
import { opinions } from './opinions.ts'

export async function submitReview(
  github: GitHub,
  pull: Pull,
  review: {
    readonly actor: Actor
    readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED'
    readonly body: string
  },
): Promise<Review> {
  if (review.state !== 'COMMENTED' && review.actor.account === pull.issue.user) {
    const verb = review.state === 'APPROVED' ? 'approve' : 'request changes on'
    throw new ApiError(422, 'Unprocessable Entity', { errors: [`Review Can not ${verb} your own pull request`] })
  }
  const submitted: Review = {
    id: nextId(github.state),
    pull,
    user: review.actor.account,
    body: review.body,
    state: review.state,
    commit: pull.head.sha,
    submittedAt: timestamp(github),
  }
  pull.reviews.push(submitted)
  touch(github, pull.issue)
  await emitReview(github, submitted, { action: 'submitted', actor: review.actor })
  return submitted
}

/** The last opinion of somebody counts no more; that it was there stays visible. */
export async function dismissReview(
  github: GitHub,
  pull: Pull,
  { login, actor }: { readonly login: string; readonly actor: Actor },
): Promise<void> {
  const review = opinions(pull).find(({ user, state }) => user.login === login && state !== 'DISMISSED')
  if (review === undefined) throw unprocessable(`Can not dismiss a review: ${login} has none`)
  review.state = 'DISMISSED'
  touch(github, pull.issue)
  await emitReview(github, review, { action: 'dismissed', actor })
}

async function emitReview(
  github: GitHub,
  review: Review,
  { action, actor }: { readonly action: 'submitted' | 'dismissed'; readonly actor: Actor },
): Promise<void> {
  const { pull } = review
  await github.outbox.emit({
    name: 'pull_request_review',
    action,
    actor,
    repository: pull.issue.repository,
    payload: () => ({
      // Events write the state in lower case.
      review: { ...renderReview(github, review), state: review.state.toLowerCase() },
      pull_request: renderPullSimple(github, pull),
    }),
  })
}
