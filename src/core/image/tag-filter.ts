import type { RE2JS } from 're2js'
import { type Parsed, parsed, refused } from '../parsed.ts'
import { type ExtractTemplate, extracted, parseExtractTemplate } from './extract-template.ts'
import { compileRe2, largestProgram } from './re2.ts'

/** Which tags are looked at, and what of each. */
export type TagFilter = {
  readonly pattern?: RE2JS
  readonly extract?: ExtractTemplate
  readonly exclude: readonly RE2JS[]
}

/** The same as people write it: the `filterTags` of an ImagePolicy and the `exclusionList` of an ImageRepository. */
export type WrittenFilter = {
  readonly filter?: string
  readonly extract?: string
  readonly exclude: readonly string[]
}

const bare = /^[^\s"]\S*$/

/** ` filter=^v(.+)$ extract=$1 exclude="a b"`: to stand behind a policy. Empty where it leaves everything as it is. */
export function formatTagFilter({ filter, extract, exclude }: WrittenFilter): string {
  const options: readonly (readonly [string, string | undefined])[] = [
    ['filter', filter],
    ['extract', extract],
    ...exclude.map((pattern) => ['exclude', pattern] as const),
  ]
  return options
    .map(([name, value]) => (value === undefined ? '' : ` ${name}=${bare.test(value) ? value : JSON.stringify(value)}`))
    .join('')
}

const start = /\s(?:filter|extract|exclude)=/
const option = /\s+(filter|extract|exclude)=("(?:[^"\\]|\\.)*"|[^\s"]\S*)(?=\s|$)/y

/** The text of a policy, parted into what stands before the filter and the filter. */
export function parseTagFilter(text: string): Parsed<{ readonly head: string; readonly written: WrittenFilter }> {
  const found = text.search(start)
  if (found < 0) return parsed({ head: text.trim(), written: { exclude: [] } })
  const options = optionsOf(text.slice(found).trimEnd())
  if (options === undefined) {
    const help = 'put what has spaces or quotes into a JSON string: `filter="a b"`'
    return refused({ message: `expected \`filter=PATTERN extract=TEMPLATE\`, got \`${text.slice(found + 1)}\``, help })
  }
  const valuesOf = (name: string): readonly string[] => options.flatMap(([key, value]) => (key === name ? [value] : []))
  const [filters, extracts, exclude] = [valuesOf('filter'), valuesOf('extract'), valuesOf('exclude')]
  if (filters.length > 1 || extracts.length > 1) return refused('expected one `filter=` and one `extract=` at most')
  const [filter, extract] = [filters[0], extracts[0]]
  const written = {
    ...(filter === undefined ? {} : { filter }),
    ...(extract === undefined ? {} : { extract }),
    exclude,
  }
  return parsed({ head: text.slice(0, found).trim(), written })
}

function optionsOf(text: string): readonly (readonly [name: string, value: string])[] | undefined {
  const options: (readonly [string, string])[] = []
  const next = new RegExp(option)
  while (next.lastIndex < text.length) {
    const [, name, written] = next.exec(text) ?? []
    const value = written?.startsWith('"') === true ? unquoted(written) : written
    if (name === undefined || value === undefined) return undefined
    options.push([name, value])
  }
  return options
}

function unquoted(written: string): string | undefined {
  try {
    const value: unknown = JSON.parse(written)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

/** Undefined where it leaves everything as it is. */
export function compileTagFilter({ filter, extract, exclude }: WrittenFilter): Parsed<TagFilter | undefined> {
  if (filter === undefined && extract === undefined && exclude.length === 0) return parsed(undefined)
  // As in Flux: an extract without a filter is one of a pattern that is in every tag, and an empty one is none.
  const pattern = compileRe2(filter ?? '', filter ?? '')
  if (!pattern.ok) return pattern
  const template = extract === undefined || extract === '' ? undefined : parseExtractTemplate(extract, pattern.value)
  if (template !== undefined && !template.ok) return template
  const excluded: RE2JS[] = []
  for (const written of exclude) {
    const compiled = compileRe2(written, written)
    if (!compiled.ok) return compiled
    excluded.push(compiled.value)
  }
  const size = [pattern.value, ...excluded].reduce((size, pattern) => size + pattern.programSize(), 0)
  if (size > largestProgram) return refused('the patterns of the filter are too large together')
  return parsed({
    ...(filter === undefined && template === undefined ? {} : { pattern: pattern.value }),
    ...(template === undefined ? {} : { extract: template.value }),
    exclude: excluded,
  })
}

export function isLookedAt(filter: TagFilter | undefined, tag: string): boolean {
  return filter === undefined || (filter.pattern?.test(tag) !== false && !isExcluded(filter, tag))
}

function isExcluded({ exclude }: TagFilter, tag: string): boolean {
  return exclude.some((pattern) => pattern.test(tag))
}

/** What of a tag is compared; undefined for one that is not looked at. */
export function comparedText(filter: TagFilter | undefined, tag: string): string | undefined {
  if (filter?.pattern === undefined || filter.extract === undefined) return isLookedAt(filter, tag) ? tag : undefined
  return isExcluded(filter, tag) ? undefined : extracted(filter.extract, filter.pattern, tag)
}
