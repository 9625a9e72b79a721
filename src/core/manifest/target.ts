import { isAlias, isMap, isNode, isScalar, isSeq, type Node, Scalar } from 'yaml'
import { nodesOf, type YamlSource } from './document.ts'
import { keyText, mergeKey, type NodePath } from './spot.ts'

/** A scalar that can be replaced in place, or why it cannot, with the node that stands in the way. */
export type Target =
  | { readonly node: Scalar; readonly range: readonly [start: number, end: number] }
  | { readonly refused: string; readonly node?: Node }

/** The scalar at a path, if replacing it there changes its value there and nowhere else. */
export function scalarAt(document: YamlSource['parsed'], path: NodePath): Target {
  if (document === 'too deep' || document.errors.length > 0) {
    return { refused: 'stands in a document that cannot be read as YAML' }
  }
  let node: Node | null = document.contents
  const walked: Node[] = []
  for (const step of path) {
    const next: Step = node === null ? { refused: 'is not there' } : below(node, step)
    if ('refused' in next) return { ...(node === null ? {} : { node }), ...next }
    if (node !== null) walked.push(node)
    node = next.node
  }
  if (node === null || !isScalar(node)) return { refused: whyNoScalar(node), ...(node === null ? {} : { node }) }
  const shared = [...walked, node].find((node) => isUsedElsewhere(node, document.contents))
  return shared === undefined ? replaceable(node) : { refused: 'has an anchor that is used elsewhere', node: shared }
}

function isUsedElsewhere(node: Node, root: Node | null): boolean {
  if (isAlias(node) || node.anchor === undefined || root === null) return false
  return [...nodesOf(root)].some((other) => isAlias(other) && other.source === node.anchor)
}

type Step = { readonly node: Node } | { readonly refused: string; readonly node?: Node }

function below(node: Node, step: string | number): Step {
  if (isAlias(node)) return { refused: 'stands behind an alias', node }
  if (isSeq(node)) return nodeOr(typeof step === 'number' ? node.items[step] : undefined)
  if (!isMap(node)) return { refused: 'is not there' }
  if (step === mergeKey) return { refused: 'is merged in from elsewhere by `<<`', node }
  const pairs = node.items.filter((pair) => keyText(pair.key) === step)
  const [pair, second] = pairs
  if (second !== undefined) {
    return {
      refused: `cannot be told apart: \`${step}\` is there twice`,
      ...(isNode(second.key) ? { node: second.key } : {}),
    }
  }
  return nodeOr(pair?.value)
}

function nodeOr(value: unknown): Step {
  return isNode(value) ? { node: value } : { refused: 'is not there' }
}

function whyNoScalar(node: Node | null): string {
  return isAlias(node) ? 'is an alias' : 'is not a single value'
}

function replaceable(node: Scalar): Target {
  if (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED) {
    return { refused: 'is a block of text (`|` or `>`)', node }
  }
  const [start, end] = node.range ?? [0, 0]
  return start === end ? { refused: 'is empty', node } : { node, range: [start, end] }
}
