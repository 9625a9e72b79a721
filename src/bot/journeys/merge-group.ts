import { policyCheckName } from '../../core/automerge/policy-check-name.ts'
import { mergeGroupCheck } from '../../core/automerge/policy-check.ts'
import { findCheck, writeCheck } from '../../io/github/checks.ts'
import { readRepository } from '../../io/store/repositories.ts'
import type { Deps } from '../deps.ts'
import { parseHeadKey } from '../keys.ts'

/** A merge queue waits for every required check on the commit that it has built; without ours it would wait for ever. */
export async function mergeGroup(deps: Deps, key: string): Promise<void> {
  const { repository: id, sha: head } = parseHeadKey(key)
  const known = await readRepository(deps.database, id)
  if (known === undefined || known.archived) return
  const { installation, name: repository } = known
  const octokit = await deps.github.as({ installation, repository: id, profile: 'release' })
  const own = { name: policyCheckName, head, appId: deps.appId }
  if ((await findCheck(octokit, repository, own)) !== 'missing') return
  await writeCheck(octokit, repository, undefined, { name: policyCheckName, head, check: mergeGroupCheck })
}
