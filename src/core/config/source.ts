import { type Node, type YAMLError, LineCounter, isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml'
import { type Place, type Problem } from '../parsed.ts'

/** A value that a person wrote, with the place where it stands. */
export type Spot =
  | { readonly kind: 'map'; readonly at: Place; readonly entries: readonly Entry[] }
  | { readonly kind: 'list'; readonly at: Place; readonly items: readonly Spot[] }
  | { readonly kind: 'scalar'; readonly at: Place; readonly value: string | number | boolean | null }
  | { readonly kind: 'unclear'; readonly at: Place; readonly problem: Problem }

export type Entry = { readonly key: string; readonly at: Place; readonly value: Spot }

type PlacedProblem = Problem & { readonly at: Place }

export type Source = { readonly root: Spot; readonly problems: readonly Problem[] }

const largest = 64 * 1024

// What YAML forbids in a text, and the characters that show a reviewer another order than the one that is read.
const invisible =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/

/**
 * Reads one YAML document without its surprises: no alias, merge key or tag, each key once. What remains means what it
 * seems to, and cannot grow while it is read.
 */
export function readSource(text: string): Source {
  if (text.length > largest) {
    return unreadable({ message: `expected at most ${largest} characters, got ${text.length}`, at: start })
  }
  const lines = new LineCounter()
  const source = text.replace(/^\uFEFF/, '')
  const hidden = invisible.exec(source)
  if (hidden !== null) return unreadable(invisibleCharacter(source, hidden))
  const [document, second] = parseAllDocuments(source, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core',
    stringKeys: true,
    // Its own search for duplicates takes quadratic time.
    uniqueKeys: false,
  })
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  if (document === undefined) return { root: emptyMap, problems: [] }
  const errors = [...document.errors, ...document.warnings].map((error) => notYaml(error, at(error.pos[0])))
  if (errors[0] !== undefined) return { ...unreadable(errors[0]), problems: errors }
  if (second !== undefined) {
    return unreadable({
      message: 'expected one YAML document, got several',
      at: at(second.range[0]),
      help: 'remove the `---` and everything behind it',
    })
  }
  const reading: Reading = { at, problems: [] }
  const root = document.contents === null ? emptyMap : spotOf(document.contents, reading)
  return { root: root.kind === 'scalar' && root.value === null ? emptyMap : root, problems: reading.problems }
}

const start: Place = { line: 1, column: 1 }
const emptyMap: Spot = { kind: 'map', at: start, entries: [] }

type Reading = { readonly at: (offset: number) => Place; readonly problems: Problem[] }

function spotOf(node: Node | null, reading: Reading, fallback: Place = start): Spot {
  const at = node?.range ? reading.at(node.range[0]) : fallback
  if (node === null) return { kind: 'scalar', at, value: null }
  if (isAlias(node)) {
    return unclear(reading, {
      message: `expected a value, got the alias \`*${quoted(node.source)}\``,
      at,
      help: 'write it out',
    })
  }
  if (node.tag !== undefined) {
    return unclear(reading, {
      message: `expected a value without a tag, got \`${quoted(node.tag)}\``,
      at,
      help: 'remove it',
    })
  }
  if (isSeq<Node>(node)) return { kind: 'list', at, items: node.items.map((item) => spotOf(item, reading, at)) }
  if (isMap<Node, Node | null>(node)) return { kind: 'map', at, entries: entriesOf(node.items, reading) }
  return scalar(node, at, reading)
}

type Pair = { readonly key: Node; readonly value: Node | null }

function entriesOf(pairs: readonly Pair[], reading: Reading): readonly Entry[] {
  const seen = new Map<string, Place>()
  return pairs.flatMap(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : ''
    const at = reading.at(key.range?.[0] ?? 0)
    const before = seen.get(name)
    if (before !== undefined) {
      reading.problems.push({
        message: `expected each key once, got \`${quoted(name)}\` again`,
        at,
        help: `it stands in line ${before.line} already`,
      })
      return []
    }
    seen.set(name, at)
    return [{ key: name, at, value: spotOf(value, reading, at) }]
  })
}

function scalar(node: Node, at: Place, reading: Reading): Spot {
  const value: unknown = isScalar(node) ? node.value : undefined
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return { kind: 'scalar', at, value }
  }
  return unclear(reading, { message: 'expected text, a number, a list or a map', at })
}

function unclear(reading: Reading, problem: PlacedProblem): Spot {
  reading.problems.push(problem)
  return { kind: 'unclear', at: problem.at, problem }
}

function unreadable(problem: PlacedProblem): Source {
  return { root: { kind: 'unclear', at: problem.at, problem }, problems: [problem] }
}

/** Where the parser speaks to programmers. */
const ourWords: Partial<Record<YAMLError['code'], Omit<Problem, 'at'>>> = {
  NON_STRING_KEY: { message: 'expected text as a key, got something else' },
  RESOURCE_EXHAUSTION: { message: 'expected a configuration, got brackets or lists nested too deeply' },
  TAB_AS_INDENT: { message: 'expected spaces as indentation, got a tab', help: 'replace tabs by spaces' },
}

function notYaml({ code, message }: YAMLError, at: Place): PlacedProblem {
  return { message: `not readable as YAML: ${quoted(lowerFirst(message))}`, ...ourWords[code], at }
}

function invisibleCharacter(source: string, { index, 0: character }: RegExpExecArray): PlacedProblem {
  const before = source.slice(0, index).split('\n')
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  return {
    message: `expected visible text, got the character U+${code}`,
    at: { line: before.length, column: (before.at(-1) ?? '').length + 1 },
    help: 'delete it; it cannot be seen in a review',
  }
}

/** What a person wrote, short enough for a sentence and on one line. */
export function quoted(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 80 ? `${line.slice(0, 80)}…` : line
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
