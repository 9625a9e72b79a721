import { type Document, type Node } from 'yaml'
import { type Place, type Problem } from '../parsed.ts'
import { aliasTargets, isTemplate, parsePiece, type Piece, places, splitAtMarkers } from './document.ts'
import { readRoot } from './kubernetes-nodes.ts'
import { type Tree } from './kubernetes-tree.ts'

export type Trees = { readonly trees: readonly Tree[]; readonly problems: readonly Problem[] }

/** Far more than any manifest has, and so little that nobody waits for it. */
const most = {
  documents: 10_000,
  bytes: 2 ** 20,
  depth: 64,
  /** What the aliases of a file may add to it, in characters: each leads to others, so few lines can ask for billions. */
  repeated: 2 ** 20,
  problems: 100,
}

/**
 * The documents of a file as Kubernetes reads them, an empty one being a null. A document with a problem is left out
 * whole: what is half read must not be applied. No problem holds a value of the file, as it may be a secret one.
 */
export function readTrees(text: string): Trees {
  const file = openFile(text)
  const pieces = splitAtMarkers(text)
  if (pieces.length > most.documents) {
    file.complain(0, `expected at most ${most.documents} documents in one file, got ${pieces.length}`, 'split the file')
    return { trees: [], problems: file.problems() }
  }
  const trees = pieces.flatMap((piece) => readPiece(file, piece))
  return { trees, problems: file.problems() }
}

const tooDeep = `nested more than ${most.depth} levels deep`

type File = ReturnType<typeof openFile>

const template = {
  message: 'this is a template (`{{`) and no manifest yet',
  help: 'keep charts out of the folders of clusters; where text is meant, quote it',
}

function openFile(text: string) {
  const placeAt = places(text)
  const found = new Map<string, Problem>()
  let [complaints, repeated] = [0, 0]
  const complain = (where: number | Place, message: string, help?: string): void => {
    complaints += 1
    const at = typeof where === 'number' ? placeAt(where) : where
    // A chart has a template on every line, which is said once; what else is wrong with it is no news.
    if (found.has(template.message) || found.size >= most.problems) return
    const key = message === template.message ? message : `${at.line}:${at.column} ${message}`
    if (!found.has(key)) found.set(key, { message, at, ...(help && { help }) })
  }
  return {
    placeAt,
    complain,
    complainOfTemplate: (where: number | Place) => complain(where, template.message, template.help),
    /** How often somebody complained, said or not: whether a document is whole. */
    complaints: () => complaints,
    problems: (): readonly Problem[] => [...found.values()],
    /** Counts what aliases add, and complains once when that is too much. */
    repeat: (characters: number, at: Place): 'go on' | 'too much' => {
      const wasFine = repeated <= most.repeated
      repeated += characters
      if (repeated <= most.repeated) return 'go on'
      if (wasFine) complain(at, 'the aliases of this file repeat too much', 'write out what they stand for')
      complaints += 1
      return 'too much'
    },
  }
}

function readPiece(file: File, piece: Piece): readonly Tree[] {
  const refusal = refusalOf(piece)
  if (refusal !== undefined) {
    file.complain(piece.start + refusal.offset, refusal.message, refusal.help)
    return []
  }
  return parsePiece(piece).flatMap((parsed) => {
    const before = file.complaints()
    if (parsed === 'too deep') file.complain(piece.start, tooDeep)
    const tree = parsed === 'too deep' ? undefined : readDocument(file, piece, parsed)
    return tree === undefined || file.complaints() > before ? [] : [tree]
  })
}

type Refusal = { readonly offset: number; readonly message: string; readonly help: string }

/** What is asked before parsing, which takes its time or reads over it. */
function refusalOf({ text, start }: Piece): Refusal | undefined {
  const bytes = Buffer.byteLength(text)
  if (bytes > most.bytes) {
    const message = `expected a document of at most ${most.bytes} bytes, got ${bytes}`
    return { offset: 0, message, help: 'Kubernetes stores no larger object' }
  }
  const directive = /^%/m.exec(text)
  if (directive !== null) {
    const message = 'Kubernetes reads no document with a directive (`%`)'
    return { offset: directive.index, message, help: 'remove the line' }
  }
  // Kubernetes refuses control characters, ends a line at some that end none here, and keeps a byte order mark that is
  // dropped here; but the first of a file is one to both.
  const read = start === 0 ? text.replace(/^\ufeff/, ' ') : text
  // oxlint-disable-next-line no-control-regex -- control characters are what must not get in
  const found = /[\0-\x08\v\f\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\r(?!\n)/.exec(read)
  if (found === null) return undefined
  const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  const message = `the character U+${code} cannot stand in a manifest`
  return { offset: found.index, message, help: `write "\\u${code}" in double quotes where it is meant` }
}

function readDocument(file: File, { text, start }: Piece, parsed: Document.Parsed): Tree | undefined {
  const [error] = parsed.errors
  if (error !== undefined) {
    if (error.code === 'RESOURCE_EXHAUSTION') file.complain(start, tooDeep)
    else if (isTemplate(text)) file.complainOfTemplate(start + text.indexOf('{{'))
    else file.complain(start + error.pos[0], `cannot be read as YAML: ${withoutValues(error.message)}`)
    return undefined
  }
  const root: Node | null = parsed.contents
  const offsetOf = (node: Node): number => node.range?.[0] ?? 0
  if (root === null) return undefined
  return readRoot(
    {
      targets: aliasTargets(root),
      placeOf: (node) => file.placeAt(start + offsetOf(node)),
      complain: file.complain,
      text,
      complainOfTemplate: file.complainOfTemplate,
      mostDepth: most.depth,
      repeat: file.repeat,
      followed: new Set(),
    },
    root,
  )
}

/** The parser's words without what it cites of the text. */
function withoutValues(message: string): string {
  const said = message.charAt(0).toLowerCase() + message.slice(1)
  return said.replace(/: .*$/s, '').replace(/(escape sequence) .*$/s, '$1')
}
