import { isAlias, isMap, isScalar, type Node, type Pair } from 'yaml'
import { type Parsed, parsed, type Place, type Problem, refused } from '../parsed.ts'
import { isProvedAddition, isProvedRemoval } from './annotate-proof.ts'
import {
  firstEntry,
  insertion,
  pairOf,
  removal,
  removalOfKeyLine,
  type Splice,
  type Spread,
  stepBetween,
} from './annotate-splice.ts'
import { parseYaml, places, type YamlSource } from './document.ts'
import { type Resource } from './resource.ts'
import { descend, mergeKey, type NodePath } from './spot.ts'
import { formatPath, walk, whyShared } from './target.ts'

export type Annotation = { readonly key: string; readonly value: string }

const namePart = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/

/** The text with one annotation more. */
export function addAnnotation(text: string, resource: Resource, { key, value }: Annotation): Parsed<string> {
  if (!namePart.test(key.slice(key.indexOf('/') + 1))) {
    return refused({ message: `\`${key}\` can be no annotation for Kubernetes`, at: resource.spot.at })
  }
  const ground = groundOf(text, resource)
  if (!ground.ok) return ground
  const splice = spliceOfAddition(ground.value, { key, value })
  const edited = splice === undefined ? undefined : spliced(text, [splice])
  const isProved = edited !== undefined && isProvedAddition([text, edited], ground.value.place, [key, value])
  return isProved ? parsed(edited) : refused(unsure(key, ground.value.at))
}

function spliceOfAddition({ metadata, step, annotations }: Ground, entry: Annotation): Splice | undefined {
  if (annotations === undefined) return insertion(metadata, { key: 'annotations', value: entry }, step)
  const { pair } = annotations
  if (isMap(pair.value)) return insertion({ ...metadata, map: pair.value }, entry, step)
  const isEmpty = pair.value === null || (isScalar(pair.value) && pair.value.value === null && pair.value.source === '')
  return isEmpty && metadata.map.flow !== true ? firstEntry(metadata, pair, entry, step) : undefined
}

/** The text without this annotation. */
export function removeAnnotation(text: string, resource: Resource, key: string): Parsed<string> {
  const ground = groundOf(text, resource)
  if (!ground.ok) return ground
  const splices = splicesOfRemoval(ground.value, key)
  const edited = splices === undefined ? undefined : spliced(text, splices)
  const isProved = edited !== undefined && isProvedRemoval([text, edited], ground.value.place, key)
  return isProved ? parsed(edited) : refused(unsure(key, ground.value.at))
}

function splicesOfRemoval({ metadata, annotations }: Ground, key: string): readonly Splice[] | undefined {
  if (annotations === undefined || !isMap(annotations.pair.value)) return undefined
  const map = annotations.pair.value
  const inside = { ...metadata, map }
  const index = pairOf(map, key)?.index
  const all =
    map.items.length > 1 && index !== undefined
      ? [removal(inside, index)]
      : map.flow === true
        ? [removal(metadata, annotations.index)]
        : // The last one takes `annotations:` along, but not the comments between them.
          [removal(inside, 0), removalOfKeyLine(metadata, annotations.pair)]
  const splices = all.filter((splice) => splice !== undefined)
  return splices.length === all.length ? splices : undefined
}

/** The mapping that is edited, and what has to be known of its surroundings. */
type Ground = {
  readonly place: { readonly document: number; readonly path: NodePath }
  readonly metadata: Spread
  readonly annotations: { readonly pair: Pair; readonly index: number } | undefined
  readonly step: number
  readonly at: Place
}

function groundOf(text: string, resource: Resource): Parsed<Ground> {
  const { document, path, at } = resource.spot
  const source = parseYaml(text)[document.index]
  const placeAt = places(text)
  const metadataPath = [...path, 'metadata']
  const way = source === undefined ? undefined : walkShared(source, metadataPath)
  if (source === undefined || way === undefined) return refused({ message: 'the file has changed', at })
  if (way.kind === 'obstacle') {
    const offset = way.node?.range?.[0]
    const where = offset === undefined ? at : placeAt(source.start + offset)
    return refused({ message: `\`${formatPath(metadataPath)}\` ${way.why}`, at: where })
  }
  const [map, outer] = way.nodes
  const merged = descend(resource.spot, ['metadata', 'annotations'])?.path.includes(mergeKey)
  if (isAlias(map)) return refused({ message: '`metadata` is an alias', at })
  if (merged === true) return refused({ message: '`metadata.annotations` is merged in from elsewhere by `<<`', at })
  if (!isMap(map) || !isMap(outer)) return refused({ message: '`metadata` is no mapping', at })
  const spread = { file: text, start: source.start }
  const metadata = { ...spread, map }
  const annotations = pairOf(map, 'annotations')
  const step = stepBetween({ ...spread, map: outer }, metadata)
  return parsed({ place: { document: document.index, path }, metadata, annotations, step, at })
}

function walkShared(source: YamlSource, path: NodePath) {
  const way = walk(source, path)
  if (way.kind === 'obstacle') return way
  // Also what stands below it: annotations that an alias repeats are those of somebody else, too.
  const below = walk(source, [...path, 'annotations'])
  if (below.kind === 'obstacle') return isThere(way.nodes[0], 'annotations') ? below : (whyShared(way) ?? way)
  return whyShared(below) ?? way
}

function isThere(map: Node, key: string): boolean {
  return isMap(map) && pairOf(map, key) !== undefined
}

function spliced(text: string, splices: readonly Splice[]): string {
  const backwards = splices.toSorted((a, b) => b.start - a.start)
  return backwards.reduce((text, { start, end, text: into }) => text.slice(0, start) + into + text.slice(end), text)
}

/** What is said of a change that cannot be proved. */
export function unsure(what: string, at: Place): Problem {
  const message = `\`${what}\` cannot be changed in a way that is sure to change nothing else`
  return { message, at, help: 'change it by hand' }
}
