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
  readonly targets: ReadonlyMap<Alias, Node>
  readonly placeOf: (node: Node) => Place
  readonly complain: (at: Place, message: string, help?: string) => void
  /** Whether a mapping is in truth the `{{` of a template. */
  readonly isTemplate: (node: Node) => boolean
  readonly complainOfTemplate: (at: Place) => void
  readonly mostDepth: number
  /** Counts what aliases add to the file, and says whether that is too much. */
  readonly repeat: (characters: number) => 'go on' | 'too much'
  /** The nodes that are being read because an alias names them. */
  readonly followed: Set<Node>
}

/** What Kubernetes makes of a node. Where something is wrong it complains, and what it gives is of no use. */
export function readNode(reading: Reading, node: Node, depth = 0): Tree {
  const at = reading.placeOf(node)
  const nothing: ScalarTree = { kind: 'scalar', at, value: null }
  if (isAlias(node)) return follow(reading, node, depth) ?? nothing
  const isRepeated = reading.followed.size > 0
  if (isRepeated && reading.repeat(1 + (isScalar(node) ? (node.source?.length ?? 0) : 0)) === 'too much') {
    reading.complain(at, 'the aliases of this file repeat too much', 'write out what they stand for')
    return nothing
  }
  if (isScalar(node)) return { kind: 'scalar', at, value: readScalar(reading, node, at) }
  if (depth >= reading.mostDepth) {
    reading.complain(at, `nested more than ${reading.mostDepth} levels deep`)
    return nothing
  }
  if (isMap(node)) return readMap(reading, node, depth + 1)
  return isSeq(node) ? readList(reading, node, depth + 1) : nothing
}

function follow(reading: Reading, alias: Alias, depth: number): Tree | undefined {
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
  const tree = readNode(reading, target, depth)
  followed.delete(target)
  return tree
}

function readScalar(reading: Reading, node: Scalar, at: Place): ScalarValue {
  const value = scalarOf(node)
  if (value === undefined) {
    reading.complain(at, 'expected what the tag in front says, got something else')
    return null
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    reading.complain(at, 'expected a number that JSON has, got an infinite one or none', 'quote it if text is meant')
  }
  if (typeof value === 'string' && !value.isWellFormed()) {
    reading.complain(at, 'the text holds half of a character', 'write both halves of a `\\u` escape, or `\\U`')
  }
  return value
}

function scalarOf(node: Scalar): ScalarValue | undefined {
  const text = node.source ?? ''
  if (node.tag !== undefined) return taggedScalar(node.tag, text)
  return node.type === 'PLAIN' ? plainScalar(text) : text
}

function readList(reading: Reading, node: YAMLSeq, depth: number): ListTree {
  const at = reading.placeOf(node)
  return { kind: 'list', at, items: node.items.map((item) => readPart(reading, item, { at, depth })) }
}

/** What stands in a list or behind a key; where that is nothing at all, it stands where the whole does. */
function readPart(reading: Reading, part: unknown, { at, depth }: Within): Tree {
  if (isNode(part)) return readNode(reading, part, depth)
  if (part !== null) reading.complain(at, 'expected a list or a map of plain YAML')
  return { kind: 'scalar', at, value: null }
}

type Within = { readonly at: Place; readonly depth: number }
type Entry = { readonly value: Tree; readonly isMerged: boolean }

function readMap(reading: Reading, node: YAMLMap, depth: number): MapTree {
  const at = reading.placeOf(node)
  const entries = new Map<string, Entry>()
  for (const pair of node.items) {
    const keyAt = isNode(pair.key) ? reading.placeOf(pair.key) : at
    if (isMerge(pair.key)) {
      merge(reading, entries, { at: keyAt, sources: sourcesOf(reading, pair.value, { at: keyAt, depth }) })
      continue
    }
    const key = readKey(reading, pair.key, { at: keyAt, depth })
    if (key === undefined) break
    if (entries.get(key)?.isMerged === false) reading.complain(keyAt, `\`${shown(key)}\` is set twice`, 'keep one')
    entries.set(key, { value: readPart(reading, pair.value, { at: keyAt, depth }), isMerged: false })
  }
  return { kind: 'map', at, entries: new Map([...entries].map(([key, { value }]) => [key, value])) }
}

function readKey(reading: Reading, node: unknown, within: Within): string | undefined {
  // `{{ .Values.name }}` is a mapping whose key is a mapping.
  if (isMap(node) && reading.isTemplate(node)) {
    reading.complainOfTemplate(within.at)
    return undefined
  }
  const tree = readPart(reading, node, within)
  const key = tree.kind === 'scalar' ? keyOf(tree.value) : undefined
  if (key === undefined) reading.complain(within.at, `expected text as a key, got ${describe(tree)}`, 'quote it')
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
