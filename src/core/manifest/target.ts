import { isAlias, isMap, isNode, isScalar, isSeq, type Node, Scalar } from 'yaml'
import { type Parsed, parsed, type Place, refused } from '../parsed.ts'
import { aliasTargets, nodesOf, type YamlSource } from './document.ts'
import { isMerge, keyText, mergeKey, type NodePath } from './spot.ts'

/** A scalar that can be replaced in place, and where its source text stands in the file, quotes included. */
export type Target = { readonly node: Scalar; readonly start: number; readonly end: number; readonly at: Place }

type Step = { readonly kind: 'node'; readonly node: Node } | Obstacle
/** What keeps a value from being changed, and the node that stands in the way. */
export type Obstacle = { readonly kind: 'obstacle'; readonly why: string; readonly node: Node | undefined }

/** The scalar at a path, if replacing it there changes its value there and nowhere else. */
export function scalarAt(source: YamlSource, path: NodePath, placeAt: (offset: number) => Place): Parsed<Target> {
  const found = find(source, path)
  const [start, end] = found.node?.range ?? [0, 0]
  const at = placeAt(source.start + start)
  if (found.kind === 'obstacle') return refused({ message: `\`${formatPath(path)}\` ${found.why}`, at })
  return parsed({ node: found.node, start: source.start + start, end: source.start + end, at })
}

function find(source: YamlSource, path: NodePath): { readonly kind: 'scalar'; readonly node: Scalar } | Obstacle {
  const way = walk(source, path)
  if (way.kind === 'obstacle') return way
  const [node] = way.nodes
  if (isAlias(node)) return obstacle('is an alias', node)
  if (!isScalar(node)) return obstacle('is not a single value', node)
  const shared = whyShared(way)
  if (shared !== undefined) return shared
  const why = whyIrreplaceable(node)
  return why === undefined ? { kind: 'scalar', node } : obstacle(why, node)
}

/** The nodes on the way to a path, the one at its end first. */
export type Way = { readonly kind: 'way'; readonly nodes: readonly [Node, ...Node[]]; readonly root: Node }

export function walk({ parsed }: YamlSource, path: NodePath): Way | Obstacle {
  if (parsed === 'too deep' || parsed.errors.length > 0 || parsed.contents === null) {
    return obstacle('stands in a document that cannot be read as YAML')
  }
  const nodes: [Node, ...Node[]] = [parsed.contents]
  for (const key of path) {
    const step = below(nodes[0], key)
    if (step.kind === 'obstacle') return step
    if (isOverridden(nodes[0], key, parsed.contents))
      return obstacle(`counts for nothing: a \`<<\` further down brings \`${key}\`, too`, step.node)
    nodes.unshift(step.node)
  }
  return { kind: 'way', nodes, root: parsed.contents }
}

/** What changes on a way that an alias leads to changes where the alias stands, too. */
export function whyShared({ nodes, root }: Way): Obstacle | undefined {
  const shared = nodes.find((node) => isUsedElsewhere(node, root))
  return shared === undefined ? undefined : obstacle('has an anchor that is used elsewhere', shared)
}

function below(node: Node, key: string | number): Step {
  if (isAlias(node)) return obstacle('stands behind an alias', node)
  if (isSeq(node) && typeof key === 'number') return asStep(node.items[key], node)
  if (!isMap(node)) return obstacle('is not there', node)
  if (key === mergeKey) return obstacle('is merged in from elsewhere by `<<`', node)
  const [pair, second] = node.items.filter((pair) => keyText(pair.key) === key)
  if (second === undefined) return asStep(pair?.value, node)
  return obstacle(`cannot be told apart: \`${key}\` is there twice`, isNode(second.key) ? second.key : node)
}

/** Whether a `<<` behind a key brings the same key: of the two Kubernetes takes the later. */
function isOverridden(node: Node, key: string | number, root: Node): boolean {
  if (!isMap(node) || typeof key === 'number') return false
  const own = node.items.findIndex((pair) => keyText(pair.key) === key)
  const later = node.items.slice(own + 1).filter((pair) => isMerge(pair.key))
  if (later.length === 0) return false
  const targets = aliasTargets(root)
  const open: unknown[] = later.map(({ value }) => value)
  const seen = new Set<unknown>()
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    if (isAlias(next)) open.push(targets.get(next))
    if (isSeq(next)) for (const item of next.items) open.push(item)
    if (!isMap(next)) continue
    if (next.items.some((pair) => keyText(pair.key) === key)) return true
    for (const { key, value } of next.items) if (isMerge(key)) open.push(value)
  }
  return false
}

function asStep(value: unknown, parent: Node): Step {
  return isNode(value) ? { kind: 'node', node: value } : obstacle('is not there', parent)
}

function isUsedElsewhere(node: Node, root: Node): boolean {
  if (isAlias(node) || node.anchor === undefined) return false
  return [...nodesOf(root)].some((other) => isAlias(other) && other.source === node.anchor)
}

const textTags = ['tag:yaml.org,2002:str', '!']

function whyIrreplaceable({ type, tag, range }: Scalar): string | undefined {
  if (type === Scalar.BLOCK_LITERAL || type === Scalar.BLOCK_FOLDED) return 'is a block of text (`|` or `>`)'
  if (tag !== undefined && !textTags.includes(tag)) return `has the tag \`${tag}\`, which may not fit another value`
  return range?.[0] === range?.[1] ? 'is empty' : undefined
}

function obstacle(why: string, node?: Node): Obstacle {
  return { kind: 'obstacle', why, node }
}

export function formatPath(path: NodePath): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
  return steps.join('').replace(/^\./, '')
}
