import { isAlias, isMap, isScalar, type Node, type Pair, Scalar } from 'yaml'
import { type Parsed, parsed, type Place, refused } from '../parsed.ts'
import { isProvedAddition, isProvedRemoval } from './annotate-proof.ts'
import {
  firstEntry,
  insertion,
  pairOf,
  removal,
  removalOfKeyLine,
  type Splice,
  type Spread,
  stepBetween,
} from './annotate-splice.ts'
import { annotationsOf, keysFor, prefixes } from './annotations.ts'
import { parseYaml, places, readDocuments, type YamlSource } from './document.ts'
import { editScalars } from './edit.ts'
import { type Resource, resourcesAt, type WorkloadId, workloadId } from './resource.ts'
import { cannotBeWritten } from './scalar-text.ts'
import { descend, isText, mergeKey, rootOf, textOf } from './spot.ts'
import { formatPath, walk, whyShared } from './target.ts'

/** What a policy shall say: `automated`, `locked`, `tag.web`, without prefix. Undefined takes it away. */
export type PolicyEdit = { readonly name: string; readonly value: string | undefined }

/** One annotation that is different now; `line` is where it stands, or stood when it is gone. */
export type AnnotationChange = {
  readonly annotation: string
  readonly line: number
  readonly from: string | undefined
  readonly to: string | undefined
}

export type Annotated = { readonly text: string; readonly changes: readonly AnnotationChange[] }

/**
 * The text with these policies of a workload set or taken away, and every other byte as it was. Proved by reading the
 * result, as every edit is; what cannot be proved is refused, all of it or nothing. A key that is there is used again,
 * whatever its prefix; a new one gets the prefix that the manifest uses already.
 */
export function annotate(text: string, workload: WorkloadId, edits: readonly PolicyEdit[]): Parsed<Annotated> {
  const before = find(text, workload)
  if (!before.ok) return before
  let edited = text
  for (const edit of edits) {
    const result = applied(edited, workload, edit)
    if (!result.ok) return result
    edited = result.value
  }
  const after = find(edited, workload)
  return after.ok ? parsed({ text: edited, changes: changesBetween(before.value, after.value) }) : after
}

function find(text: string, workload: WorkloadId): Parsed<Resource> {
  const resources = readDocuments(text).documents.flatMap((document) => resourcesAt(rootOf(document)))
  const [found, second] = resources.filter(
    ({ name, ...resource }) => name !== undefined && workloadId({ ...resource, name }) === workload,
  )
  if (found === undefined) return refused(`there is no ${workload} in this file`)
  const at = found.spot.at
  if (second !== undefined) return refused({ message: `${workload} is in this file twice`, at: second.spot.at })
  const isEncrypted = descend(rootOf(found.spot.document), ['sops', 'mac']) !== undefined
  return isEncrypted
    ? refused({ message: `${workload} is encrypted by sops: an edit would break it`, at })
    : parsed(found)
}

function applied(text: string, workload: WorkloadId, edit: PolicyEdit): Parsed<string> {
  const found = find(text, workload)
  if (!found.ok) return found
  const resource = found.value
  const { name, value } = edit
  const keys = keysFor(name).filter((key) => annotationsOf(resource).has(key))
  if (value !== undefined) return set(text, resource, { name, value, key: keys[0] })
  const [key] = keys
  if (key === undefined) return parsed(text)
  // One after the other: a policy may stand under several keys.
  const less = remove(text, resource, key)
  return less.ok ? applied(less.value, workload, edit) : less
}

type Setting = { readonly name: string; readonly value: string; readonly key: string | undefined }

function set(text: string, resource: Resource, { name, value, key }: Setting): Parsed<string> {
  const unwritable = cannotBeWritten(value)
  if (unwritable !== undefined) return refused({ message: unwritable, at: resource.spot.at })
  if (key === undefined) return add(text, resource, { key: `${prefixFor(text, resource)}${name}`, value })
  const spot = annotationsOf(resource).get(key)
  if (spot !== undefined && isText(spot) && textOf(spot) === value) return parsed(text)
  const path = [...resource.spot.path, 'metadata', 'annotations', key]
  const edited = editScalars(text, [{ place: { document: resource.spot.document.index, path }, value }])
  const isBlock = isScalar(spot?.node) && isBlockType(spot.node.type)
  return edited.ok || !isBlock ? edited : inPlaceOfBlock(text, resource, { key, value })
}

type Added = { readonly key: string; readonly value: string }

/** A text over several lines makes room for one of one line, at the end of the annotations. */
function inPlaceOfBlock(text: string, resource: Resource, { key, value }: Added): Parsed<string> {
  const removed = remove(text, resource, key)
  if (!removed.ok) return removed
  const again = find(removed.value, idOf(resource))
  return again.ok ? add(removed.value, again.value, { key, value }) : again
}

const namePart = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/

function add(text: string, resource: Resource, { key, value }: Added): Parsed<string> {
  if (!namePart.test(key.slice(key.indexOf('/') + 1))) {
    return refused({ message: `\`${key}\` can be no annotation for Kubernetes`, at: resource.spot.at })
  }
  const ground = groundOf(text, resource)
  if (!ground.ok) return ground
  const splice = spliceOfAddition(ground.value, { key, value })
  const edited = splice === undefined ? undefined : spliced(text, [splice])
  const isProved = edited !== undefined && isProvedAddition([text, edited], ground.value.place, [key, value])
  return isProved && readsAlike(resource, edited, key) ? parsed(edited) : unproved(key, ground.value)
}

function spliceOfAddition({ metadata, step, annotations }: Ground, entry: Added): Splice | undefined {
  if (annotations === undefined) return insertion(metadata, { key: 'annotations', value: entry }, step)
  const { pair } = annotations
  if (isMap(pair.value)) return insertion({ ...metadata, map: pair.value }, entry, step)
  const isEmpty = pair.value === null || (isScalar(pair.value) && pair.value.value === null && pair.value.source === '')
  return isEmpty && metadata.map.flow !== true ? firstEntry(metadata, pair, entry, step) : undefined
}

function remove(text: string, resource: Resource, key: string): Parsed<string> {
  const ground = groundOf(text, resource)
  if (!ground.ok) return ground
  const splices = splicesOfRemoval(ground.value, key)
  const edited = splices === undefined ? undefined : spliced(text, splices)
  const isProved = edited !== undefined && isProvedRemoval([text, edited], ground.value.place, key)
  return isProved && readsAlike(resource, edited, key) ? parsed(edited) : unproved(key, ground.value)
}

function splicesOfRemoval({ metadata, annotations }: Ground, key: string): readonly Splice[] | undefined {
  if (annotations === undefined || !isMap(annotations.pair.value)) return undefined
  const map = annotations.pair.value
  const inside = { ...metadata, map }
  const index = pairOf(map, key)?.index
  const all =
    map.items.length > 1 && index !== undefined
      ? [removal(inside, index)]
      : map.flow === true
        ? [removal(metadata, annotations.index)]
        : // The last one takes `annotations:` along, but not the comments between them.
          [removal(inside, 0), removalOfKeyLine(metadata, annotations.pair)]
  const splices = all.filter((splice) => splice !== undefined)
  return splices.length === all.length ? splices : undefined
}

/** The mapping that is edited, and what has to be known of its surroundings. */
type Ground = {
  readonly place: { readonly document: number; readonly path: Resource['spot']['path'] }
  readonly metadata: Spread
  readonly annotations: { readonly pair: Pair; readonly index: number } | undefined
  readonly step: number
  readonly at: Place
}

function groundOf(text: string, resource: Resource): Parsed<Ground> {
  const { document, path, at } = resource.spot
  const source = parseYaml(text)[document.index]
  const placeAt = places(text)
  const metadataPath = [...path, 'metadata']
  const way = source === undefined ? undefined : walkShared(source, metadataPath)
  if (source === undefined || way === undefined) return refused({ message: 'the file has changed', at })
  if (way.kind === 'obstacle') {
    const offset = way.node?.range?.[0]
    const where = offset === undefined ? at : placeAt(source.start + offset)
    return refused({ message: `\`${formatPath(metadataPath)}\` ${way.why}`, at: where })
  }
  const [map, outer] = way.nodes
  const merged = descend(resource.spot, ['metadata', 'annotations'])?.path.includes(mergeKey)
  if (isAlias(map)) return refused({ message: '`metadata` is an alias', at })
  if (merged === true) return refused({ message: '`metadata.annotations` is merged in from elsewhere by `<<`', at })
  if (!isMap(map) || !isMap(outer)) return refused({ message: '`metadata` is no mapping', at })
  const spread = { file: text, start: source.start }
  const metadata = { ...spread, map }
  const annotations = pairOf(map, 'annotations')
  const step = stepBetween({ ...spread, map: outer }, metadata)
  return parsed({ place: { document: document.index, path }, metadata, annotations, step, at })
}

function walkShared(source: YamlSource, path: Resource['spot']['path']) {
  const way = walk(source, path)
  if (way.kind === 'obstacle') return way
  // Also what stands below it: annotations that an alias repeats are those of somebody else, too.
  const below = walk(source, [...path, 'annotations'])
  if (below.kind === 'obstacle') return isThere(way.nodes[0], 'annotations') ? below : (whyShared(way) ?? way)
  return whyShared(below) ?? way
}

function isThere(map: Node, key: string): boolean {
  return isMap(map) && pairOf(map, key) !== undefined
}

function spliced(text: string, splices: readonly Splice[]): string {
  const backwards = splices.toSorted((a, b) => b.start - a.start)
  return backwards.reduce((text, { start, end, text: into }) => text.slice(0, start) + into + text.slice(end), text)
}

/** Without annotations of its own, a resource may show those that are merged into it. */
function readsAlike(before: Resource, edited: string, key: string): boolean {
  const after = find(edited, idOf(before))
  const others = (resource: Resource): string =>
    JSON.stringify(
      [...annotationsOf(resource)].flatMap(([other, spot]) => (other === key ? [] : [[other, textOf(spot)]])),
    )
  return after.ok && others(before) === others(after.value)
}

function idOf(resource: Resource): WorkloadId {
  return workloadId({ ...resource, name: resource.name ?? '' })
}

function unproved(key: string, { at }: Ground): Parsed<never> {
  const message = `\`${key}\` cannot be changed in a way that is sure to change nothing else`
  return refused({ message, at, help: 'change it by hand' })
}

function isBlockType(type: Scalar['type']): boolean {
  return type === Scalar.BLOCK_LITERAL || type === Scalar.BLOCK_FOLDED
}

const [newer = 'fluxcd.io/', older = 'flux.weave.works/'] = prefixes

/** The first that speaks wins: the workload itself, its neighbours in the file, the age of its kind. */
function prefixFor(text: string, resource: Resource): string {
  const neighbours = readDocuments(text).documents.flatMap((document) => resourcesAt(rootOf(document)))
  const keys = [resource, ...neighbours].flatMap((each) => [...annotationsOf(each).keys()])
  const used = keys.flatMap((key) => prefixes.find((prefix) => key.startsWith(prefix)) ?? [])
  return used[0] ?? (resource.apiVersion.startsWith(older) ? older : newer)
}

function changesBetween(before: Resource, after: Resource): readonly AnnotationChange[] {
  const [was, is] = [annotationsOf(before), annotationsOf(after)]
  const keys = [...new Set([...was.keys(), ...is.keys()])]
  return keys.flatMap((annotation) => {
    const [from, to] = [textOf(was.get(annotation)), textOf(is.get(annotation))]
    const isSame = from === to && isQuotedAlike(was.get(annotation), is.get(annotation))
    const at = (is.get(annotation) ?? was.get(annotation))?.at
    return isSame || at === undefined ? [] : [{ annotation, line: at.line, from, to }]
  })
}

/** `true` became `"true"`: another annotation for Kubernetes, though it has the same text. */
function isQuotedAlike(a: Parameters<typeof isText>[0] | undefined, b: typeof a): boolean {
  return (a === undefined) === (b === undefined) && (a === undefined || b === undefined || isText(a) === isText(b))
}
