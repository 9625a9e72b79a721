import { setTimeout as delay } from 'node:timers/promises'
import type { WantedObject } from '../core/manifest/kubernetes-object.ts'
import { type Resolved, type Scopes, resolveWanted } from '../core/sync/resolve.ts'
import type { Discovery } from '../io/kubernetes/discovery.ts'
import type { Deps } from './deps.ts'

export type Served = { readonly discovery: Discovery; readonly resolved: Resolved }

const freshForMs = 60_000

/** Which of the wanted kinds the server serves. It is asked anew for one that nobody knows, at most once a minute. */
export async function lookUpKinds(deps: Deps, wanted: readonly WantedObject[], verify: boolean): Promise<Served> {
  const { kubernetes, memory } = deps
  const known = served(await kubernetes.discover(), wanted)
  const isComplete = known.resolved.waiting.length === 0 && known.resolved.problems.length === 0
  const isOld = Math.abs(deps.now().getTime() - (memory.discoveredAt?.getTime() ?? 0)) > freshForMs
  if (!memory.isStale && (!isOld || (isComplete && !verify))) return known
  memory.discoveredAt = deps.now()
  memory.isStale = false
  // Rights may have grown, too.
  memory.narrow.clear()
  return served(await kubernetes.discover({ fresh: true }), wanted)
}

const patienceMs = 60_000
const pauseMs = { first: 50, most: 2000 }

/** After a CustomResourceDefinition is applied it takes the server a moment to serve its kind. */
export async function untilServed(
  { kubernetes }: Deps,
  wanted: readonly WantedObject[],
  ends: () => unknown,
): Promise<Served> {
  let pause = pauseMs.first
  for (let waited = 0; ; waited += pause) {
    const found = served(await kubernetes.discover({ fresh: true }), wanted)
    if (found.resolved.waiting.length === 0 || waited > patienceMs || ends() !== undefined) return found
    pause = Math.min(pause * 2, pauseMs.most)
    await delay(pause)
  }
}

function served(discovery: Discovery, wanted: readonly WantedObject[]): Served {
  return { discovery, resolved: resolveWanted(wanted, scopesOf(discovery)) }
}

function scopesOf({ find, broken }: Discovery): Scopes {
  return (apiVersion, kind) => {
    const found = find(apiVersion, kind)
    if (found !== undefined) return found.namespaced ? 'namespaced' : 'cluster'
    const isBroken = broken.some(
      ({ group, version }) =>
        apiVersion === `${group}/${version}` || (version === undefined && apiVersion.startsWith(`${group}/`)),
    )
    return isBroken ? 'unreadable' : 'unknown'
  }
}
