import { isAlias, isMap, isPair, isScalar, isSeq, type Node, type Scalar } from 'yaml'

/**
 * Whether two documents are the same, apart from scalars that were wanted to become another text. Nodes are compared,
 * not what they expand to, so that aliases cost nothing; and without recursion, as their depth is the author's.
 */
export function isSameExcept(before: unknown, after: unknown, wanted: ReadonlyMap<Node, string>): boolean {
  const open: (readonly [before: unknown, after: unknown])[] = [[before, after]]
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    if (!isSameNode(...pair, wanted)) return false
    for (const below of belowBoth(...pair)) open.push(below)
  }
  return true
}

function isSameNode(before: unknown, after: unknown, wanted: ReadonlyMap<Node, string>): boolean {
  if (isScalar(before) && isScalar(after)) return isSameScalar(before, after, wanted.get(before))
  if (isAlias(before) && isAlias(after)) return before.source === after.source
  if (isPair(before) && isPair(after)) return true
  if (!(isMap(before) && isMap(after)) && !(isSeq(before) && isSeq(after))) return before === after
  return isSameDress(before, after) && before.flow === after.flow && before.items.length === after.items.length
}

function isSameScalar(before: Scalar, after: Scalar, wanted: string | undefined): boolean {
  if (!isSameDress(before, after)) return false
  if (wanted !== undefined) return after.value === wanted
  return before.source === after.source && before.type === after.type && typeof before.value === typeof after.value
}

function isSameDress(before: Dressed, after: Dressed): boolean {
  return before.anchor === after.anchor && before.tag === after.tag
}

type Dressed = { anchor?: string; tag?: string }

function belowBoth(before: unknown, after: unknown): (readonly [before: unknown, after: unknown])[] {
  if (isPair(before) && isPair(after)) {
    return [
      [before.value, after.value],
      [before.key, after.key],
    ]
  }
  const bothCollections = (isMap(before) && isMap(after)) || (isSeq(before) && isSeq(after))
  return bothCollections ? before.items.map((item: unknown, index) => [item, after.items[index]]) : []
}
