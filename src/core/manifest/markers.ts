import { isAlias, isMap, isPair, isScalar, isSeq, type Node } from 'yaml'
import { type Parsed, parsed, type Place, type Problem, refused } from '../parsed.ts'
import { type ManifestDocument } from './document.ts'
import { type ObjectName } from './image-policies.ts'
import { type Resource, type WorkloadId, workloadId } from './resource.ts'
import { keyText, type NodePath } from './spot.ts'
import { formatPath } from './target.ts'

/** `image: acme/web:1.0 # {"$imagepolicy": "flux-system:web"}`: a scalar that follows an ImagePolicy. Plain JSON. */
export type Marker = {
  readonly policy: Required<ObjectName>
  /** What of an image the scalar holds. */
  readonly field: 'reference' | 'tag' | 'name' | 'digest'
  readonly place: { readonly document: number; readonly path: NodePath }
  readonly text: string
  readonly line: number
  /** Of the comment. */
  readonly at: Place
  /** The object that the scalar is part of; where there is none, the policy itself. */
  readonly workload: WorkloadId
  readonly container: string
}

const token = '"$imagepolicy"'

export function readMarkers(
  text: string,
  documents: readonly ManifestDocument[],
  resources: readonly Resource[],
): { readonly markers: readonly Marker[]; readonly problems: readonly Problem[] } {
  // Most files have none, and pay for no more than this.
  if (!text.includes(token)) return { markers: [], problems: [] }
  const lines = text.split('\n')
  const [leaves, owners] = [leavesIn(lines, documents), ownersAmong(resources)]
  const read = [...commentsIn(lines)].flatMap((comment) => {
    const found = findLeaf(comment, leaves)
    return found === undefined ? [] : [found.ok ? readMarker(found.value, owners) : found]
  })
  return {
    markers: read.flatMap((marker) => (marker.ok ? marker.value : [])),
    problems: read.flatMap((marker) => (marker.ok ? [] : marker.problems)),
  }
}

/** A comment with the token; `before` is what its line says in front of it. */
type Comment = { readonly json: string; readonly before: string; readonly at: Place }

function* commentsIn(lines: readonly string[]): Generator<Comment> {
  for (const [index, line] of lines.entries()) {
    const tokenAt = line.indexOf(token)
    const hash = tokenAt < 0 ? -1 : line.lastIndexOf('#', tokenAt)
    const isMarker = hash >= 0 && /^#[ \t]*\{[ \t]*$/.test(line.slice(hash, tokenAt))
    const before = line.slice(0, Math.max(hash, 0))
    // `# image: acme/web:1 # {…}` is switched off.
    if (!isMarker || /^[ \t\ufeff]*(?:#.*)$/.test(before)) continue
    yield { json: line.slice(hash + 1).trim(), before, at: { line: index + 1, column: hash + 1 } }
  }
}

type Leaf = { readonly document: number; readonly path: NodePath; readonly node: Node; readonly at: Place }
type Leaves = {
  /** The last value that ends on a line. */
  readonly lastOn: ReadonlyMap<number, Leaf & { readonly endColumn: number }>
  /** The lines that a value runs over: a `#` on them is part of it. */
  readonly insideText: ReadonlySet<number>
  /** The lines of documents that were read: of the others it is unknown what stands where. */
  readonly known: ReadonlySet<number>
}

/** Every value that is no collection. */
function leavesIn(lines: readonly string[], documents: readonly ManifestDocument[]): Leaves {
  const lastOn = new Map<number, Leaf & { readonly endColumn: number }>()
  const [insideText, known] = [new Set<number>(), new Set<number>()]
  for (const leaf of documents.flatMap((document) => [...leavesOf(document)])) {
    const { endLine, endColumn } = endOf(leaf, lines)
    for (let line = leaf.at.line; line < endLine; line += 1) insideText.add(line)
    lastOn.set(endLine, { ...leaf, endColumn })
  }
  for (const { contents, placeOf } of documents) {
    const at = placeOf(contents)
    const { endLine } = endOf({ node: contents, at }, lines)
    for (let line = at.line; line <= endLine; line += 1) known.add(line)
  }
  return { lastOn, insideText, known }
}

function* leavesOf({ index, contents, placeOf }: ManifestDocument): Generator<Leaf> {
  const open: { readonly node: unknown; readonly path: NodePath }[] = [{ node: contents, path: [] }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, path } = next
    if (isMap(node) || isSeq(node)) for (const item of below(node.items, path).toReversed()) open.push(item)
    else if (isScalar(node) || isAlias(node)) yield { document: index, path, node, at: placeOf(node) }
  }
}

function below(items: readonly unknown[], path: NodePath): { readonly node: unknown; readonly path: NodePath }[] {
  return items.flatMap((item, index) => {
    if (!isPair(item)) return [{ node: item, path: [...path, index] }]
    const key = keyText(item.key)
    return key === undefined ? [] : [{ node: item.value, path: [...path, key] }]
  })
}

function endOf(
  { node, at }: Pick<Leaf, 'node' | 'at'>,
  lines: readonly string[],
): { readonly endLine: number; readonly endColumn: number } {
  const [start, end] = node.range ?? [0, 0]
  let [endLine, endColumn] = [at.line, at.column + end - start]
  const width = (): number => (lines[endLine - 1]?.length ?? Infinity) + 1
  while (endColumn > width()) {
    endColumn -= width()
    endLine += 1
  }
  return { endLine, endColumn }
}

type Found = { readonly comment: Comment; readonly leaf: Leaf; readonly text: string }

/** The value in front of a comment; undefined where the comment is none, as it is part of a text. */
function findLeaf(comment: Comment, { lastOn, insideText, known }: Leaves): Parsed<Found> | undefined {
  const { before, at } = comment
  const leaf = lastOn.get(at.line)
  if (insideText.has(at.line) || (leaf !== undefined && leaf.endColumn > at.column)) return undefined
  const text = leaf === undefined ? undefined : textAt(leaf)
  const isBehind = leaf !== undefined && /^,?[ \t]+$/.test(before.slice(leaf.endColumn - 1))
  if (isBehind && text !== undefined) return parsed({ comment, leaf, text })
  if (!known.has(at.line)) return undefined
  return refused({ message: 'a marker stands behind no value', at, help: 'put it on the line of the image' })
}

function readMarker({ comment: { json, at }, leaf, text }: Found, ownerOf: Owners): Parsed<Marker> {
  const said = parseMarker(json)
  if (said === undefined)
    return refused({ message: `expected a marker, got \`${json.slice(0, 120)}\``, at, help: form })
  const owner = ownerOf(leaf)
  const named = owner?.name === undefined ? { ...said.policy, kind: 'ImagePolicy' } : { ...owner, name: owner.name }
  const container = formatPath(leaf.path.slice(owner?.spot.path.length ?? 0))
  const place = { document: leaf.document, path: leaf.path }
  return parsed({ ...said, place, text, line: leaf.at.line, at, workload: workloadId(named), container })
}

const form = 'write `# {"$imagepolicy": "NAMESPACE:NAME"}`, with `:tag`, `:name` or `:digest` behind the name'

function textAt({ node }: Leaf): string | undefined {
  if (isAlias(node)) return node.source
  return isScalar(node) && node.value !== null ? node.source : undefined
}

type Owners = (leaf: Leaf) => Resource | undefined

/** The object that a value belongs to: an item of a list rather than the list. */
function ownersAmong(resources: readonly Resource[]): Owners {
  const keyOf = (document: number, path: NodePath): string => JSON.stringify([document, path])
  const byPlace = new Map(
    resources.map((resource) => [keyOf(resource.spot.document.index, resource.spot.path), resource]),
  )
  return ({ document, path }) => {
    for (let length = path.length; length >= 0; length -= 1) {
      const owner = byPlace.get(keyOf(document, path.slice(0, length)))
      if (owner !== undefined) return owner
    }
    return undefined
  }
}

const markerForm = /^([a-z0-9.-]{1,253}):([a-z0-9.-]{1,253})(?::(tag|name|digest))?$/

function parseMarker(json: string): Pick<Marker, 'policy' | 'field'> | undefined {
  const [, namespace, name, field] = markerForm.exec(saidIn(json)) ?? []
  if (namespace === undefined || name === undefined) return undefined
  return { policy: { namespace, name }, field: isField(field) ? field : 'reference' }
}

function isField(text: string | undefined): text is 'tag' | 'name' | 'digest' {
  return text !== undefined
}

function saidIn(json: string): string {
  try {
    const value: unknown = JSON.parse(json)
    const said = typeof value === 'object' && value !== null ? Object.entries(value) : []
    const [[key, text] = []] = said
    return said.length === 1 && key === '$imagepolicy' && typeof text === 'string' ? text : ''
  } catch (error) {
    if (error instanceof SyntaxError) return ''
    throw error
  }
}
