import { isJsonObject } from '../json.ts'
import { type Parsed, parsed, type Place, type Problem, refused } from '../parsed.ts'
import { saysIgnore } from './annotations.ts'
import { asApplied } from './as-applied.ts'
import { duplicateListKeys } from './duplicate-list-keys.ts'
import { readTrees } from './kubernetes-documents.ts'
import { groupOf, type KubernetesObject } from './kubernetes-object.ts'
import { describe, entriesAt, isNull, jsonOf, textAt, type Tree, treeAt } from './kubernetes-tree.ts'
import { secretProblems } from './secret-data.ts'

export type ReadObject = { readonly object: KubernetesObject; readonly at: Place }

export type ReadObjects = {
  readonly objects: readonly ReadObject[]
  /** What says `fluxcd.io/ignore: "true"`: neither to be applied nor to be deleted. */
  readonly ignored: readonly ReadObject[]
  /** What keeps an object, or a whole document, from being among `objects`. The other objects are as good as ever. */
  readonly problems: readonly Problem[]
  /** What works, though perhaps not as its author thought: the nulls that are left out. */
  readonly notices: readonly Problem[]
}

const most = { objects: 10_000, problems: 100, notices: 100 }

/**
 * The objects of one manifest file, read as Kubernetes reads YAML and ready to be applied: `kind: List` expanded,
 * nulls and what only a server may say left out, the `stringData` of a Secret in its `data`.
 *
 * What configures kustomize (`kustomize.config.k8s.io`) is for no cluster and passed over without a word. A
 * `kustomization.yaml` need not say what it is, and nobody knows the file's name here: ask `isKustomization` before.
 */
export function readObjects(text: string): ReadObjects {
  const { trees, problems } = readTrees(text)
  const found = trees.flatMap((tree) => (isNoManifest(tree) ? [] : expand(tree, {})))
  if (found.length > most.objects) {
    const message = `expected at most ${most.objects} objects in one file, got ${found.length}`
    const tooMany = { message, at: { line: 1, column: 1 }, help: 'split the file' }
    return { objects: [], ignored: [], problems: [...problems, tooMany], notices: [] }
  }
  const outcomes = found.map(readObject)
  return {
    objects: outcomes.flatMap((outcome) => (outcome.kind === 'wanted' ? [outcome.read] : [])),
    ignored: outcomes.flatMap((outcome) => (outcome.kind === 'ignored' ? [outcome.read] : [])),
    problems: [
      ...problems,
      ...outcomes.flatMap((outcome) => (outcome.kind === 'refused' ? outcome.problems : [])),
    ].slice(0, most.problems),
    notices: [
      ...trees.filter(isNoManifest).map(({ at }) => ({ message: notManifest, at })),
      ...outcomes.flatMap((outcome) => (outcome.kind === 'wanted' ? outcome.notices : [])),
    ].slice(0, most.notices),
  }
}

/** Whether a file is known by its name to configure kustomize: `app/kustomization.yaml`. */
export function isKustomization(path: string): boolean {
  return /(?:^|\/)(?:kustomization\.ya?ml|Kustomization)$/.test(path)
}

/** What an object says, or the list that it is in. */
type Type = { readonly apiVersion?: string | undefined; readonly kind?: string | undefined }
type Found = { readonly tree: Tree; readonly type: Type }

/** The items of a list, and of lists in it. Those of a `DeploymentList` need not say that they are Deployments. */
function expand(tree: Tree, ofList: Type): readonly Found[] {
  if (isNull(tree)) return []
  const own: Type = { apiVersion: textAt(tree, 'apiVersion'), kind: textAt(tree, 'kind') }
  const type = treeAt(tree, 'kind') === undefined ? ofList : own
  const items = tree.kind === 'map' && type.kind?.endsWith('List') ? tree.entries.get('items') : undefined
  if (items === undefined || (items.kind !== 'list' && !isNull(items))) return [{ tree, type }]
  const ofItems = type.kind === 'List' ? {} : { apiVersion: type.apiVersion, kind: type.kind?.slice(0, -'List'.length) }
  return items.kind === 'list' ? items.items.flatMap((item) => expand(item, ofItems)) : []
}

type Outcome =
  | { readonly kind: 'wanted'; readonly read: ReadObject; readonly notices: readonly Problem[] }
  | { readonly kind: 'ignored'; readonly read: ReadObject }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }
  | { readonly kind: 'for kustomize' }

function readObject({ tree, type }: Found): Outcome {
  if (type.apiVersion !== undefined && groupOf(type.apiVersion) === 'kustomize.config.k8s.io') {
    return { kind: 'for kustomize' }
  }
  const object = identify(tree, type)
  if (!object.ok) return { kind: 'refused', problems: object.problems }
  const read = { object: asApplied(object.value), at: tree.at }
  if (saysIgnore(annotationsOf(tree))) return { kind: 'ignored', read }
  const problems = [nameProblems, textProblems, secretProblems, duplicateListKeys].flatMap((check) =>
    check(tree, object.value),
  )
  return problems.length > 0 ? { kind: 'refused', problems } : { kind: 'wanted', read, notices: nullsIn(tree, []) }
}

const notManifest = 'is no manifest, and left alone: it has neither `apiVersion` nor `kind` nor `metadata`'

/** Values of a chart, the settings of some tool: they lie beside manifests, and Flux v1 passes over them, too. */
function isNoManifest(tree: Tree): boolean {
  return tree.kind === 'map' && ['apiVersion', 'kind', 'metadata'].every((key) => !tree.entries.has(key))
}

/** Tells what object it is, which everything else depends on. */
function identify(tree: Tree, { apiVersion, kind }: Type): Parsed<KubernetesObject> {
  const json = jsonOf(tree)
  if (!isJsonObject(json)) {
    return refused({ message: `expected a Kubernetes object, got ${describe(tree)}`, at: tree.at })
  }
  const name = textAt(tree, 'metadata', 'name')
  const metadata = json['metadata']
  if (apiVersion && kind && name && isJsonObject(metadata)) {
    const { namespace, ...others } = metadata
    // An empty namespace is none, and so Kubernetes takes it.
    if (namespace === undefined || namespace === '') {
      return parsed({ ...json, apiVersion, kind, metadata: { ...others, name } })
    }
    if (typeof namespace === 'string') {
      return parsed({ ...json, apiVersion, kind, metadata: { ...others, name, namespace } })
    }
  }
  const [first, ...more] = [
    ...(apiVersion ? [] : [missing(tree, 'apiVersion')]),
    ...(kind ? [] : [missing(tree, 'kind')]),
    ...(name ? [] : [unnamed(tree)]),
    ...notText(tree, 'metadata', 'namespace'),
  ]
  return refused(first ?? missing(tree, 'metadata'), ...more)
}

function missing(tree: Tree, ...path: readonly string[]): Problem {
  const found = treeAt(tree, ...path)
  const at = (found ?? treeAt(tree, ...path.slice(0, -1)) ?? tree).at
  const isEmpty = found?.kind === 'scalar' && found.value === ''
  const message = `expected \`${path.join('.')}\` to be text, got ${isEmpty ? 'an empty one' : describe(found)}`
  return { message, at, ...(found?.kind === 'scalar' && !isEmpty ? { help: 'quote it' } : {}) }
}

function unnamed(tree: Tree): Problem {
  const generated = treeAt(tree, 'metadata', 'generateName')
  if (generated === undefined) return missing(tree, 'metadata', 'name')
  const message = '`metadata.generateName` would make another object at every sync'
  return { message, at: generated.at, help: 'give it a name of its own under `metadata.name`' }
}

/** What no path of the API server can hold: it would answer as if the kind were unknown. */
function nameProblems(tree: Tree): readonly Problem[] {
  return ['name', 'namespace'].flatMap((key) => {
    const [text, at] = [textAt(tree, 'metadata', key) ?? '', treeAt(tree, 'metadata', key)?.at ?? tree.at]
    if (!/^\.{1,2}$|[/%]/.test(text)) return []
    return [{ message: `\`metadata.${key}\` holds what no name can: \`/\`, \`%\`, or dots alone`, at }]
  })
}

/** What must be text, for otherwise the API server refuses the object: `"8080"` is not `8080`. */
function textProblems(tree: Tree, { apiVersion, kind }: KubernetesObject): readonly Problem[] {
  const isConfigMap = apiVersion === 'v1' && kind === 'ConfigMap'
  const maps = [['metadata', 'labels'], ['metadata', 'annotations'], ...(isConfigMap ? [['data']] : [])]
  return maps.flatMap((path) => entriesAt(tree, ...path).flatMap(([key]) => notText(tree, ...path, key)))
}

function notText(tree: Tree, ...path: readonly string[]): readonly Problem[] {
  const found = treeAt(tree, ...path)
  return found === undefined || (found.kind === 'scalar' && typeof found.value === 'string')
    ? []
    : [missing(tree, ...path)]
}

function annotationsOf(tree: Tree): ReadonlyMap<string, string> {
  const annotations = entriesAt(tree, 'metadata', 'annotations')
  // Flux reads an unquoted `true` as well; that Kubernetes does not is no matter for an object that it does not get.
  return new Map(annotations.map(([key, value]) => [key, value.kind === 'scalar' ? String(value.value) : '']))
}

/** The nulls that are left out. Tools write some that nobody means: of those, not a word. */
function nullsIn(tree: Tree, path: readonly string[]): readonly Problem[] {
  if (tree.kind === 'list') return tree.items.flatMap((item, index) => nullsIn(item, [...path, String(index)]))
  if (tree.kind === 'scalar') return []
  return [...tree.entries].flatMap(([key, value]) => {
    if (key === 'creationTimestamp' || (path.length === 0 && key === 'status')) return []
    if (!isNull(value)) return nullsIn(value, [...path, key])
    const message = `\`${[...path, key].join('.')}\` is null and left out, as kubectl does`
    return [{ message, at: value.at, help: 'write a value, or remove the key' }]
  })
}
