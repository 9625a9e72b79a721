import type { ClusterName, PullNumber, UserId } from '../ids.ts'
import { type PullFacts, isOurs } from './decide.ts'
import { type PullRefusal, type Refusal, type ReleaseGroup, wholeGroup } from './group.ts'
import { type About, type ReleaseMarker, aboutOf, markerOf, moveOf, spotOf, useOf, usesOf } from './marker.ts'
import type { Change } from './plan.ts'

type Asked = PullFacts & About & { readonly marker: ReleaseMarker }

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

/**
 * What was said of a use, to be remembered: a "no", or that it was released, which is a "no" once it is wanted again.
 * So a person's word outlives the branch on which it was said, and the rule by which the change was grouped.
 */
export type Word = { readonly use: string; readonly refusal: Refusal; readonly saidMs: number }

/** What the pull requests of a branch say; what they said before and is not among it they say no more. */
export type Words = { readonly pulls: readonly PullNumber[]; readonly said: readonly Word[] }

export function wordsOf(pulls: readonly PullFacts[], bot: UserId): Words {
  const asked = askedOf(pulls, bot)
  const closedMs = new Map(pulls.map((pull) => [pull.number, pull.closedMs]))
  // The same use with and without its container is one, and the last of a map counts.
  const uses = asked.flatMap(({ marker }) => usesOf(marker)).toSorted((a, b) => a.indexOf('.') - b.indexOf('.'))
  const said = [...new Map(uses.map((use) => [moveOf(use), use])).values()].flatMap((use): readonly Word[] => {
    const refusal = refusalOf(use, asked, bot)
    return refusal === undefined ? [] : [{ use, refusal, saidMs: closedMs.get(refusal.pull) ?? 0 }]
  })
  return { pulls: asked.map(({ number }) => number), said }
}

/** What is said by taking over a pull request: until it is closed, a person decides about its containers. */
export function wordsOfTakenOver({ number: pull, marker }: PullFacts, saidMs: number): readonly Word[] {
  const refusal = { because: 'taken-over', pull } as const
  const uses = marker === undefined ? [] : new Set(usesOf(marker))
  return [...uses].map((use) => ({ use, refusal, saidMs }))
}

/** When a pull request last moved this container, to whatever tag. */
export function mergedMs(use: string, { pulls, bot }: Refusing): number | undefined {
  const merged = askedOf(pulls, bot).filter(({ state, isAbout }) => state === 'merged' && isAbout(use))
  const times = merged.flatMap(({ closedMs }) => closedMs ?? [])
  return times.length === 0 ? undefined : Math.max(...times)
}

/** A word as it is remembered: of a use that names no container, it is known by what all uses have. */
export type RememberedWord = {
  readonly cluster: ClusterName
  readonly move: string
  readonly spot: string | null
  readonly refusal: Refusal
}

/** Groups without what is remembered as refused. */
export function rememberRefusals(
  groups: readonly ReleaseGroup[],
  words: readonly RememberedWord[],
): readonly ReleaseGroup[] {
  if (words.length === 0) return groups
  const moves = new Map(words.map(({ cluster, move, refusal }) => [`${cluster} ${move}`, refusal]))
  // Who has taken over decides about every tag.
  const takenOver = words.filter(({ refusal }) => refusal.because === 'taken-over')
  const spots = new Map(takenOver.map(({ cluster, spot, refusal }) => [`${cluster} ${spot}`, refusal]))
  return groups.map((group) =>
    divided(group, (change) => {
      const use = useOf(change)
      return moves.get(`${group.cluster} ${moveOf(use)}`) ?? spots.get(`${group.cluster} ${spotOf(use)}`)
    }),
  )
}

function askedOf(pulls: readonly PullFacts[], bot: UserId): readonly Asked[] {
  return pulls.flatMap((pull): readonly Asked[] => {
    const { marker } = pull
    return marker !== undefined && isOurs(pull, bot) ? [{ ...pull, ...aboutOf(marker), marker }] : []
  })
}

function divided(group: ReleaseGroup, refusalOf: (change: Change) => Refusal | undefined): ReleaseGroup {
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
function refusalOf(use: string, asked: readonly Asked[], bot: UserId): PullRefusal | undefined {
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
