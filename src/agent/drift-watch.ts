import { setTimeout as delay } from 'node:timers/promises'
import { formatObjectId } from '../core/manifest/kubernetes-object.ts'
import { inSyncKey } from '../core/sync/in-sync-key.ts'
import { idOfLive } from '../core/sync/mark.ts'
import { KubernetesError } from '../io/kubernetes/errors.ts'
import { formatKind } from '../io/kubernetes/kind.ts'
import type { Kubernetes, WatchEvent } from '../io/kubernetes/kubernetes.ts'
import type { Logger } from '../runtime/log.ts'
import { type Backoff, retryDelayMs } from '../runtime/retry.ts'
import { failureFields } from './failure.ts'
import type { ListedKind } from './live.ts'

export type DriftWatch = {
  /** Watches what was listed, from there on, and nothing else any more. A kind that is watched already goes on. */
  readonly follow: (lists: readonly ListedKind[]) => void
  readonly stop: () => Promise<void>
}

export type DriftWatchDeps = {
  readonly kubernetes: Kubernetes
  readonly selector: string
  /** The key of an object that looked like git; undefined where it never did, or is not ours. */
  readonly keyOf: (object: string) => string | undefined
  /** Something may have drifted; `still` says whether it has, once our own changes have their answers. */
  readonly drifted: (still: () => boolean) => void
  readonly log: Logger
  readonly now: () => Date
  readonly random: () => number
}

const backoff: Backoff = { firstMs: 1000, mostMs: 60_000 }

/** Hears of a change within moments. A watch that is lost costs nothing but time: the timer looks, too. */
export function createDriftWatch(deps: DriftWatchDeps): DriftWatch {
  const watches = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>()
  const suspects = new Suspects(deps)
  let expired = false
  const still = (): boolean => {
    const drifted = suspects.left()
    const relist = expired
    expired = false
    return drifted || relist
  }
  const heard = (event: WatchEvent): void => {
    if (event.type !== 'bookmark' && suspects.add(event)) deps.drifted(still)
  }
  const begin = (listed: ListedKind): void => {
    const name = nameOf(listed)
    const stop = new AbortController()
    const ended = watchOne(deps, listed, { signal: stop.signal, heard }).then((end) => {
      watches.delete(name)
      // The next sync lists it anew, and then it is followed again.
      expired ||= end === 'expired'
      if (expired) deps.drifted(still)
    })
    watches.set(name, { stop, ended })
  }
  return {
    follow(lists) {
      const wanted = new Set(lists.map(nameOf))
      for (const [name, { stop }] of watches) if (!wanted.has(name)) stop.abort()
      for (const listed of lists) if (!watches.has(nameOf(listed))) begin(listed)
    },
    async stop() {
      const ends = [...watches.values()]
      for (const { stop } of ends) stop.abort()
      await Promise.all(ends.map(({ ended }) => ended))
    },
  }
}

type Heard = { readonly signal: AbortSignal; readonly heard: (event: WatchEvent) => void }

async function watchOne(
  { kubernetes, selector, log, random }: DriftWatchDeps,
  { kind, namespace, resourceVersion: first }: ListedKind,
  { signal, heard }: Heard,
): Promise<'expired' | 'stopped'> {
  let resourceVersion = first
  for (let tries = 1; !signal.aborted; tries += 1) {
    let failure: unknown
    try {
      for await (const event of kubernetes.watchMetadata(kind, { selector, namespace, resourceVersion, signal })) {
        tries = 0
        resourceVersion = event.type === 'bookmark' ? event.resourceVersion : event.metadata.resourceVersion
        heard(event)
      }
    } catch (error) {
      if (error instanceof KubernetesError && error.class === 'expired') return 'expired'
      failure = error
      if (!signal.aborted) log.debug({ ...failureFields(error), kind: formatKind(kind) }, 'watch lost')
    }
    // One that the server ended in its time goes on at once.
    if (tries > 0) await pause(retryDelayMs(tries, failure, { backoff, chance: random() }), signal)
  }
  return 'stopped'
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal, ref: false })
  } catch {
    // Stopped: the loop sees it.
  }
}

/** So often may one object be put back within the window at once; then the timer's pace is enough for it. */
const patience = { times: 5, withinMs: 10 * 60_000 }

/** Objects that no longer look as they did when they were in sync. */
class Suspects {
  readonly #deps: DriftWatchDeps
  readonly #seen = new Map<string, string>()
  /** What a sync was asked for already: one that leaves it so, for a reason, is not asked again. */
  readonly #told = new Map<string, string>()
  readonly #times = new Map<string, readonly number[]>()

  constructor(deps: DriftWatchDeps) {
    this.#deps = deps
  }

  /** Whether there is something to look at. */
  add({ type, metadata }: Exclude<WatchEvent, { type: 'bookmark' }>): boolean {
    const object = formatObjectId(idOfLive(metadata))
    this.#seen.set(object, type === 'deleted' ? 'deleted' : inSyncKey(metadata))
    return this.#isNew(object)
  }

  /** Whether any has drifted; said once for each state of an object. */
  left(): boolean {
    const drifted = [...this.#seen].filter(([object]) => this.#isNew(object))
    this.#seen.clear()
    for (const [object, key] of drifted) this.#told.set(object, key)
    return drifted.filter(([object]) => this.#isPatient(object)).length > 0
  }

  #isNew(object: string): boolean {
    const [known, seen] = [this.#deps.keyOf(object), this.#seen.get(object)]
    if (seen === known) this.#told.delete(object)
    return known !== undefined && seen !== known && seen !== this.#told.get(object)
  }

  /** Somebody who changes it again and again, as we do, is not fought every second. */
  #isPatient(object: string): boolean {
    const now = this.#deps.now().getTime()
    const times = (this.#times.get(object) ?? []).filter((at) => now - at < patience.withinMs)
    const isPatient = times.length < patience.times
    if (!isPatient) this.#deps.log.warn({ object }, 'somebody keeps changing it back: left to the timer')
    this.#times.set(object, isPatient ? [...times, now] : times)
    return isPatient
  }
}

function nameOf({ kind, namespace }: ListedKind): string {
  return `${formatKind(kind)} ${namespace ?? ''}`
}
