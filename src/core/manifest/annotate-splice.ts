import { isCollection, isNode, isPair, isScalar, type Node, type Pair, Scalar, type YAMLMap } from 'yaml'
import { nodesOf } from './document.ts'
import { asScalar } from './scalar-text.ts'
import { keyText } from './spot.ts'

/** What goes, from `start` to `end` of the file, and what comes in its place. */
export type Splice = { readonly start: number; readonly end: number; readonly text: string }

/** A mapping in a file: the offsets of its nodes count from `start`. */
export type Spread = { readonly file: string; readonly start: number; readonly map: YAMLMap }

/** `key: value`, or `key:` with one entry below it. */
export type Entry = { readonly key: string; readonly value: string | Entry }

/** A new entry at the end of a mapping that has some already, or is `{}`. */
export function insertion(spread: Spread, entry: Entry, step: number): Splice {
  const { map } = spread
  const last = map.items.at(-1)
  if (last === undefined) return at(spread, (map.range?.[0] ?? 0) + 1, flowEntry(entry, ''))
  if (map.flow === true) {
    const quote = isQuoted(last.key) ? '"' : ''
    return at(spread, endOf(last), `,${gapBefore(spread, last)}${flowEntry(entry, quote)}`)
  }
  const lines = blockEntry(entry, { indent: columnOf(spread, last), step, quote: quoteIn(map) })
  return afterPair(spread, last, lines)
}

/** The first entry of a key that has no value: `annotations:`. */
export function firstEntry(spread: Spread, pair: Pair, entry: Entry, step: number): Splice {
  return afterPair(spread, pair, blockEntry(entry, { indent: columnOf(spread, pair) + step, step, quote: '' }))
}

/** All lines of an entry, or in a flow mapping the entry and its comma. */
export function removal(spread: Spread, index: number): Splice | undefined {
  const { map, start } = spread
  const [before, pair, after] = [map.items[index - 1], map.items[index], map.items[index + 1]]
  if (pair === undefined) return undefined
  if (map.flow !== true) return wholeLines(spread, pair, lineAfter(spread, endOf(pair)))
  const from = after === undefined && before !== undefined ? endOf(before) : startOf(pair)
  const to = after === undefined ? endOf(pair) : startOf(after)
  const cut = { start: start + from, end: start + to, text: '' }
  return holdsComment(spread, cut, pair) ? undefined : cut
}

/** Only the line with the key of an entry, where what belongs to it begins on a later line. */
export function removalOfKeyLine(spread: Spread, pair: Pair): Splice | undefined {
  return wholeLines(spread, pair, lineAfter(spread, startOf(pair)))
}

/** By how much the author indents: how far a mapping stands behind the one that it is in. */
export function stepBetween(outer: Spread, inner: Spread): number {
  const [a, b] = [outer.map.items[0], inner.map.items[0]]
  const isBlock = outer.map.flow !== true && inner.map.flow !== true
  const step = isBlock && a !== undefined && b !== undefined ? columnOf(inner, b) - columnOf(outer, a) : 0
  return step > 0 ? step : 2
}

function at({ start }: Spread, offset: number, text: string): Splice {
  return { start: start + offset, end: start + offset, text }
}

function afterPair(spread: Spread, pair: Pair, lines: readonly string[]): Splice {
  const { file, start } = spread
  const offset = lineAfter(spread, endOf(pair))
  const end = lineEndBefore(file, start + offset)
  // A file without a last line break stays one.
  const isOpen = file.charAt(start + offset - 1) !== '\n'
  const text = lines.map((line) => (isOpen ? `${end}${line}` : `${line}${end}`)).join('')
  return at(spread, offset, text)
}

function lineEndBefore(file: string, offset: number): string {
  const lineBreak = file.lastIndexOf('\n', Math.max(offset - 1, 0))
  return file.charAt(lineBreak - 1) === '\r' ? '\r\n' : '\n'
}

function wholeLines({ file, start }: Spread, pair: Pair, to: number): Splice | undefined {
  const first = file.lastIndexOf('\n', start + startOf(pair) - 1) + 1
  const end = start + to
  // `- key: value` shares its first line.
  if (!/^[ \t]*$/.test(file.slice(first, start + startOf(pair)))) return undefined
  if (!isBlockText(pair.value) && /^[ \t]*#/m.test(file.slice(first, end))) return undefined
  if (file.charAt(end - 1) === '\n' || first === 0) return { start: first, end, text: '' }
  // The last line of a file without a last line break takes the one before it along.
  return { start: first - lineEndBefore(file, first).length, end, text: '' }
}

type Layout = { readonly indent: number; readonly step: number; readonly quote: string }

function blockEntry({ key, value }: Entry, layout: Layout): readonly string[] {
  const indent = ' '.repeat(layout.indent)
  if (typeof value === 'string') return [`${indent}${key}: ${inQuotes(value, layout.quote)}`]
  return [`${indent}${key}:`, ...blockEntry(value, { ...layout, indent: layout.indent + layout.step })]
}

function flowEntry({ key, value }: Entry, quote: string): string {
  const written = typeof value === 'string' ? asScalar(value, quote) : `{${flowEntry(value, quote)}}`
  return `${quote}${key}${quote}: ${written}`
}

/** What can do without quotes has none; else it has those of its neighbours. */
function inQuotes(value: string, quote: string): string {
  const plain = asScalar(value, '')
  return plain === value ? plain : asScalar(value, quote)
}

function quoteIn(map: YAMLMap): string {
  const isSingle = map.items.some(({ value }) => isScalar(value) && value.type === Scalar.QUOTE_SINGLE)
  return isSingle ? "'" : ''
}

function isQuoted(key: unknown): boolean {
  return isScalar(key) && (key.type === Scalar.QUOTE_DOUBLE || key.type === Scalar.QUOTE_SINGLE)
}

/** In a flow mapping over several lines the new entry has a line, too. */
function gapBefore({ file, start }: Spread, pair: Pair): string {
  const from = start + startOf(pair)
  const first = file.lastIndexOf('\n', from - 1) + 1
  const indent = file.slice(first, from)
  return first > 0 && /^[ \t]*$/.test(indent) ? `${lineEndBefore(file, first)}${indent}` : ' '
}

function columnOf({ file, start }: Spread, pair: Pair): number {
  const offset = start + startOf(pair)
  const first = file.lastIndexOf('\n', offset - 1) + 1
  return offset - first - (first === 0 && file.startsWith('\ufeff') ? 1 : 0)
}

function startOf({ key }: Pair): number {
  return rangeOf(key)[0]
}

/** Where the last thing that belongs to an entry ends. */
function endOf({ key, value }: Pair): number {
  let node = value ?? key
  while (isCollection(node) && node.flow !== true) {
    const last: unknown = node.items.at(-1)
    node = isPair(last) ? (last.value ?? last.key) : last
  }
  return rangeOf(node)[1]
}

function lineAfter({ file, start }: Spread, offset: number): number {
  // A block of text ends behind its last line break.
  if (file.charAt(start + offset - 1) === '\n') return offset
  const lineBreak = file.indexOf('\n', start + offset)
  return (lineBreak < 0 ? file.length : lineBreak + 1) - start
}

function rangeOf(node: unknown): readonly [start: number, end: number] {
  const range = (node as Partial<Node> | null | undefined)?.range
  return range === null || range === undefined ? [0, 0] : [range[0], range[1]]
}

function isBlockText(value: unknown): boolean {
  return isScalar(value) && (value.type === Scalar.BLOCK_LITERAL || value.type === Scalar.BLOCK_FOLDED)
}

/** Outside of the scalars: `"see #12"` holds none. */
function holdsComment({ file, start }: Spread, cut: Splice, { key, value }: Pair): boolean {
  const scalars = [key, value].filter(isNode).flatMap((node) => [...nodesOf(node)].filter((each) => isScalar(each)))
  const texts = scalars.map((scalar) => rangeOf(scalar))
  const starts = [cut.start, ...texts.map(([, end]) => start + end)]
  const ends = [...texts.map(([from]) => start + from), cut.end]
  return starts.some((from, index) => /(?:^|\s)#/.test(file.slice(from, ends[index])))
}

/** The first entry of this key, and its number. */
export function pairOf(map: YAMLMap, key: string): { readonly pair: Pair; readonly index: number } | undefined {
  const index = map.items.findIndex((pair) => keyText(pair.key) === key)
  const pair = map.items[index]
  return pair === undefined ? undefined : { pair, index }
}
