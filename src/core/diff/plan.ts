import { type JsonObject, canonicalJson, isJsonObject, jsonAt } from '../json.ts'
import {
  type KubernetesObject,
  type WantedObject,
  formatObjectId,
  groupOf,
  objectIdOf,
  textAt,
} from '../manifest/kubernetes-object.ts'
import { isSecret } from './known-secrets.ts'

/** Both sides of a pull request as git has them, with the namespaces filled in. */
export type GitSides = { readonly base: readonly WantedObject[]; readonly head: readonly WantedObject[] }

/** What the pull request does to one object, and whether its cluster has to be asked to tell. */
export type DiffStep =
  /**
   * Ask for the metadata. Absent: dry run of `after`. Ours: the live object and the dry run. Somebody else's: it is a
   * take-over, and nothing more of it is asked.
   */
  | { readonly do: 'ask'; readonly before?: WantedObject; readonly after: WantedObject }
  /** Git alone tells: the cluster does not know it yet, or comparing with it would be a way to guess a Secret. */
  | {
      readonly do: 'tell'
      readonly because: 'secret' | 'brought'
      readonly before?: WantedObject
      readonly after: WantedObject
    }
  | { readonly do: 'delete'; readonly before: WantedObject }

/** A step that the cluster has to be asked for. */
export type AskStep = Extract<DiffStep, { readonly do: 'ask' }>

export type DiffPlan = {
  /** In the order of `head`, deletes last. */
  readonly steps: readonly DiffStep[]
  /** What the pull request leaves as it is; what differs in the cluster all the same has drifted. */
  readonly left: readonly WantedObject[]
}

/** By what git says alone: nothing is asked about an object that the pull request leaves as it is. */
export function planDiff({ base, head }: GitSides): DiffPlan {
  const before = byId(base)
  const after = byId(head)
  const isBrought = broughtBy({ base, head })
  const changed = [...after].filter(([id, wanted]) => !isSame(before.get(id), wanted))
  const deleted = [...before].filter(([id]) => !after.has(id))
  return {
    steps: [
      ...changed.map(([id, wanted]) => stepFor(before.get(id), wanted, isBrought)),
      ...deleted.toReversed().map(([, was]): DiffStep => ({ do: 'delete', before: was })),
    ],
    left: [...after].flatMap(([id, wanted]) => (isSame(before.get(id), wanted) ? [wanted] : [])),
  }
}

function stepFor(
  before: WantedObject | undefined,
  after: WantedObject,
  isBrought: (object: KubernetesObject) => boolean,
): DiffStep {
  const sides = { ...(before === undefined ? {} : { before }), after }
  if (isSecret(after.object)) return { do: 'tell', because: 'secret', ...sides }
  return isBrought(after.object) ? { do: 'tell', because: 'brought', ...sides } : { do: 'ask', ...sides }
}

function byId(objects: readonly WantedObject[]): ReadonlyMap<string, WantedObject> {
  return new Map(objects.map((wanted) => [formatObjectId(objectIdOf(wanted.object)), wanted]))
}

function isSame(before: WantedObject | undefined, after: WantedObject): boolean {
  return before !== undefined && canonicalJson(before.object) === canonicalJson(after.object)
}

/** Of a kind, or in a namespace, that is there only after the merge: the server would say that it is missing. */
function broughtBy({ base, head }: GitSides): (object: KubernetesObject) => boolean {
  const types = newOnes(head.flatMap(servedTypes), base.flatMap(servedTypes))
  const namespaces = newOnes(head.flatMap(namespaceNames), base.flatMap(namespaceNames))
  return ({ apiVersion, kind, metadata }) =>
    types.has(`${apiVersion} ${kind}`) || (metadata.namespace !== undefined && namespaces.has(metadata.namespace))
}

function newOnes(head: readonly string[], base: readonly string[]): ReadonlySet<string> {
  const had = new Set(base)
  return new Set(head.filter((name) => !had.has(name)))
}

function namespaceNames({ object }: WantedObject): readonly string[] {
  return object.apiVersion === 'v1' && object.kind === 'Namespace' ? [object.metadata.name] : []
}

/** `example.com/v1 Thing` for each version that a CustomResourceDefinition serves. */
function servedTypes({ object }: WantedObject): readonly string[] {
  if (groupOf(object.apiVersion) !== 'apiextensions.k8s.io' || object.kind !== 'CustomResourceDefinition') return []
  const versions = jsonAt(object, 'spec', 'versions')
  if (!Array.isArray(versions)) return []
  const group = textAt(jsonObjectAt(object, 'spec'), 'group')
  const kind = textAt(jsonObjectAt(object, 'spec', 'names'), 'kind')
  return versions
    .filter(isJsonObject)
    .flatMap((version) => (version['served'] === false ? [] : [`${group}/${textAt(version, 'name')} ${kind}`]))
}

function jsonObjectAt(object: JsonObject, ...path: readonly string[]): JsonObject | undefined {
  const value = jsonAt(object, ...path)
  return isJsonObject(value) ? value : undefined
}
