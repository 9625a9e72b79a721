import { parseRepoId } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { listOpenPulls } from '../../io/github/open-pulls.ts'
import { doubtPull, settledHeads, unansweredPulls } from '../../io/store/diffs.ts'
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
  const settled = await settledHeads(database, id)
  const heads = new Map(open.map(({ number, head }) => [number, head]))
  const changed = [...new Set([...heads.keys(), ...settled.keys()])].filter(
    (number) => heads.get(number) === undefined || heads.get(number) !== settled.get(number),
  )
  for (const number of changed) await doubtPull(database, { repository: id, number })
  for (const number of new Set([...changed, ...(await unansweredPulls(database, id))])) {
    await jobs.ask(journeys.diff, formatPullKey({ repository: id, number }))
  }
}
