import { type Json, jsonAt } from '../json.ts'
import {
  type KubernetesObject,
  type ObjectId,
  type WantedObject,
  formatObjectId,
  groupOf,
  objectIdOf,
} from '../manifest/kubernetes-object.ts'
import { isCustomResourceDefinition } from './order.ts'
import type { SyncProblem } from './report.ts'

/** `unreadable`: the group could not be read just now (an aggregated API is down), so nobody knows. */
export type Scopes = (apiVersion: string, kind: string) => 'namespaced' | 'cluster' | 'unknown' | 'unreadable'

export type Resolved = {
  /** As they are to be applied: the namespace is filled in or taken away. */
  readonly objects: readonly WantedObject[]
  /** Of kinds that a CustomResourceDefinition among the objects brings. Apply the first stage, discover, resolve again. */
  readonly waiting: readonly WantedObject[]
  readonly problems: readonly SyncProblem[]
}

export function resolveWanted(wanted: readonly WantedObject[], scopes: Scopes): Resolved {
  const brought = kindsBroughtBy(wanted)
  const placed = wanted.map((each) => place(each, scopes, brought))
  const known = placed.filter((each) => each.is !== 'problem')
  const twice = namedTwice(known.map(({ wanted: each }) => each))
  const once = known.filter(({ wanted: { object } }) => !twice.has(formatObjectId(objectIdOf(object))))
  return {
    objects: once.filter(({ is }) => is === 'known').map(({ wanted: each }) => each),
    waiting: once.filter(({ is }) => is === 'waiting').map(({ wanted: each }) => each),
    problems: [
      ...placed.flatMap((each) => (each.is === 'problem' ? [each.problem] : [])),
      ...[...twice].map(([object, all]) => problemOfTwice(object, all)),
    ],
  }
}

/** All that it may be called, while nobody has asked whether its kind is in namespaces. */
export function possibleIdsOf(object: KubernetesObject): readonly ObjectId[] {
  const { namespace = 'default', ...id } = objectIdOf(object)
  return [id, { ...id, namespace }]
}

type Placed =
  | { readonly is: 'known' | 'waiting'; readonly wanted: WantedObject }
  | { readonly is: 'problem'; readonly problem: SyncProblem }

function place(wanted: WantedObject, scopes: Scopes, brought: Brought): Placed {
  const { apiVersion, kind } = wanted.object
  const scope = scopes(apiVersion, kind)
  if (scope === 'namespaced' || scope === 'cluster') return { is: 'known', wanted: inScope(wanted, scope) }
  const coming = brought.get(`${apiVersion} ${kind}`)
  if (coming !== undefined) return { is: 'waiting', wanted: inScope(wanted, coming) }
  return { is: 'problem', problem: problemOfKind(wanted, scope) }
}

function inScope({ object, at }: WantedObject, scope: 'namespaced' | 'cluster'): WantedObject {
  const { namespace, ...metadata } = object.metadata
  return {
    object: {
      ...object,
      metadata: scope === 'cluster' ? metadata : { ...metadata, namespace: namespace ?? 'default' },
    } as KubernetesObject,
    at,
  }
}

function problemOfKind({ object, at }: WantedObject, scope: 'unknown' | 'unreadable'): SyncProblem {
  const { apiVersion, kind } = object
  const about = { object: formatObjectId(objectIdOf(object)), at }
  return scope === 'unknown'
    ? {
        ...about,
        message: `the cluster does not know the kind \`${kind}\` in \`${apiVersion}\``,
        help: 'Correct apiVersion and kind, or add the CustomResourceDefinition that brings the kind.',
        turn: 'author',
      }
    : {
        ...about,
        message: `the cluster cannot say just now which kinds \`${apiVersion}\` has`,
        help: `Look at the APIService of the group: kubectl get apiservices | grep '${groupOf(apiVersion)}'`,
        turn: 'operator',
      }
}

type Brought = ReadonlyMap<string, 'namespaced' | 'cluster'>

/** `example.com/v1 Widget` → its scope */
function kindsBroughtBy(wanted: readonly WantedObject[]): Brought {
  return new Map(
    wanted
      .map(({ object }) => object)
      .filter((object) => isCustomResourceDefinition(objectIdOf(object)))
      .flatMap(({ spec }) => {
        const group = jsonAt(spec, 'group')
        const kind = jsonAt(spec, 'names', 'kind')
        const scope = jsonAt(spec, 'scope') === 'Cluster' ? 'cluster' : 'namespaced'
        if (typeof group !== 'string' || typeof kind !== 'string') return []
        return servedVersions(spec).map((version) => [`${group}/${version} ${kind}`, scope] as const)
      }),
  )
}

function servedVersions(spec: Json | undefined): readonly string[] {
  const versions = jsonAt(spec, 'versions')
  if (!Array.isArray(versions)) return []
  return versions
    .filter((version: Json) => jsonAt(version, 'served') !== false)
    .map((version: Json) => jsonAt(version, 'name'))
    .filter((name) => typeof name === 'string')
}

/** None of them is applied: nobody knows which one is meant. */
function namedTwice(wanted: readonly WantedObject[]): ReadonlyMap<string, readonly WantedObject[]> {
  const byId = Map.groupBy(wanted, ({ object }) => formatObjectId(objectIdOf(object)))
  return new Map([...byId].filter(([, all]) => all.length > 1))
}

function problemOfTwice(object: string, all: readonly WantedObject[]): SyncProblem {
  const places = all.map(({ at: { file, line } }) => `${file}:${line}`)
  const last = all.at(-1)
  return {
    object,
    ...(last === undefined ? {} : { at: last.at }),
    message: `the object is there ${all.length} times (${places.slice(0, 5).join(', ')}), and none of them is applied`,
    help: 'Keep one of them.',
    turn: 'author',
  }
}
