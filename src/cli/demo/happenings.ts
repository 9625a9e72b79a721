import type { Repository } from '../../sandbox/github/state.ts'

/** A repository as it looked at one moment, as far as people care. */
export type Look = {
  readonly pulls: ReadonlyMap<number, PullLook>
  readonly comments: ReadonlyMap<number, CommentLook>
}

export type PullLook = { readonly title: string; readonly state: 'open' | 'closed' | 'merged'; readonly head: string }
export type CommentLook = { readonly pull: number; readonly author: string; readonly byBot: boolean }

export function look({ issues, comments }: Repository): Look {
  const pulls = [...issues.values()].flatMap(({ number, title, state, pull }) =>
    pull === undefined
      ? []
      : [[number, { title, state: pull.merged === undefined ? state : 'merged', head: pull.head.sha }] as const],
  )
  const said = [...comments.values()].map(
    ({ id, issue, user }) => [id, { pull: issue.number, author: user.login, byBot: user.type === 'Bot' }] as const,
  )
  return { pulls: new Map(pulls), comments: new Map(said) }
}

/** A sentence for each thing that happened between two looks. */
export function happenings(before: Look, after: Look): readonly string[] {
  const pulls = [...after.pulls].flatMap(([number, pull]) => ofPull(number, before.pulls.get(number), pull))
  const comments = [...after.comments]
    .filter(([id]) => !before.comments.has(id))
    .map(([, { pull, author, byBot }]) => (byBot ? `#${pull} is answered` : `${author} comments on #${pull}`))
  return [...pulls, ...comments]
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
