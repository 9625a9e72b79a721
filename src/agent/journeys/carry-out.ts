import {
  type KubernetesObject,
  type ObjectId,
  type WantedObject,
  objectIdOf,
} from '../../core/manifest/kubernetes-object.ts'
import { problemOf, problemOfDrift } from '../../core/sync/api-problem.ts'
import { differs } from '../../core/sync/differs.ts'
import { type InventoryEntry, recordOf } from '../../core/sync/inventory.ts'
import type { LiveMetadata } from '../../core/sync/live-metadata.ts'
import type { Outcome } from '../../core/sync/outcome.ts'
import { type JsonPatch, changedBy, takeOver } from '../../core/sync/ownership.ts'
import { type PlannedObject, type SyncStep, waitsFor } from '../../core/sync/plan.ts'
import type { Discovery } from '../../io/kubernetes/discovery.ts'
import { KubernetesError } from '../../io/kubernetes/errors.ts'
import type { KubernetesKind } from '../../io/kubernetes/kind.ts'
import type { Kubernetes } from '../../io/kubernetes/kubernetes.ts'
import { isWholeServer } from '../api-failure.ts'
import { kindOf } from '../live.ts'

/** What became of an object, and what is to be remembered of it. */
export type CarriedOut = { readonly outcome: Outcome; readonly record?: InventoryEntry }

export type Server = {
  readonly kubernetes: Kubernetes
  readonly discovery: Discovery
  /** What was remembered of an object before this sync. */
  readonly entryOf: (id: ObjectId) => InventoryEntry | undefined
}

/** A refusal of one object is its outcome; what would refuse every other one too is thrown. */
export async function carryOut(server: Server, planned: PlannedObject): Promise<CarriedOut> {
  const { id, wanted, step } = planned
  try {
    return await carryOutStep(server, planned)
  } catch (error) {
    if (!(error instanceof KubernetesError) || isWholeServer(error)) throw error
    const { class: kind, status, turn, reason, message, help, fieldsOfSecret } = error
    const failure = { class: kind, status, turn, reason, message, help, fieldsOfSecret }
    const problem = problemOf(failure, wanted)
    const isOfDrift = step.do === 'verify' && kind === 'invalid'
    return {
      outcome: {
        id,
        result: 'failed',
        problem: isOfDrift ? problemOfDrift(problem, changedBy(step.live)) : problem,
      },
    }
  }
}

async function carryOutStep(
  { kubernetes, discovery, entryOf }: Server,
  { id, wanted, body, hash, step }: PlannedObject,
): Promise<CarriedOut> {
  switch (step.do) {
    case 'leave':
      return { outcome: { id, result: 'unchanged' }, record: recordOf(step.live, hash) }
    case 'skip':
      return { outcome: { id, result: 'skipped' } }
    case 'wait':
      return { outcome: { id, result: 'waiting', problem: step.problem } }
    case 'refuse':
      return { outcome: { id, result: 'failed', problem: step.problem } }
    case 'apply':
    case 'verify': {
      const kind = kindOf(discovery, { id, apiVersion: body.apiVersion })
      if (kind === undefined) return waitingForKind(wanted)
      const target = { kubernetes, kind, body }
      const owned = await own(target, step)
      if (step.do === 'verify' && !(await isDrifted(target))) {
        return { outcome: { id, result: 'unchanged' }, record: recordOf(owned ?? step.live, hash) }
      }
      const record = recordOf(await kubernetes.apply(body, kind), hash)
      if (step.do === 'verify') return { outcome: { id, result: 'corrected', managers: changedBy(step.live) }, record }
      // Who deletes an object leaves no name.
      const wasDeleted = step.because === 'new' && entryOf(id)?.key !== undefined && entryOf(id)?.hash === hash
      return { outcome: wasDeleted ? { id, result: 'corrected', managers: [] } : { id, result: 'applied' }, record }
    }
  }
}

export function waitingForKind(wanted: WantedObject): CarriedOut {
  const { apiVersion, kind } = wanted.object
  const problem = waitsFor(`the cluster does not serve the kind \`${kind}\` in \`${apiVersion}\` yet`, wanted)
  return { outcome: { id: objectIdOf(wanted.object), result: 'waiting', problem } }
}

type Target = { readonly kubernetes: Kubernetes; readonly kind: KubernetesKind; readonly body: KubernetesObject }

/** One that is gone by now has drifted, too. */
async function isDrifted({ kubernetes, kind, body }: Target): Promise<boolean> {
  const [live, dryRun] = await Promise.all([kubernetes.get(kind, body.metadata), kubernetes.dryRun(body, kind)])
  return live === undefined || differs(live, dryRun)
}

const ownershipTries = 3

/** What people's tools own becomes ours. Somebody who writes in between makes it a conflict, and it is looked at anew. */
async function own(
  { kubernetes, kind, body }: Target,
  step: Extract<SyncStep, { do: 'apply' | 'verify' }>,
): Promise<LiveMetadata | undefined> {
  let patch: JsonPatch | undefined = step.ownership
  for (let tries = 1; patch !== undefined; tries += 1) {
    try {
      return await kubernetes.patch(kind, body.metadata, patch)
    } catch (error) {
      if (!(error instanceof KubernetesError) || error.class !== 'conflict' || tries === ownershipTries) throw error
      const live = await kubernetes.getMetadata(kind, body.metadata)
      patch = live && takeOver(live)
    }
  }
  return undefined
}
