import { isAlias, isMap, isNode, isScalar, isSeq, type Node } from 'yaml'
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
 * The value of a key, as Kubernetes reads it: the last of duplicates, and where there is none of its own, one that is
 * merged in. A merged value has `<<` on its path.
 */
export function child(spot: Spot, key: string): Spot | undefined {
  if (!isMap(spot.node)) return undefined
  const pair = spot.node.items.findLast((pair) => keyText(pair.key) === key)
  if (pair !== undefined) return step(spot, key, pair.value)
  for (const merged of mergedInto(spot)) {
    const found = child(merged, key)
    if (found !== undefined) return found
  }
  return undefined
}

export function descend(spot: Spot, path: readonly string[]): Spot | undefined {
  return path.reduce<Spot | undefined>((at, key) => (at === undefined ? undefined : child(at, key)), spot)
}

/** What `child` gives for each key of a mapping: its own in the order of the text, those merged in last. */
export function entriesOf(spot: Spot): ReadonlyMap<string, Spot> {
  if (!isMap(spot.node)) return new Map()
  const entries = new Map<string, Spot>()
  for (const { key, value } of spot.node.items) {
    const text = keyText(key)
    const there = text === undefined || text === mergeKey ? undefined : step(spot, text, value)
    if (text !== undefined && there !== undefined) entries.set(text, there)
  }
  for (const [key, there] of mergedInto(spot).flatMap((merged) => [...entriesOf(merged)])) {
    if (!entries.has(key)) entries.set(key, there)
  }
  return entries
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

/** The mappings that `<<` names, the most important first. */
function mergedInto(spot: Spot): readonly Spot[] {
  if (!isMap(spot.node)) return []
  const pair = spot.node.items.find((pair) => keyText(pair.key) === mergeKey)
  const named = pair === undefined ? undefined : step(spot, mergeKey, pair.value)
  if (named === undefined) return []
  return isSeq(named.node) ? itemsOf(named) : [named]
}
