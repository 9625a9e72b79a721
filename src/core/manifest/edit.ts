import { type Node } from 'yaml'
import { withTag } from '../image/ref.ts'
import { type Parsed, parsed, type Place, type Problem, refused } from '../parsed.ts'
import { parseYaml, places, type YamlSource } from './document.ts'
import { isSameExcept } from './proof.ts'
import { asScalar, cannotBeWritten } from './scalar-text.ts'
import { scalarAt, type Target } from './target.ts'
import { type ImageUse } from './workload.ts'

export type ScalarEdit = { readonly place: ImageUse['place']; readonly value: string }

/**
 * The text with these scalars replaced and every other byte as it was. Proved by reading the result: it has the new
 * values at their places, and everything else is the same. What cannot be proved is refused, all of it or nothing.
 */
export function editScalars(text: string, edits: readonly ScalarEdit[]): Parsed<string> {
  const sources = parseYaml(text)
  const placeAt = places(text)
  const located = distinct(edits).map((edit) => locate(sources, edit, placeAt))
  const splices = located.flatMap((result) => (result.ok ? [result.value] : []))
  const [problem, ...problems] = located.flatMap((result) => (result.ok ? [] : result.problems))
  if (problem !== undefined) return refused(problem, ...problems)
  const byStart = [...Map.groupBy(splices, ({ start }) => start).values()]
  const [clash] = byStart.find(({ length }) => length > 1) ?? []
  if (clash !== undefined) return refused({ message: 'two edits want different values at one place', at: clash.at })
  const edited = spliced(text, splices)
  const unproved = whatIsUnproved({ sources, edited, splices })
  return unproved === undefined ? parsed(edited) : refused(unproved)
}

/** The edit that gives an image another tag. */
export function retag(use: ImageUse, tag: string): ScalarEdit {
  const value = use.holds === 'tag' ? tag : withTag({ ...use.image, written: use.text }, tag)
  return { place: use.place, value }
}

type Splice = Target & { readonly document: number; readonly value: string; readonly replacement: string }

function distinct(edits: readonly ScalarEdit[]): readonly ScalarEdit[] {
  return [...new Map(edits.map((edit) => [JSON.stringify([edit.place, edit.value]), edit])).values()]
}

function locate(
  sources: readonly YamlSource[],
  { place: { document, path }, value }: ScalarEdit,
  placeAt: (offset: number) => Place,
): Parsed<Splice> {
  const source = sources[document]
  if (source === undefined) return refused({ message: `the file has no document ${document + 1}`, at: placeAt(0) })
  const target = scalarAt(source, path, placeAt)
  if (!target.ok) return target
  const unwritable = cannotBeWritten(value)
  if (unwritable !== undefined) return refused({ message: unwritable, at: target.value.at })
  const openingQuote = source.text.charAt(target.value.start - source.start)
  return parsed({ ...target.value, document, value, replacement: asScalar(value, openingQuote) })
}

/** In one go: a copy of the text for each of thousands of edits would take half a minute. */
function spliced(text: string, splices: readonly Splice[]): string {
  const forwards = splices.toSorted((a, b) => a.start - b.start)
  const pieces = forwards.flatMap(({ start, replacement }, index) => [
    text.slice(forwards[index - 1]?.end ?? 0, start),
    replacement,
  ])
  return [...pieces, text.slice(forwards.at(-1)?.end ?? 0)].join('')
}

type Proof = {
  readonly sources: readonly YamlSource[]
  readonly edited: string
  readonly splices: readonly Splice[]
}

function whatIsUnproved({ sources, edited, splices }: Proof): Problem | undefined {
  const after = parseYaml(edited)
  const [first] = splices
  if (first === undefined) return undefined
  if (after.length !== sources.length) return { message: 'the edit would change where documents end', at: first.at }
  const wanted = new Map<Node, string>(splices.map(({ node, value }) => [node, value]))
  const wrong = sources.findIndex((source, index) => !isProved(source, after[index], wanted))
  if (wrong < 0) return undefined
  // One that ends with `...` can be undone by a broken one behind it, in which nothing is edited.
  const { at } = splices.find(({ document }) => document === wrong) ?? first
  return { message: 'the edit would change more than this value, or not to what was asked', at }
}

function isProved(before: YamlSource, after: YamlSource | undefined, wanted: ReadonlyMap<Node, string>): boolean {
  // Each document is parsed by itself: the same text is the same document.
  if (before.text === after?.text) return true
  if (after === undefined || before.parsed === 'too deep' || after.parsed === 'too deep') return false
  return after.parsed.errors.length === 0 && isSameExcept(before.parsed.contents, after.parsed.contents, wanted)
}
