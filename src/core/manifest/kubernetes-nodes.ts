import {
  type Alias,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { type Place } from '../parsed.ts'
import { keyOf, plainScalar, type ScalarValue, taggedScalar } from './kubernetes-scalar.ts'
import { describe, type ListTree, type MapTree, type ScalarTree, type Tree } from './kubernetes-tree.ts'
import { mergeKey } from './spot.ts'

/** What is needed to read the nodes of one document. */
export type Reading = {
  /** The document, to which the ranges of its nodes refer. */
  readonly text: string
  readonly targets: ReadonlyMap<Alias, Node>
  readonly placeOf: (node: Node) => Place
  readonly complain: (at: Place, message: string, help?: string) => void
  readonly complainOfTemplate: (at: Place) => void
  readonly mostDepth: number
  /** Counts what aliases add to the file, and complains when that is too much. */
  readonly repeat: (characters: number, at: Place) => 'go on' | 'too much'
  /** The nodes that are being read because an alias names them. */
  readonly followed: Set<Node>
}

/** The collections around a node: where they are, how many, and whether the innermost is in brackets. */
type Within = { readonly at: Place; readonly depth: number; readonly inFlow: boolean }

/** What Kubernetes makes of a document. Where something is wrong it complains, and what it gives is of no use. */
export function readRoot(reading: Reading, root: Node): Tree {
  return readNode(reading, root, { at: reading.placeOf(root), depth: 0, inFlow: false })
}

/** What stands in a list or behind a key; where that is nothing at all, it stands where the whole does. */
function readPart(reading: Reading, part: unknown, within: Within): Tree {
  if (isNode(part)) return readNode(reading, part, within)
  if (part !== null) reading.complain(within.at, 'expected a list or a map of plain YAML')
  return { kind: 'scalar', at: within.at, value: null }
}

function readNode(reading: Reading, node: Node, within: Within): Tree {
  const at = reading.placeOf(node)
  const nothing: ScalarTree = { kind: 'scalar', at, value: null }
  const name = isAlias(node) ? node.source : node.anchor
  if (name !== undefined && !/^[\w-]+$/.test(name)) {
    reading.complain(at, 'expected letters, digits, `_` and `-` as the name of an anchor')
  }
  if (isRepeatedTooMuch(reading, node, at)) return nothing
  if (isAlias(node)) return follow(reading, node, within) ?? nothing
  if (isScalar(node)) return { kind: 'scalar', at, value: readScalar(reading, node, { ...within, at }) }
  if (within.depth >= reading.mostDepth) {
    reading.complain(at, `nested more than ${reading.mostDepth} levels deep`)
    return nothing
  }
  const inside: Within = { at, depth: within.depth + 1, inFlow: within.inFlow || node.flow === true }
  if (isMap(node)) return readMap(reading, node, inside)
  return isSeq(node) ? readList(reading, node, inside) : nothing
}

/** What stands in the text once has its limits; what aliases make of it is counted. */
function isRepeatedTooMuch({ followed, repeat }: Reading, node: Node, at: Place): boolean {
  if (followed.size === 0) return false
  return repeat(1 + (isScalar(node) ? (node.source?.length ?? 0) : 0), at) === 'too much'
}

function follow(reading: Reading, alias: Alias, within: Within): Tree | undefined {
  const { followed } = reading
  const target = reading.targets.get(alias)
  if (target === undefined) {
    reading.complain(reading.placeOf(alias), 'the alias names nothing that stands before it')
    return undefined
  }
  if (followed.has(target)) {
    reading.complain(reading.placeOf(alias), 'the alias stands for something that holds itself')
    return undefined
  }
  followed.add(target)
  // Where it is written was asked where it is written.
  const tree = readNode(reading, target, { ...within, inFlow: false })
  followed.delete(target)
  return tree
}

function readScalar(reading: Reading, node: Scalar, { at, inFlow }: Within): ScalarValue {
  const value = scalarOf(node)
  if (value === undefined) {
    reading.complain(at, 'expected what the tag in front says, got something else')
    return null
  }
  if (typeof value === 'string' && !value.isWellFormed()) {
    reading.complain(at, 'the text holds half of a character', 'write both halves of a `\\u` escape, or `\\U`')
  }
  if (inFlow && node.type === 'PLAIN' && /^:|\?/.test(node.source ?? '')) {
    reading.complain(
      at,
      'between brackets Kubernetes takes a `?`, or a `:` in front, for the mark of a key',
      'quote the text',
    )
  }
  return value
}

function scalarOf(node: Scalar): ScalarValue | undefined {
  const text = node.source ?? ''
  if (node.tag !== undefined) return taggedScalar(node.tag, text)
  return node.type === 'PLAIN' ? plainScalar(text) : text
}

function readList(reading: Reading, node: YAMLSeq, within: Within): ListTree {
  return { kind: 'list', at: within.at, items: node.items.map((item) => readValue(reading, item, within)) }
}

/** Of all numbers, JSON has only finite ones. As a key such a number is text. */
function readValue(reading: Reading, part: unknown, within: Within): Tree {
  const tree = readPart(reading, part, within)
  if (tree.kind === 'scalar' && typeof tree.value === 'number' && !Number.isFinite(tree.value)) {
    reading.complain(tree.at, 'expected a number that JSON has, got infinity or none', 'quote it if text is meant')
  }
  return tree
}

type Entry = { readonly value: Tree; readonly isMerged: boolean }

function readMap(reading: Reading, node: YAMLMap, within: Within): MapTree {
  const entries = new Map<string, Entry>()
  for (const pair of node.items) {
    const here = isNode(pair.key) ? { ...within, at: reading.placeOf(pair.key) } : within
    if (isMerge(pair.key)) {
      merge(reading, entries, { at: here.at, sources: sourcesOf(reading, pair.value, here) })
      continue
    }
    const key = readKey(reading, pair.key, here)
    if (key === undefined) break
    if (entries.get(key)?.isMerged === false) reading.complain(here.at, `\`${shown(key)}\` is set twice`, 'keep one')
    entries.set(key, { value: readValue(reading, pair.value, here), isMerged: false })
  }
  return { kind: 'map', at: within.at, entries: new Map([...entries].map(([key, { value }]) => [key, value])) }
}

function readKey(reading: Reading, node: unknown, within: Within): string | undefined {
  const [start = 0, end = 0] = isNode(node) ? (node.range ?? []) : []
  // `{{ .Values.name }}` is a mapping whose key is a mapping.
  if (isMap(node) && reading.text.startsWith('{{', start - 1)) {
    reading.complainOfTemplate(within.at)
    return undefined
  }
  const tree = readPart(reading, node, within)
  const key = tree.kind === 'scalar' ? keyOf(tree.value) : undefined
  if (key === undefined) reading.complain(within.at, `expected text as a key, got ${describe(tree)}`, 'quote it')
  if (within.inFlow && /^:[\],}]/.test(reading.text.slice(end, end + 2))) {
    reading.complain(
      within.at,
      'between brackets Kubernetes takes a `:` without a blank for text',
      'put a blank behind it',
    )
  }
  return key
}

function isMerge(key: unknown): boolean {
  if (!isScalar(key) || key.source !== mergeKey) return false
  return key.tag === undefined ? key.type === 'PLAIN' : key.tag === 'tag:yaml.org,2002:merge'
}

/** The maps behind a `<<`, the most important last. */
function sourcesOf(reading: Reading, node: unknown, within: Within): readonly MapTree[] {
  const parts: readonly unknown[] = isSeq(node) ? node.items.toReversed() : [node]
  return parts.flatMap((part) => {
    const source = readPart(reading, part, within)
    if (source.kind === 'map') return [source]
    reading.complain(within.at, `expected \`<<\` to name maps, got ${describe(source)}`)
    return []
  })
}

type Merge = { readonly at: Place; readonly sources: readonly MapTree[] }

function merge(reading: Reading, entries: Map<string, Entry>, { at, sources }: Merge): void {
  for (const [key, value] of sources.flatMap((source) => [...source.entries])) {
    // Kubernetes takes what stands later, others what is the map's own: better not to leave that open.
    if (entries.get(key)?.isMerged === false) {
      const help = 'put `<<` before the keys that override it'
      reading.complain(at, `\`${shown(key)}\` is set before \`<<\` and by it`, help)
    }
    entries.set(key, { value, isMerged: true })
  }
}

function shown(key: string): string {
  return key.length > 80 ? `${key.slice(0, 80)}…` : key
}
