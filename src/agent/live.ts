import { setTimeout as delay } from 'node:timers/promises'
import { type ObjectId, formatObjectId } from '../core/manifest/kubernetes-object.ts'
import { idOfLive } from '../core/sync/mark.ts'
import type { LiveMetadata } from '../core/sync/live-metadata.ts'
import type { LiveObjects } from '../core/sync/plan.ts'
import type { SyncProblem } from '../core/sync/report.ts'
import type { Discovery } from '../io/kubernetes/discovery.ts'
import { KubernetesError } from '../io/kubernetes/errors.ts'
import { type KubernetesKind, formatKind } from '../io/kubernetes/kind.ts'
import type { Kubernetes } from '../io/kubernetes/kubernetes.ts'
import { isWholeServer } from './api-failure.ts'

export type LiveFacts = {
  readonly live: LiveObjects
  /** What was listed, and where a watch goes on from. */
  readonly lists: readonly ListedKind[]
  readonly problems: readonly SyncProblem[]
  /** A kind is not served any more, though it was when the server was asked which there are. */
  readonly isStale: boolean
}

export type ListedKind = {
  readonly kind: KubernetesKind
  /** Undefined: all of them. */
  readonly namespace?: string
  readonly resourceVersion: string
}

export type Sought = { readonly id: ObjectId; readonly apiVersion: string }

export type LiveDeps = {
  readonly kubernetes: Kubernetes
  /** Names what is marked by us. */
  readonly selector: string
  /** Kinds that may be listed in single namespaces only; learnt from refusals, and kept so that each is refused once. */
  readonly narrow: Set<string>
}

/** One list per kind by our label; what is not in it is asked for by name, for a label may have been taken off. */
export async function readLive(deps: LiveDeps, discovery: Discovery, sought: readonly Sought[]): Promise<LiveFacts> {
  const byKind = Map.groupBy(sought, ({ id }) => `${id.group}/${id.kind}`)
  const read = await Promise.all([...byKind.values()].map((ofKind) => readKind(deps, discovery, ofKind)))
  return {
    live: new Map(read.flatMap(({ live }) => [...live])),
    lists: read.flatMap(({ lists }) => lists),
    problems: read.flatMap(({ problems }) => problems),
    isStale: read.some(({ isStale }) => isStale),
  }
}

/** In the version in which it is written where that is served, else in the one that the server prefers. */
export function kindOf(discovery: Discovery, { id, apiVersion }: Sought): KubernetesKind | undefined {
  return discovery.find(apiVersion, id.kind) ?? discovery.kindOf(id.group, id.kind)
}

async function readKind(deps: LiveDeps, discovery: Discovery, sought: readonly Sought[]): Promise<LiveFacts> {
  const [first] = sought
  const kind = first && kindOf(discovery, first)
  const nothing = { live: notServed(discovery, sought), lists: [], problems: [], isStale: false }
  if (kind === undefined) return nothing
  try {
    const { items, lists } = await patiently(() => listKind(deps, kind, namespacesOf(sought)))
    const listed = new Map(items.map((item) => [formatObjectId(idOfLive(item)), item]))
    const missing = sought.filter(({ id }) => !listed.has(formatObjectId(id)))
    const others = await listOthers(deps, kind, missing)
    for (const item of others ?? []) listed.set(formatObjectId(idOfLive(item)), item)
    const isWhole = others !== undefined
    const found = await Promise.all(sought.map(({ id }) => find(deps, kind, { id, listed, isWhole })))
    return {
      live: new Map(found.map(({ object, live }) => [object, live])),
      lists,
      problems: found.flatMap(({ problem }) => problem ?? []),
      isStale: false,
    }
  } catch (error) {
    // One kind that cannot be read, for its webhook is away, leaves the others as they are.
    const objects = sought.map(({ id }) => formatObjectId(id))
    return {
      ...nothing,
      live: new Map(objects.map((object) => [object, 'unknown'])),
      problems: objects.map((object) => problemOf(object, error)),
      isStale: error instanceof KubernetesError && error.class === 'no-such-kind',
    }
  }
}

/** More than this are not asked for one by one: a list of everybody's objects is cheaper. */
const mostAskedByName = 32

/**
 * Everybody's objects, where many of ours are not among those with our label: at a first sync none is there yet, or all of
 * them without it. Undefined: it is not worth it, or not allowed.
 */
async function listOthers(
  { kubernetes }: LiveDeps,
  kind: KubernetesKind,
  missing: readonly Sought[],
): Promise<readonly LiveMetadata[] | undefined> {
  if (missing.length <= mostAskedByName) return undefined
  const namespaces = kind.namespaced ? namespacesOf(missing) : [undefined]
  try {
    const lists = namespaces.map((namespace) => kubernetes.listMetadata(kind, { namespace }))
    return (await Promise.all(lists)).flatMap(({ items }) => items)
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}

type Found = {
  readonly object: string
  readonly live: LiveMetadata | 'absent' | 'unknown'
  readonly problem?: SyncProblem
}

type Answered = {
  readonly listed: ReadonlyMap<string, LiveMetadata>
  /** What is not listed is not there. */
  readonly isWhole: boolean
}

async function find(
  { kubernetes }: LiveDeps,
  kind: KubernetesKind,
  { id, listed, isWhole }: Answered & { readonly id: ObjectId },
): Promise<Found> {
  const object = formatObjectId(id)
  const known = listed.get(object) ?? (isWhole ? 'absent' : undefined)
  if (known !== undefined) return { object, live: known }
  try {
    return { object, live: (await kubernetes.getMetadata(kind, id)) ?? 'absent' }
  } catch (error) {
    return { object, live: 'unknown', problem: problemOf(object, error) }
  }
}

/** Of one object or kind; what would refuse every other one too is thrown on. */
function problemOf(object: string, error: unknown): SyncProblem {
  if (!(error instanceof KubernetesError) || isWholeServer(error)) throw error
  const { message, help, turn } = error
  return { object, message, ...(help === undefined ? {} : { help }), turn }
}

/** Of a kind that is not served there are no objects; of a group that cannot be read nobody knows. */
function notServed({ broken }: Discovery, sought: readonly Sought[]): LiveObjects {
  return new Map(
    sought.map(({ id }) => [formatObjectId(id), broken.some(({ group }) => group === id.group) ? 'unknown' : 'absent']),
  )
}

type Listed = { readonly items: readonly LiveMetadata[]; readonly lists: readonly ListedKind[] }

async function listKind(deps: LiveDeps, kind: KubernetesKind, namespaces: readonly string[]): Promise<Listed> {
  const { narrow, kubernetes, selector } = deps
  const name = formatKind(kind)
  try {
    if (!narrow.has(name)) {
      const { items, resourceVersion } = await kubernetes.listMetadata(kind, { selector })
      return { items, lists: [{ kind, resourceVersion }] }
    }
  } catch (error) {
    if (!isForbidden(error)) throw error
    narrow.add(name)
  }
  // Rights in some namespaces only: each is listed, and one that may not be is asked object by object.
  const lists = await Promise.all(namespaces.map((namespace) => listNamespace(deps, kind, namespace)))
  return { items: lists.flatMap(({ items }) => items), lists: lists.flatMap((listed) => listed.lists) }
}

async function listNamespace(
  { kubernetes, selector }: LiveDeps,
  kind: KubernetesKind,
  namespace: string,
): Promise<Listed> {
  try {
    const { items, resourceVersion } = await kubernetes.listMetadata(kind, { selector, namespace })
    return { items, lists: [{ kind, namespace, resourceVersion }] }
  } catch (error) {
    if (isForbidden(error)) return { items: [], lists: [] }
    throw error
  }
}

const patience = { tries: 5, pauseMs: 1000 }

/** A kind that is only just served is still being read from the store: the server says when to come back. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask()
    } catch (error) {
      const comesBack = error instanceof KubernetesError && error.class === 'throttled'
      if (!comesBack || tries === patience.tries) throw error
      await delay(error.retryAfterMs ?? patience.pauseMs)
    }
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof KubernetesError && error.class === 'forbidden'
}

function namespacesOf(sought: readonly Sought[]): readonly string[] {
  return [...new Set(sought.flatMap(({ id }) => id.namespace ?? []))]
}
