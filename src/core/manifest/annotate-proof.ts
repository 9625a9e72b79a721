import { isMap, isScalar, type Node, type Pair, type YAMLMap } from 'yaml'
import { parseYaml, type YamlSource } from './document.ts'
import { isSameExcept } from './proof.ts'
import { keyText, type NodePath } from './spot.ts'
import { walk } from './target.ts'

export type Place = { readonly document: number; readonly path: NodePath }

/**
 * Whether the second text has one annotation more, as asked, and nothing else is different: taken away from its nodes
 * again, it leaves those of the first.
 */
export function isProvedAddition(
  [before, after]: readonly [string, string],
  place: Place,
  [key, value]: readonly [string, string],
): boolean {
  return isProved([before, after], place, (was, is) => {
    const annotations = mapBelow(is, 'annotations')
    const last = annotations?.items.pop()
    if (annotations === undefined || last === undefined || !says(last, key, value)) return false
    // A map that was not there, or was empty as `annotations:` is, is as it was.
    if (annotations.items.length === 0 && mapBelow(was, 'annotations') === undefined) restore(is, was)
    return true
  })
}

/** Whether the second text has this annotation no more, and nothing else is different. */
export function isProvedRemoval([before, after]: readonly [string, string], place: Place, key: string): boolean {
  return isProved([before, after], place, (was, is) => {
    const annotations = mapBelow(was, 'annotations')
    if (annotations === undefined) return false
    annotations.items = annotations.items.filter((pair) => keyText(pair.key) !== key)
    if (annotations.items.length === 0) was.items = was.items.filter((pair) => keyText(pair.key) !== 'annotations')
    return is.items.length === was.items.length
  })
}

/** `undo` makes the nodes of both texts, which are nobody else's, equal again; false where it cannot. */
function isProved(
  [before, after]: readonly [string, string],
  { document, path }: Place,
  undo: (was: YAMLMap, is: YAMLMap) => boolean,
): boolean {
  const [all, others] = [parseYaml(before), parseYaml(after)]
  const [was, is] = [all[document], others[document]]
  if (was === undefined || is === undefined || all.length !== others.length) return false
  const isElsewhere = all.some((source, index) => index !== document && source.text !== others[index]?.text)
  const [metadataBefore, metadataAfter] = [metadataOf(was, path), metadataOf(is, path)]
  if (isElsewhere || metadataBefore === undefined || metadataAfter === undefined) return false
  return undo(metadataBefore, metadataAfter) && isSameExcept(contentsOf(was), contentsOf(is), new Map())
}

function metadataOf(source: YamlSource, path: NodePath): YAMLMap | undefined {
  const way = walk(source, [...path, 'metadata'])
  return way.kind === 'way' && isMap(way.nodes[0]) ? way.nodes[0] : undefined
}

function contentsOf({ parsed }: YamlSource): Node | null {
  return parsed === 'too deep' ? null : parsed.contents
}

function restore(is: YAMLMap, was: YAMLMap): void {
  const empty = was.items.find((pair) => keyText(pair.key) === 'annotations')
  const index = is.items.findIndex((pair) => keyText(pair.key) === 'annotations')
  is.items.splice(index, 1, ...(empty === undefined ? [] : [empty]))
}

function mapBelow(map: YAMLMap, key: string): YAMLMap | undefined {
  const value = map.items.find((pair) => keyText(pair.key) === key)?.value
  return isMap(value) ? value : undefined
}

function says({ key, value }: Pair, expected: string, text: string): boolean {
  return keyText(key) === expected && isScalar(value) && value.value === text
}
