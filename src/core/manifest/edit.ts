import { type Document, type Node, type Scalar } from 'yaml'
import { withTag } from '../image/ref.ts'
import { type Parsed, parsed, type Place, type Problem, refused } from '../parsed.ts'
import { parseYaml, places, type YamlSource } from './document.ts'
import { isSameExcept } from './proof.ts'
import { asScalar, cannotBeWritten } from './scalar-text.ts'
import { type NodePath } from './spot.ts'
import { scalarAt } from './target.ts'
import { type ImageUse } from './workload.ts'

export type ScalarEdit = { readonly place: ImageUse['place']; readonly value: string }

/**
 * The text with these scalars replaced and every other byte as it was. Proved by reading the result: it has the new
 * values at their places, and everything else is the same. What cannot be proved is refused, all of it or nothing.
 */
export function editScalars(text: string, edits: readonly ScalarEdit[]): Parsed<string> {
  const sources = parseYaml(text)
  const placeAt = places(text)
  const all = distinct(edits).map((edit) => locate(sources, edit, placeAt))
  const [problem, ...problems] = all.flatMap((located) => ('problem' in located ? [located.problem] : []))
  if (problem !== undefined) return refused(problem, ...problems)
  const splices = all.flatMap((located) => ('problem' in located ? [] : [located]))
  const overlap = splices.find((splice) => splices.some((other) => other !== splice && other.start === splice.start))
  if (overlap !== undefined)
    return refused({ message: 'two edits want the same value to be different', at: overlap.at })
  const edited = spliced(text, splices)
  const unproved = whatIsUnproved({ sources, edited, splices })
  return unproved === undefined ? parsed(edited) : refused(unproved)
}

/** The edit that gives an image another tag. */
export function retag(use: ImageUse, tag: string): ScalarEdit {
  const value = use.holds === 'tag' ? tag : withTag({ ...use.image, written: use.text }, tag)
  return { place: use.place, value }
}

type Splice = {
  readonly document: number
  readonly node: Scalar
  readonly value: string
  readonly start: number
  readonly end: number
  readonly replacement: string
  readonly at: Place
}

function distinct(edits: readonly ScalarEdit[]): readonly ScalarEdit[] {
  return [...new Map(edits.map((edit) => [JSON.stringify([edit.place, edit.value]), edit])).values()]
}

function locate(
  sources: readonly YamlSource[],
  { place, value }: ScalarEdit,
  placeAt: (offset: number) => Place,
): Splice | { readonly problem: Problem } {
  const source = sources[place.document]
  if (source === undefined) return { problem: { message: `has no document ${place.document + 1}` } }
  const here = (node: Node | undefined): Place => placeAt(source.start + (node?.range?.[0] ?? 0))
  const target = scalarAt(source.parsed, place.path)
  if ('refused' in target) {
    return { problem: { message: `\`${formatPath(place.path)}\` ${target.refused}`, at: here(target.node) } }
  }
  const { node, range } = target
  const unwritable = cannotBeWritten(value)
  if (unwritable !== undefined) return { problem: { message: unwritable, at: here(node) } }
  const [start, end] = [source.start + range[0], source.start + range[1]]
  const replacement = asScalar(value, source.text.charAt(range[0]))
  return { document: place.document, node, value, start, end, replacement, at: here(node) }
}

function spliced(text: string, splices: readonly Splice[]): string {
  const backwards = splices.toSorted((a, b) => b.start - a.start)
  return backwards.reduce(
    (text, { start, end, replacement }) => text.slice(0, start) + replacement + text.slice(end),
    text,
  )
}

function formatPath(path: NodePath): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '')
}

type Proof = {
  readonly sources: readonly YamlSource[]
  readonly edited: string
  readonly splices: readonly Splice[]
}

function whatIsUnproved({ sources, edited, splices }: Proof): Problem | undefined {
  const after = parseYaml(edited)
  const lost: Problem = { message: 'the edit would change how the file is divided into documents' }
  if (after.length !== sources.length) return lost
  const wanted = new Map<Node, string>(splices.map(({ node, value }) => [node, value]))
  for (const [index, source] of sources.entries()) {
    const different = differenceOf(source.parsed, after[index]?.parsed, wanted)
    if (different) {
      const at = splices.find(({ document }) => document === index)?.at
      const message = 'the edit would change more than this value, or not to what was asked'
      return { message, ...(at === undefined ? {} : { at }) }
    }
  }
  return undefined
}

type ParsedDocument = YamlSource['parsed'] | undefined

function differenceOf(before: ParsedDocument, after: ParsedDocument, wanted: ReadonlyMap<Node, string>): boolean {
  if (before === 'too deep' || after === 'too deep' || after === undefined || before === undefined)
    return before !== after
  return errorsOf(before) !== errorsOf(after) || !isSameExcept(before.contents, after.contents, wanted)
}

function errorsOf(document: Document.Parsed): string {
  return document.errors.map(({ code }) => code).join()
}
