import { type PullNumber, type RepoId, parseRepoId } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { type OpenPull, listOpenPulls } from '../../io/github/open-pulls.ts'
import { doubtPull, settledHeads, unansweredPulls } from '../../io/store/diffs.ts'
import type { Queryable } from '../../io/store/database.ts'
import { readRepository } from '../../io/store/repositories.ts'
import type { Deps } from '../deps.ts'
import { formatPullKey, journeys } from '../keys.ts'
import { clustersWithAgents } from './head-moved.ts'

/**
 * Pull requests whose effect nobody asked for: opened before their cluster had an agent, or their webhook was lost; those
 * that were closed meanwhile; and those whose agent still owes an answer.
 */
export async function overlookedDiffs(deps: Deps, key: string): Promise<void> {
  const { database, jobs } = deps
  const id = guaranteed(parseRepoId(key))
  const repository = await readRepository(database, id)
  if (repository === undefined || repository.archived || repository.configuration?.ok !== true) return
  if (clustersWithAgents(repository.configuration.value).length === 0) return
  const octokit = await deps.github.as({ installation: repository.installation, repository: id, profile: 'diff' })
  const open = await listOpenPulls(octokit, repository.name, repository.defaultBranch)
  const changed = await changedPulls(database, id, open)
  for (const number of changed) await doubtPull(database, { repository: id, number })
  for (const number of new Set([...changed, ...(await unansweredPulls(database, id))])) {
    await jobs.ask(journeys.diff, formatPullKey({ repository: id, number }))
  }
}

/** Whether anything would be done about these, which are open into the default branch. */
export async function owesDiffs(database: Queryable, id: RepoId, open: readonly OpenPull[]): Promise<boolean> {
  return (await changedPulls(database, id, open)).length > 0 || (await unansweredPulls(database, id)).length > 0
}

/** Those that nobody has settled as they are now, and those that are open no more. */
async function changedPulls(
  database: Queryable,
  id: RepoId,
  open: readonly OpenPull[],
): Promise<readonly PullNumber[]> {
  const settled = await settledHeads(database, id)
  const heads = new Map(open.map(({ number, head }) => [number, head]))
  return [...new Set([...heads.keys(), ...settled.keys()])].filter(
    (number) => heads.get(number) === undefined || heads.get(number) !== settled.get(number),
  )
}
