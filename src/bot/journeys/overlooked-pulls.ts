import { policyCheckName } from '../../core/automerge/policy-check-name.ts'
import { parseRepoId } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import type { OpenPull } from '../../io/github/open-pulls.ts'
import { listOverlookedPulls } from '../../io/github/overlooked-pulls.ts'
import { keepLookedOver, readRepository } from '../../io/store/repositories.ts'
import type { Deps } from '../deps.ts'
import { formatPullKey, journeys } from '../keys.ts'

/**
 * Pull requests that were opened before the app came, or whose webhook nobody delivered, have no check of ours: where it
 * is required, they would wait for it for ever.
 */
export async function overlookedPulls(deps: Deps, key: string): Promise<void> {
  const id = guaranteed(parseRepoId(key))
  const repository = await readRepository(deps.database, id)
  if (repository === undefined || repository.archived) return
  const octokit = await deps.github.as({ installation: repository.installation, repository: id, profile: 'release' })
  const own = { appId: deps.appId, checkName: policyCheckName }
  const { open, overlooked } = await listOverlookedPulls(octokit, repository.name, own)
  for (const number of overlooked) {
    await deps.jobs.ask(journeys.automerge, formatPullKey({ repository: id, number }))
  }
  // As long as one has none, the next refresh looks again.
  await keepLookedOver(deps.database, id, overlooked.length === 0 ? formatHeads(open) : undefined)
  deps.log.info({ repository: repository.name, overlooked: overlooked.length }, 'pull requests looked over')
}

/** `12@9f31c2e… 17@…`: the same while nothing was opened, closed or pushed. */
export function formatHeads(open: readonly OpenPull[]): string {
  return open
    .toSorted((a, b) => a.number - b.number)
    .map(({ number, head }) => `${number}@${head}`)
    .join(' ')
}
