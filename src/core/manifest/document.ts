import { type Alias, type Document, isAlias, isCollection, isNode, isPair, type Node, parseAllDocuments } from 'yaml'
import { type Place, type Problem } from '../parsed.ts'

/** One YAML document of a manifest, as its nodes: nothing is expanded, so an alias bomb stays as small as its text. */
export type ManifestDocument = {
  /** Its number in the file from 0, empty and broken documents counted. */
  readonly index: number
  readonly contents: Node
  readonly placeOf: (node: Node) => Place
  /** What an alias names; undefined when nothing does, or when this document has had its share of aliases. */
  readonly follow: (alias: Alias) => Node | undefined
  readonly followedTooMany: () => boolean
}

export type Documents = { readonly documents: readonly ManifestDocument[]; readonly problems: readonly Problem[] }

// Each alias followed may lead to more of them, so that a small file can ask for billions. People write a handful.
const mostAliasesFollowed = 1000

/** The documents of a file that can be read; each broken one is a problem and stops no other. */
export function readDocuments(text: string): Documents {
  const sources = parseYaml(text)
  const placeAt = places(text)
  return {
    documents: sources.flatMap(({ parsed, start }, index) => {
      if (parsed === 'too deep' || parsed.contents === null || parsed.errors.length > 0) return []
      const placeOf = (node: Node): Place => placeAt(start + (node.range?.[0] ?? 0))
      return [{ index, contents: parsed.contents, placeOf, ...aliases(parsed.contents) }]
    }),
    problems: sources.flatMap((source) => whatIsBroken(source, placeAt)),
  }
}

/** A document as the parser gave it: its offsets count from `start`. */
export type YamlSource = {
  readonly parsed: Document.Parsed | 'too deep'
  readonly start: number
  readonly text: string
}

/**
 * The one way that manifests are parsed, so that a document has the same number for who reads and who edits. Each
 * document is parsed by itself: an open quote in one would swallow the others.
 */
export function parseYaml(text: string): readonly YamlSource[] {
  return splitAtMarkers(text).flatMap((piece) => parsePiece(piece).map((parsed) => ({ parsed, ...piece })))
}

/** Every node below this one and itself, in the order of the text. Without recursion: the depth is the author's. */
export function* nodesOf(root: Node): Generator<Node> {
  const open: unknown[] = [root]
  while (open.length > 0) {
    const next = open.pop()
    if (isPair(next)) open.push(next.value, next.key)
    else if (isNode(next)) yield next
    if (isCollection(next)) for (let i = next.items.length - 1; i >= 0; i -= 1) open.push(next.items[i])
  }
}

/** Tells the line and column of an offset. */
export function places(text: string): (offset: number) => Place {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let [low, high] = [0, starts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }
}

export type Piece = { readonly start: number; readonly text: string }

/** Cuts at `---`: nothing in YAML, not even a quoted text, may hold such a line at its first column. */
export function splitAtMarkers(text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let start = 0
  for (let at = text.indexOf('\n---'); at >= 0; at = text.indexOf('\n---', at + 1)) {
    const isMarker = /^[ \t\r\n]?$/.test(text.charAt(at + 4))
    // Directives and comments in front of a marker belong to the document that it opens.
    if (!isMarker || !/^(?!---)[^\s#%]|^---/m.test(text.slice(start, at))) continue
    pieces.push({ start, text: text.slice(start, at + 1) })
    start = at + 1
  }
  return [...pieces, { start, text: text.slice(start) }]
}

export function parsePiece({ text }: Piece): readonly (Document.Parsed | 'too deep')[] {
  try {
    // Duplicate keys are judged where they matter: a manifest that Kubernetes reads must not become unreadable here.
    return [...parseAllDocuments(text, { uniqueKeys: false, logLevel: 'silent', prettyErrors: false })]
  } catch (error) {
    // The parser recurses; its only throw is a full stack.
    if (error instanceof RangeError) return ['too deep']
    throw error
  }
}

function whatIsBroken({ parsed, start, text }: YamlSource, placeAt: (offset: number) => Place): readonly Problem[] {
  if (parsed === 'too deep') return [{ message: 'cannot be read as YAML: it is nested too deeply', at: placeAt(start) }]
  // Only the first error: the others are mostly its echo.
  const [error] = parsed.errors
  if (error === undefined || isTemplate(text)) return []
  const said = error.message.charAt(0).toLowerCase() + error.message.slice(1)
  return [{ message: `cannot be read as YAML: ${said}`, at: placeAt(start + error.pos[0]) }]
}

/** Charts carry templates that are no YAML yet; that is not their author's mistake. */
export function isTemplate(text: string): boolean {
  return /^[ \t]*(?:- )?(?:[\w.-]+:[ \t]+)?\{\{/m.test(text)
}

function aliases(contents: Node): Pick<ManifestDocument, 'follow' | 'followedTooMany'> {
  let targets: ReadonlyMap<Alias, Node> | undefined
  let followed = 0
  return {
    follow(alias) {
      targets ??= aliasTargets(contents)
      followed += 1
      return followed > mostAliasesFollowed ? undefined : targets.get(alias)
    },
    followedTooMany: () => followed > mostAliasesFollowed,
  }
}

/** An anchor may be set again further down: an alias means the last one before it. */
export function aliasTargets(contents: Node): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>()
  const targets = new Map<Alias, Node>()
  for (const node of nodesOf(contents)) {
    if (!isAlias(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
      continue
    }
    const target = anchors.get(node.source)
    if (target !== undefined) targets.set(node, target)
  }
  return targets
}
