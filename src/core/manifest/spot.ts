import { isAlias, isMap, isNode, isScalar, isSeq, type Node, Scalar } from 'yaml'
import { type Place } from '../parsed.ts'
import { type ManifestDocument } from './document.ts'

export type NodePath = readonly (string | number)[]

/** A place in a document as written: its path, its line, and the node there, or the one that its alias names. */
export type Spot = {
  readonly document: ManifestDocument
  readonly path: NodePath
  readonly node: Node
  readonly at: Place
}

export const mergeKey = '<<'

export function rootOf(document: ManifestDocument): Spot {
  return { document, path: [], node: document.contents, at: document.placeOf(document.contents) }
}

/**
 * The value of a key, as Kubernetes reads it: of those that the mapping has and those that `<<` merges into it the last
 * in the text. A merged value has `<<` on its path.
 */
export function child(spot: Spot, key: string): Spot | undefined {
  if (!isMap(spot.node)) return undefined
  for (const pair of spot.node.items.toReversed()) {
    if (keyText(pair.key) === key) return step(spot, key, pair.value)
    if (!isMerge(pair.key)) continue
    for (const merged of mergedBy(spot, pair.value)) {
      const found = child(merged, key)
      if (found !== undefined) return found
    }
  }
  return undefined
}

export function descend(spot: Spot, path: readonly string[]): Spot | undefined {
  return path.reduce<Spot | undefined>((at, key) => (at === undefined ? undefined : child(at, key)), spot)
}

/** What `child` gives for each key of a mapping, in the order of the text. */
export function entriesOf(spot: Spot): ReadonlyMap<string, Spot> {
  if (!isMap(spot.node)) return new Map()
  return new Map(spot.node.items.flatMap(({ key, value }) => entriesBy(spot, key, value)))
}

function entriesBy(spot: Spot, key: unknown, value: unknown): (readonly [key: string, value: Spot])[] {
  // The most important first, so that it is the last to be set.
  if (isMerge(key))
    return mergedBy(spot, value)
      .toReversed()
      .flatMap((merged) => [...entriesOf(merged)])
  const text = keyText(key)
  const there = text === undefined ? undefined : step(spot, text, value)
  return text === undefined || there === undefined ? [] : [[text, there]]
}

export function itemsOf(spot: Spot): readonly Spot[] {
  if (!isSeq(spot.node)) return []
  return spot.node.items.flatMap((item, index) => step(spot, index, item) ?? [])
}

/**
 * A scalar's text before YAML gives it a type: `1.10` stays `1.10`. Null (`~`, `null`, nothing) is undefined, as is a
 * mapping or a sequence.
 */
export function textOf(spot: Spot | undefined): string | undefined {
  if (spot === undefined || !isScalar(spot.node) || spot.node.value === null) return undefined
  return spot.node.source
}

/** A scalar that YAML reads as text, so that `true` and `"true"` can be told apart. */
export function isText(spot: Spot): boolean {
  return isScalar(spot.node) && typeof spot.node.value === 'string'
}

/** The text of a mapping's key; undefined for keys that are no scalar. */
export function keyText(key: unknown): string | undefined {
  return isScalar(key) ? key.source : undefined
}

function step(spot: Spot, key: string | number, written: unknown): Spot | undefined {
  if (!isNode(written)) return undefined
  const node = isAlias(written) ? spot.document.follow(written) : written
  return node && { document: spot.document, path: [...spot.path, key], node, at: spot.document.placeOf(written) }
}

/** Whether a key merges; in quotes it is a key like any other. */
export function isMerge(key: unknown): boolean {
  return isScalar(key) && key.source === mergeKey && key.type === Scalar.PLAIN
}

/** The mappings that `<<` names, the most important first. */
function mergedBy(spot: Spot, value: unknown): readonly Spot[] {
  const named = step(spot, mergeKey, value)
  if (named === undefined) return []
  return isSeq(named.node) ? itemsOf(named) : [named]
}
