import { roleAtLeast, roleOf } from '../render/repository.ts'
import { type Pull, type Review } from '../state.ts'

/** The last review of each that has an opinion, oldest first; a comment takes nothing back. */
export function opinions(pull: Pull): readonly Review[] {
  const opinionated = pull.reviews.filter(({ state }) => state !== 'COMMENTED' && state !== 'PENDING')
  const last = [...new Map(opinionated.map((review) => [review.user.id, review])).values()]
  return last.toSorted((one, other) => one.id - other.id)
}

/** Of those who may push: GitHub counts no others. */
export function countedOpinions(pull: Pull): readonly Review[] {
  return opinions(pull).filter(({ user }) => {
    const role = roleOf(pull.issue.repository, user)
    return role !== 'none' && roleAtLeast(role, 'write')
  })
}

export function approvals(pull: Pull): number {
  return countedOpinions(pull).filter(({ state }) => state === 'APPROVED').length
}

export function isRefusedByReview(pull: Pull): boolean {
  return countedOpinions(pull).some(({ state }) => state === 'CHANGES_REQUESTED')
}
