import type { UserId } from '../ids.ts'
import { type PullFacts, isOurs } from './decide.ts'
import { type Refusal, type ReleaseGroup, wholeGroup } from './group.ts'
import { type About, aboutOf, useOf } from './marker.ts'

type Asked = PullFacts & About

/**
 * The group without what people have said no to. Closing a pull request refuses exactly its moves of workloads to tags:
 * when one of three gets a newer tag, the other two stay refused.
 *
 * @param pulls those of the group's branch, newest first
 */
export function withoutRefused(
  planned: ReleaseGroup,
  { pulls, bot }: { readonly pulls: readonly PullFacts[]; readonly bot: UserId },
): ReleaseGroup {
  const asked = pulls.flatMap((pull): readonly Asked[] =>
    pull.marker !== undefined && isOurs(pull, bot) ? [{ ...pull, ...aboutOf(pull.marker) }] : [],
  )
  // What was said on this branch is judged by what its pull requests say now.
  const elsewhere = (planned.refused ?? []).filter(({ refusal }) =>
    pulls.every(({ number }) => number !== refusal.pull),
  )
  const remembered = new Map(elsewhere.map(({ change, refusal }) => [useOf(change), refusal]))
  return divided(wholeGroup(planned), (use) => refusalOf(use, asked, bot) ?? remembered.get(use))
}

/** Groups without what was refused in groups of the past, so that a "no" outlives the rule by which it was grouped. */
export function rememberRefusals(
  groups: readonly ReleaseGroup[],
  past: readonly ReleaseGroup[],
): readonly ReleaseGroup[] {
  const refused = past.flatMap((group) => group.refused ?? [])
  const refusals = new Map(refused.map(({ change, refusal }) => [`${change.cluster} ${useOf(change)}`, refusal]))
  if (refusals.size === 0) return groups
  return groups.map((group) => divided(group, (use) => refusals.get(`${group.cluster} ${use}`)))
}

function divided(group: ReleaseGroup, refusalOf: (use: string) => Refusal | undefined): ReleaseGroup {
  const judged = group.changes.map((change) => ({ change, refusal: refusalOf(useOf(change)) }))
  const refused = judged.flatMap(({ change, refusal }) => (refusal === undefined ? [] : [{ change, refusal }]))
  if (refused.length === 0) return group
  return {
    ...group,
    changes: judged.flatMap(({ change, refusal }) => (refusal === undefined ? [change] : [])),
    refused,
  }
}

/** The last word on it counts: reopening takes a "no" back, and so does the merge of another tag. */
function refusalOf(use: string, asked: readonly Asked[], bot: UserId): Refusal | undefined {
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
