import type { PullNumber, UserId } from '../ids.ts'
import { type PullFacts, isOurs } from './decide.ts'
import { type PullRefusal, type Refusal, type ReleaseGroup, wholeGroup } from './group.ts'
import { type About, type ReleaseMarker, aboutOf, markerOf, useOf } from './marker.ts'
import type { Change } from './plan.ts'

export type Asked = PullFacts & About & { readonly marker: ReleaseMarker }

/**
 * The group without what people have said no to. Closing a pull request refuses exactly its moves of workloads to tags:
 * when one of three gets a newer tag, the other two stay refused.
 *
 * What was said before a commit of ours moved the container is over.
 *
 * @param pulls those of the group's branch, newest first
 */
export function withoutRefused(
  planned: ReleaseGroup,
  { pulls, bot, movedMs = () => undefined }: Refusing,
): ReleaseGroup {
  const asked = askedOf(pulls, bot)
  // What was said on this branch is judged by what its pull requests say now.
  const numbers = new Set(asked.map(({ number }) => number))
  const elsewhere = (planned.refused ?? []).filter(
    ({ refusal }) => refusal.because === 'taken-back' || !numbers.has(refusal.pull),
  )
  const remembered = new Map(elsewhere.map(({ change, refusal }) => [useOf(change), refusal]))
  return divided(wholeGroup(planned), (change) => {
    const use = useOf(change)
    const moved = movedMs(change)
    const still =
      moved === undefined ? asked : asked.filter(({ closedMs }) => closedMs === undefined || closedMs >= moved)
    return refusalOf(use, still, bot) ?? remembered.get(use)
  })
}

type Refusing = {
  readonly pulls: readonly PullFacts[]
  readonly bot: UserId
  readonly movedMs?: (change: Change) => number | undefined
}

/**
 * Pull requests whose text, marker and all, a person has written anew: once such a one is closed, it was about what we
 * know of it. While it is open it is left to that person.
 */
export function withKnownMarker(
  pulls: readonly PullFacts[],
  { group, number, bot }: { readonly group: ReleaseGroup; readonly number: PullNumber; readonly bot: UserId },
): readonly PullFacts[] {
  return pulls.map((pull) => {
    const isIt = pull.number === number && pull.state !== 'open' && pull.author === bot && pull.marker === undefined
    return isIt ? { ...pull, marker: markerOf(group) } : pull
  })
}

/** When a pull request last moved this container, to whatever tag. */
export function mergedMs(use: string, { pulls, bot }: Refusing): number | undefined {
  const merged = askedOf(pulls, bot).filter(({ state, isAbout }) => state === 'merged' && isAbout(use))
  const times = merged.flatMap(({ closedMs }) => closedMs ?? [])
  return times.length === 0 ? undefined : Math.max(...times)
}

/** What was asked in our pull requests. */
export function askedOf(pulls: readonly PullFacts[], bot: UserId): readonly Asked[] {
  return pulls.flatMap((pull): readonly Asked[] => {
    const { marker } = pull
    return marker !== undefined && isOurs(pull, bot) ? [{ ...pull, ...aboutOf(marker), marker }] : []
  })
}

/** A group in two: what goes on, and what is refused. */
export function divided(group: ReleaseGroup, refusalOf: (change: Change) => Refusal | undefined): ReleaseGroup {
  const judged = group.changes.map((change) => ({ change, refusal: refusalOf(change) }))
  const refused = judged.flatMap(({ change, refusal }) => (refusal === undefined ? [] : [{ change, refusal }]))
  if (refused.length === 0) return group
  return {
    ...group,
    changes: judged.flatMap(({ change, refusal }) => (refusal === undefined ? [change] : [])),
    refused,
  }
}

/** The last word on it counts: reopening takes a "no" back, and so does the merge of another tag. */
export function refusalOf(use: string, asked: readonly Asked[], bot: UserId): PullRefusal | undefined {
  for (const [index, { asks, isAbout, state, closedBy, number: pull }] of asked.entries()) {
    const isThis = asks(use)
    switch (state) {
      case 'open':
        if (isThis) return undefined
        break
      case 'closed':
        // By anybody but us. That an older one is open says that it was opened again since.
        if (isThis && closedBy !== bot && !asked.slice(index).some((older) => isOpenFor(older, use)))
          return { because: 'closed', pull }
        break
      case 'merged':
        // Merged and wanted again: somebody has taken it back in git.
        if (isThis) return { because: 'reverted', pull }
        if (isAbout(use)) return undefined
    }
  }
  return undefined
}

function isOpenFor({ state, isAbout }: Asked, use: string): boolean {
  return state === 'open' && isAbout(use)
}
