import { type ObjectId, formatObjectId } from '../../core/manifest/kubernetes-object.ts'
import type { Inventory } from '../../core/sync/inventory.ts'
import { isComplete } from '../../core/sync/outcome.ts'
import type { LiveObjects } from '../../core/sync/plan.ts'
import { type Deletion, type PrunePlan, planPrune } from '../../core/sync/prune.ts'
import type { Discovery } from '../../io/kubernetes/discovery.ts'
import { KubernetesError } from '../../io/kubernetes/errors.ts'
import { isWholeServer } from '../api-failure.ts'
import type { Deps } from '../deps.ts'
import { kindOf } from '../live.ts'
import type { Run } from './run.ts'

export type PruneInput = {
  /** As it was written before anything was applied. */
  readonly inventory: Inventory
  readonly discovery: Discovery
  /** Everything that git names. */
  readonly wanted: readonly ObjectId[]
  readonly live: LiveObjects
  readonly budget: number
  readonly source: string
}

/** Removes what git no longer names, one after the other, in an order in which nothing loses what it stands on. */
export async function prune(deps: Deps, run: Run, input: PruneInput): Promise<PrunePlan> {
  const plan = planPrune({
    id: deps.id,
    commit: run.commit,
    inventory: input.inventory,
    wanted: input.wanted,
    live: input.live,
    applied: new Set([...run.records.values()].flatMap(({ uid }) => uid ?? [])),
    complete: isComplete([...run.outcomes.values()], run.problems),
    budget: input.budget,
    // Approvals are read from git by a later version: until then, what needs one is held.
    approvals: [],
    source: input.source,
    own: new Set([formatObjectId({ group: '', kind: 'Namespace', name: deps.settings.namespace })]),
  })
  run.held.push(...plan.held)
  for (const deletion of plan.delete) {
    if (run.turn.ends() !== undefined) break
    await remove(deps, run, { ...deletion, discovery: input.discovery })
  }
  return plan
}

async function remove(
  { kubernetes, log }: Deps,
  run: Run,
  { id, apiVersion, uid, discovery }: Deletion & { readonly discovery: Discovery },
): Promise<void> {
  const object = formatObjectId(id)
  const kind = kindOf(discovery, { id, apiVersion })
  try {
    // Of a kind that is not served any more nothing is left.
    const result = kind === undefined ? 'absent' : await kubernetes.delete(kind, id, { uid })
    run.pruned.push(id)
    log.info({ object, result }, 'object pruned')
  } catch (error) {
    if (!(error instanceof KubernetesError) || isWholeServer(error)) throw error
    const { message, help, turn } = error
    run.problems.push({ object, message, ...(help === undefined ? {} : { help }), turn })
  }
}
