import type { CommitSha } from '../../core/ids.ts'
import type { ReleaseFacts } from '../../core/release/decide.ts'
import { type ReleaseGroup, wholeGroup } from '../../core/release/group.ts'
import { useOf } from '../../core/release/marker.ts'
import type { Change } from '../../core/release/plan.ts'
import { rememberRefusals, wordsOf } from '../../core/release/refusal.ts'
import { keepWords, readWords } from '../../io/store/release-words.ts'
import type { ReleaseContext } from './release-steps.ts'

/** Groups without what people have said no to, in whatever pull request or commit. */
export async function withoutRemembered(
  { deps, repository }: ReleaseContext,
  groups: readonly ReleaseGroup[],
): Promise<readonly ReleaseGroup[]> {
  const uses = groups.flatMap((group) => wholeGroup(group).changes.map(useOf))
  return rememberRefusals(groups, await readWords(deps.database, repository.id, uses))
}

/** What the pull requests of a branch say: heard before anything is done about the branch, or forgotten of it. */
export async function hearPulls(
  { deps, repository }: ReleaseContext,
  { cluster }: ReleaseGroup,
  { bot, pulls }: Pick<ReleaseFacts, 'bot' | 'pulls'>,
): Promise<void> {
  await keepWords(deps.database, repository.id, cluster, wordsOf(pulls, bot))
}

export type Committed = {
  readonly changes: readonly Change[]
  readonly commit: CommitSha
  readonly committedMs: number
}

/** What we have committed: wanted again, it was taken back, however many commits ago that is. */
export async function hearCommit(
  { deps, repository }: ReleaseContext,
  { cluster }: ReleaseGroup,
  { changes, commit, committedMs }: Committed,
): Promise<void> {
  const refusal = { because: 'taken-back', commit } as const
  const said = [...new Set(changes.map(useOf))].map((use) => ({ use, refusal, saidMs: committedMs }))
  await keepWords(deps.database, repository.id, cluster, { pulls: [], said })
}
