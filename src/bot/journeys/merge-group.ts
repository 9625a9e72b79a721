import { policyCheckName } from '../../core/automerge/policy-check-name.ts'
import { mergeGroupCheck } from '../../core/automerge/policy-check.ts'
import { parseDiffCheckName } from '../../core/diff/check-name.ts'
import { mergeGroupDiffCheck } from '../../core/diff/check.ts'
import { findCheck, writeCheck } from '../../io/github/checks.ts'
import { readRequiredContexts } from '../../io/github/required-contexts.ts'
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
  const diffs = (await readRequiredContexts(octokit, repository)).filter(
    (context) => parseDiffCheckName(context) !== undefined,
  )
  const checks = [
    { name: policyCheckName, check: mergeGroupCheck },
    ...[...new Set(diffs)].map((name) => ({ name, check: mergeGroupDiffCheck })),
  ]
  for (const { name, check } of checks) {
    if ((await findCheck(octokit, repository, { name, head, appId: deps.appId })) !== 'missing') continue
    await writeCheck(octokit, repository, undefined, { name, head, check })
  }
}
