import { isScalar, Scalar } from 'yaml'
import { type Parsed, parsed, refused } from '../parsed.ts'
import { addAnnotation, type Annotation, removeAnnotation, unsure } from './annotate-entry.ts'
import { annotationsOf, keysFor, prefixes } from './annotations.ts'
import { readDocuments } from './document.ts'
import { editScalars } from './edit.ts'
import { type Resource, resourcesAt, type WorkloadId, workloadId } from './resource.ts'
import { cannotBeWritten } from './scalar-text.ts'
import { descend, isText, rootOf, textOf } from './spot.ts'

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
  if (!after.ok) return after
  if (!isAsAsked(before.value, after.value, edits)) return refused(unsure(workload, before.value.spot.at))
  return parsed({ text: edited, changes: changesBetween(before.value, after.value) })
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
  const less = removeAnnotation(text, resource, key)
  return less.ok ? applied(less.value, workload, edit) : less
}

type Setting = { readonly name: string; readonly value: string; readonly key: string | undefined }

function set(text: string, resource: Resource, { name, value, key }: Setting): Parsed<string> {
  const unwritable = cannotBeWritten(value)
  if (unwritable !== undefined) return refused({ message: unwritable, at: resource.spot.at })
  if (key === undefined) return addAnnotation(text, resource, { key: `${prefixFor(text, resource)}${name}`, value })
  const spot = annotationsOf(resource).get(key)
  if (spot !== undefined && isText(spot) && textOf(spot) === value) return parsed(text)
  const path = [...resource.spot.path, 'metadata', 'annotations', key]
  const edited = editScalars(text, [{ place: { document: resource.spot.document.index, path }, value }])
  const isBlock = isScalar(spot?.node) && isBlockType(spot.node.type)
  return edited.ok || !isBlock ? edited : inPlaceOfBlock(text, resource, { key, value })
}

/** A text over several lines makes room for one of one line, at the end of the annotations. */
function inPlaceOfBlock(text: string, resource: Resource, { key, value }: Annotation): Parsed<string> {
  const removed = removeAnnotation(text, resource, key)
  if (!removed.ok) return removed
  const again = find(removed.value, workloadId({ ...resource, name: resource.name ?? '' }))
  return again.ok ? addAnnotation(removed.value, again.value, { key, value }) : again
}

/** As it is read, too: without annotations of its own, a resource may show those that are merged into it. */
function isAsAsked(before: Resource, after: Resource, edits: readonly PolicyEdit[]): boolean {
  const asked = new Map(edits.map(({ name, value }) => [name, value]))
  const ours = new Set([...asked.keys()].flatMap(keysFor))
  const said = (resource: Resource) => new Map([...annotationsOf(resource)].map(([key, spot]) => [key, textOf(spot)]))
  const others = (resource: Resource): string => JSON.stringify([...said(resource)].filter(([key]) => !ours.has(key)))
  const now = said(after)
  const isSet = [...asked].every(([name, value]) => now.get(keysFor(name).find((key) => now.has(key)) ?? '') === value)
  return isSet && others(before) === others(after)
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
