import { type Actor } from '../caller.ts'
import { timestamp, type GitHub } from '../context.ts'
import { fetchFrom } from '../git.ts'
import { isAncestor } from '../git/history.ts'
import { noCommit, type RefChange } from '../git/refs.ts'
import { pullsOf } from '../lookup.ts'
import { renderPull } from '../render/pull.ts'
import { renderPush } from '../render/push.ts'
import { type Pull, type Repository } from '../state.ts'
import { requestSuites } from './check-suites.ts'
import { closeIssue, record, touch } from './issue-state.ts'

type Pushed = { readonly repository: Repository; readonly actor: Actor }

/**
 * What follows from refs that have moved, however they moved: events, heads of pull requests, closed pull requests.
 * To be called while the repository is held exclusively, so that events tell the story in its order.
 */
export async function followRefs(github: GitHub, pushed: Pushed, changes: readonly RefChange[]): Promise<void> {
  const shown = changes.filter(({ name }) => /^refs\/(heads|tags)\//.test(name))
  for (const change of shown) await followRef(github, pushed, change)
}

async function followRef(github: GitHub, pushed: Pushed, change: RefChange): Promise<void> {
  const { repository, actor } = pushed
  repository.pushedAt = timestamp(github)
  repository.updatedAt = repository.pushedAt
  if (change.before === noCommit) await emitRefEvent(github, pushed, { name: 'create', ref: change.name })
  if (change.after === noCommit) await emitRefEvent(github, pushed, { name: 'delete', ref: change.name })
  await github.outbox.emit({
    name: 'push',
    actor,
    repository,
    payload: () => renderPush(github, { repository, pusher: actor.account }, change),
  })
  const branch = branchOf(change.name)
  if (branch === undefined) return
  if (change.after !== noCommit) await requestSuites(github, { repository, actor, branch }, change)
  await followHeads(github, pushed, { branch, change })
  if (change.after !== noCommit) await followBases(github, pushed, { branch, change })
}

async function emitRefEvent(
  github: GitHub,
  { repository, actor }: Pushed,
  { name, ref }: { readonly name: 'create' | 'delete'; readonly ref: string },
): Promise<void> {
  const made = {
    ref: ref.replace(/^refs\/(heads|tags)\//, ''),
    ref_type: ref.startsWith('refs/heads/') ? 'branch' : 'tag',
    pusher_type: 'user',
  }
  const more = { master_branch: repository.defaultBranch, description: repository.description ?? null }
  await github.outbox.emit({
    name,
    actor,
    repository,
    payload: () => (name === 'create' ? { ...made, ...more } : made),
  })
}

type Moved = { readonly branch: string; readonly change: RefChange }

/** Pull requests from this branch, in whichever repository they are. */
async function followHeads(github: GitHub, pushed: Pushed, { branch, change }: Moved): Promise<void> {
  const pulls = [...github.state.repositories.values()]
    .flatMap(pullsOf)
    .filter(({ issue, head }) => issue.state === 'open' && head.repository === pushed.repository && head.ref === branch)
  for (const pull of pulls) {
    if (change.after === noCommit) await loseHead(github, pushed, pull)
    else await moveHead(github, pushed, { pull, change })
  }
}

async function loseHead(github: GitHub, { actor }: Pushed, pull: Pull): Promise<void> {
  record(github, pull.issue, { event: 'head_ref_deleted', actor })
  await closeIssue(github, pull.issue, actor)
}

async function moveHead(
  github: GitHub,
  { repository, actor }: Pushed,
  { pull, change }: { readonly pull: Pull; readonly change: RefChange },
): Promise<void> {
  const { issue } = pull
  const before = pull.head.sha
  pull.head.sha = change.after
  await keepHead(pull)
  const base = issue.repository.git.refs.get(`refs/heads/${pull.base.ref}`)
  if (base !== undefined) pull.base.sha = base
  touch(github, issue)
  const forced = !(await isAncestor(repository.git.path, change.before, change.after))
  record(github, issue, { event: forced ? 'head_ref_force_pushed' : 'committed', actor, commit: change.after })
  await github.outbox.emit({
    name: 'pull_request',
    action: 'synchronize',
    actor,
    repository: issue.repository,
    payload: async () => ({
      number: issue.number,
      before,
      after: change.after,
      pull_request: await renderPull(github, pull),
    }),
  })
  // A branch that was set back to its base has nothing to offer any more: GitHub closes it.
  const empty = base !== undefined && (await isAncestor(issue.repository.git.path, change.after, base))
  if (empty) await closeIssue(github, issue, actor)
}

/** `refs/pull/N/head` is in the base's repository, also when the head comes from a fork. */
export async function keepHead(pull: Pull): Promise<void> {
  const { git } = pull.issue.repository
  const name = `refs/pull/${pull.issue.number}/head`
  const from = pull.head.repository
  if (from !== undefined && from.git !== git) {
    await git.exclusively(() => fetchFrom(git, from.git, { from: `refs/heads/${pull.head.ref}`, to: name }))
  } else await git.refs.update([{ name, after: pull.head.sha }])
}

/** A head that its base has got by a push is merged, whoever pushed it. */
async function followBases(github: GitHub, { repository, actor }: Pushed, { branch, change }: Moved): Promise<void> {
  const pulls = pullsOf(repository).filter(({ issue, base }) => issue.state === 'open' && base.ref === branch)
  for (const pull of pulls) {
    if (!(await isAncestor(repository.git.path, pull.head.sha, change.after))) continue
    pull.merged = { at: timestamp(github), by: actor.account, sha: change.after, method: 'merge' }
    await closeIssue(github, pull.issue, actor)
  }
}

export function branchOf(ref: string): string | undefined {
  return ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined
}
