import { parseDiffMarker } from '../../core/diff/marker.ts'
import type { DeploymentState } from '../../sandbox/github/deployment.ts'
import type { Repository } from '../../sandbox/github/state.ts'

/** A repository as it looked at one moment, as far as people care. */
export type Look = {
  readonly pulls: ReadonlyMap<number, PullLook>
  readonly comments: ReadonlyMap<number, CommentLook>
  readonly deployments: ReadonlyMap<number, DeploymentLook>
}

export type PullLook = { readonly title: string; readonly state: 'open' | 'closed' | 'merged'; readonly head: string }
export type CommentLook = {
  readonly pull: number
  readonly author: string
  readonly byBot: boolean
  /** It is the bot's word of what the pull request changes. */
  readonly isDiff: boolean
}
export type DeploymentLook = {
  readonly environment: string
  readonly commit: string
  /** Oldest first. */
  readonly states: readonly { readonly state: DeploymentState; readonly description: string }[]
}

export function look({ issues, comments, deployments }: Repository): Look {
  const pulls = [...issues.values()].flatMap(({ number, title, state, pull }) =>
    pull === undefined
      ? []
      : [[number, { title, state: pull.merged === undefined ? state : 'merged', head: pull.head.sha }] as const],
  )
  const said = [...comments.values()].map(
    ({ id, issue, user, body }) =>
      [
        id,
        {
          pull: issue.number,
          author: user.login,
          byBot: user.type === 'Bot',
          isDiff: parseDiffMarker(body) !== undefined,
        },
      ] as const,
  )
  const deployed = [...deployments.values()].map(({ id, environment, sha: commit, statuses }) => {
    const states = statuses.map(({ state, description }) => ({ state, description }))
    return [id, { environment, commit, states }] as const
  })
  return { pulls: new Map(pulls), comments: new Map(said), deployments: new Map(deployed) }
}

/** A sentence for each thing that happened between two looks. */
export function happenings(before: Look, after: Look): readonly string[] {
  const pulls = [...after.pulls].flatMap(([number, pull]) => ofPull(number, before.pulls.get(number), pull))
  const comments = [...after.comments]
    .filter(([id]) => !before.comments.has(id))
    .map(([, comment]) => ofComment(comment))
  const deployments = [...after.deployments].flatMap(([id, each]) => ofDeployment(before.deployments.get(id), each))
  return [...pulls, ...comments, ...deployments]
}

function ofComment({ pull, author, byBot, isDiff }: CommentLook): string {
  if (!byBot) return `${author} comments on #${pull}`
  return isDiff ? `Lotse says what #${pull} changes` : `Lotse comments on #${pull}`
}

function ofDeployment(
  before: DeploymentLook | undefined,
  { environment, commit, states }: DeploymentLook,
): readonly string[] {
  return states.slice(before?.states.length ?? 0).flatMap(({ state, description }) => {
    const does = stateTexts[state]
    if (does === undefined) return []
    const why = state === 'failure' && description !== '' ? `: ${description}` : ''
    return [`${environment} ${does} ${commit.slice(0, 7)}${why}`]
  })
}

/** That a newer deployment takes its place says nothing of its own. */
const stateTexts: Partial<Record<DeploymentState, string>> = {
  in_progress: 'syncs',
  success: 'looks like',
  failure: 'could not be made to look like',
  error: 'could not be made to look like',
  queued: 'is suspended, and does not take',
}

function ofPull(number: number, before: PullLook | undefined, { title, state, head }: PullLook): readonly string[] {
  const named = `#${number} “${title}”`
  if (before === undefined) return [`${named} is opened`, ...(state === 'open' ? [] : [`${named} is ${state}`])]
  const moved = before.head === head ? [] : [`${named} has a new head`]
  const turned = before.state === state ? [] : [`${named} is ${state === 'open' ? 'opened again' : state}`]
  return [...moved, ...turned]
}

/** What CI has not seen yet: the heads of open pull requests that were not there before. */
export function newHeads(before: Look, after: Look): readonly { readonly number: number; readonly head: string }[] {
  return [...after.pulls].flatMap(([number, { state, head }]) =>
    state === 'open' && before.pulls.get(number)?.head !== head ? [{ number, head }] : [],
  )
}
