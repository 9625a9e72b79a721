import { type Json } from '../json.ts'
import { type Place } from '../parsed.ts'
import { type ScalarValue } from './kubernetes-scalar.ts'

/** A value as Kubernetes reads it, and where it is written; what an alias names is written where its anchor is. */
export type Tree = ScalarTree | ListTree | MapTree
export type ScalarTree = { readonly kind: 'scalar'; readonly at: Place; readonly value: ScalarValue }
export type ListTree = { readonly kind: 'list'; readonly at: Place; readonly items: readonly Tree[] }
export type MapTree = { readonly kind: 'map'; readonly at: Place; readonly entries: ReadonlyMap<string, Tree> }

/** The value as data. As kubectl does, nulls are left out of maps and kept in lists. */
export function jsonOf(tree: Tree): Json {
  switch (tree.kind) {
    case 'scalar':
      return typeof tree.value === 'bigint' ? number(tree.value) : tree.value
    case 'list':
      return tree.items.map(jsonOf)
    case 'map': {
      const said = [...tree.entries].filter(([, value]) => !isNull(value))
      // Not an assignment per key: `__proto__` is a key like any other.
      return Object.fromEntries(said.map(([key, value]) => [key, jsonOf(value)]))
    }
  }
}

export function isNull(tree: Tree): boolean {
  return tree.kind === 'scalar' && tree.value === null
}

/** The value at a path of keys; undefined where there is none, or null. */
export function treeAt(tree: Tree | undefined, ...path: readonly string[]): Tree | undefined {
  const found = path.reduce<Tree | undefined>((at, key) => (at?.kind === 'map' ? at.entries.get(key) : undefined), tree)
  return found === undefined || isNull(found) ? undefined : found
}

export function entriesAt(tree: Tree, ...path: readonly string[]): readonly (readonly [key: string, value: Tree])[] {
  const found = treeAt(tree, ...path)
  return found?.kind === 'map' ? [...found.entries] : []
}

export function itemsAt(tree: Tree, ...path: readonly string[]): readonly Tree[] {
  const found = treeAt(tree, ...path)
  return found?.kind === 'list' ? found.items : []
}

/** The text at a path; undefined where there is something else, or none. */
export function textAt(tree: Tree | undefined, ...path: readonly string[]): string | undefined {
  const found = treeAt(tree, ...path)
  return found?.kind === 'scalar' && typeof found.value === 'string' ? found.value : undefined
}

/** `a list`, `a number`: what it is, without saying its value. */
export function describe(tree: Tree | undefined): string {
  if (tree === undefined || isNull(tree)) return 'nothing'
  if (tree.kind !== 'scalar') return `a ${tree.kind}`
  return typeof tree.value === 'string' ? 'text' : typeof tree.value === 'boolean' ? 'a boolean' : 'a number'
}

function number(value: bigint): number | bigint {
  const near = Number(value)
  return Number.isSafeInteger(near) ? near : value
}
