import type { CommitSha, UserId } from '../../core/ids.ts'
import type { TakenBack } from '../../core/release/commit-decision.ts'
import type { PullFacts, ReleaseFacts } from '../../core/release/decide.ts'
import { type ReleaseGroup, wholeGroup } from '../../core/release/group.ts'
import { useOf } from '../../core/release/marker.ts'
import type { Change } from '../../core/release/plan.ts'
import { withKnownMarker } from '../../core/release/refusal.ts'
import { rememberRefusals, wordsOf, wordsOfTakenOver } from '../../core/release/words.ts'
import type { KnownRelease } from '../../io/store/releases.ts'
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

/** What GitHub shows of a branch, with what we have written into its pull request when we last saw that open. */
export async function recalled<T extends Pick<ReleaseFacts, 'pulls'>>(
  { deps, repository }: ReleaseContext,
  state: T,
  known: KnownRelease | undefined,
): Promise<T & { readonly bot: UserId }> {
  const { bot } = await deps.identity(repository.installation)
  if (known?.pull === undefined || !known.open || known.written === undefined) return { ...state, bot }
  return { ...state, bot, pulls: withKnownMarker(state.pulls, { group: known.group, number: known.pull, bot }) }
}

/** What the pull requests of a branch say: heard before anything is done about the branch, or forgotten of it. */
export async function hearPulls(
  { deps, repository }: ReleaseContext,
  { cluster }: ReleaseGroup,
  { bot, pulls }: Pick<ReleaseFacts, 'bot' | 'pulls'>,
  takenOver?: PullFacts,
): Promise<void> {
  const words = wordsOf(pulls, bot)
  const more = takenOver === undefined ? [] : wordsOfTakenOver(takenOver, deps.now().getTime())
  const said = words.said.filter(({ use }) => more.every((other) => other.use !== use))
  await keepWords(deps.database, repository.id, cluster, { ...words, said: [...said, ...more] })
}

/** Found in the history of a file: remembered from now on, for that tells of few commits only. */
export async function hearTakenBack(
  context: ReleaseContext,
  group: ReleaseGroup,
  takenBack: readonly TakenBack[] = [],
): Promise<void> {
  for (const one of takenBack) {
    const { change, commit } = one
    context.deps.log.info(
      { workload: change.use.workload, tag: change.to, commit },
      'release of a tag held: taken back',
    )
    await hearCommit(context, group, { ...one, changes: [change] })
  }
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
  // GitHub's times have no more than seconds.
  const saidMs = Math.floor(committedMs / 1000) * 1000
  const said = [...new Set(changes.map(useOf))].map((use) => ({ use, refusal, saidMs }))
  await keepWords(deps.database, repository.id, cluster, { pulls: [], said })
}
