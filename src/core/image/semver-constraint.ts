import { type Parsed, parsed, refused } from '../parsed.ts'
import { compareNumbers, comparePrereleases, compareVersions, makeVersion, type Version } from './version.ts'

/**
 * Which versions are allowed, with the meaning that Masterminds/semver 3.4 and later give it: one of the groups must
 * hold in all its terms. npm's reading of the same text differs, above all for pre-releases: here, one term that names
 * a pre-release opens its whole group to all of them.
 */
export type SemverConstraint = { readonly groups: readonly Group[] }

type Group = { readonly terms: readonly Term[]; readonly prereleases: boolean }

/** `~1.2` is `~`, 1.2.0, with 2 numbers given; a wildcard counts as not given. */
type Term = { readonly operator: Operator; readonly version: Version; readonly given: number }
type Operator = '=' | '!=' | '>' | '<' | '>=' | '<=' | '~' | '^'

// Masterminds has the same limits.
const longestConstraint = 512
const mostGroups = 32

export function constraintAllows({ groups }: SemverConstraint, version: Version): boolean {
  const isPrerelease = version.prerelease.length > 0
  return groups.some(
    ({ terms, prereleases }) =>
      (prereleases || !isPrerelease) && terms.every((term) => meaning[term.operator](version, term)),
  )
}

/** The same, open to pre-releases: to tell whether only that keeps a version out. */
export function withPrereleases({ groups }: SemverConstraint): SemverConstraint {
  return { groups: groups.map(({ terms }) => ({ terms, prereleases: true })) }
}

/** `~1.2`, `>=1.2, <2 || ^3`, `1.2 - 2.4`, `>=1.0.0-0`. */
export function parseSemverConstraint(text: string): Parsed<SemverConstraint> {
  if (text.length > longestConstraint) {
    return refused(`expected a version constraint of at most ${longestConstraint} characters, got ${text.length}`)
  }
  const groups = withoutRanges(text)?.split('||').map(readGroup) ?? [undefined]
  const read = groups.filter((group) => group !== undefined)
  if (read.length === groups.length && read.length <= mostGroups) return parsed({ groups: read })
  return refused({
    message: `expected a version constraint like \`~1.2\` or \`>=1.0, <2.0\`, got \`${text}\``,
    help: 'see https://github.com/Masterminds/semver#checking-version-constraints',
  })
}

/** Where numbers are not given, the term speaks of all versions that share those that are. */
const meaning: Readonly<Record<Operator, (version: Version, term: Term) => boolean>> = {
  '=': (version, term) => (isWhole(term) ? compareVersions(version, term.version) === 0 : isNear(version, term)),
  '!=': differs,
  '>': (version, term) => order(version, term) > 0,
  '<': (version, term) => compareVersions(version, term.version) < 0,
  '>=': (version, term) => compareVersions(version, term.version) >= 0,
  '<=': (version, term) => (term.given === 0 ? compareNumbers(version, term.version, 2) : order(version, term)) <= 0,
  '~': isNear,
  '^': (version, term) => isFrom(version, term, numbersKept(term)),
}

function isWhole({ given }: Term): boolean {
  return given === 3
}

function order(version: Version, { version: bound, given }: Term): number {
  return given === 1 || given === 2 ? compareNumbers(version, bound, given) : compareVersions(version, bound)
}

function differs(version: Version, term: Term): boolean {
  if (term.given === 0 || isWhole(term)) return compareVersions(version, term.version) !== 0
  if (compareNumbers(version, term.version, term.given) !== 0) return true
  // `!=1.2` lets a pre-release of any 1.2 pass, `!=1` does not: that is how Masterminds decides.
  return term.given === 2 && comparePrereleases(version.prerelease, term.version.prerelease) !== 0
}

function isNear(version: Version, term: Term): boolean {
  const isAny = (term.given === 0 || isWhole(term)) && term.version.numbers.every((number) => number === 0n)
  return isFrom(version, term, isAny ? 0 : Math.min(term.given, 2))
}

function isFrom(version: Version, { version: lowest }: Term, kept: number): boolean {
  return compareVersions(version, lowest) >= 0 && compareNumbers(version, lowest, kept) === 0
}

/** `^` keeps everything up to the first number that is not zero. `^*` keeps all three, so only 0.0.0 is left. */
function numbersKept({ version: { numbers }, given }: Term): number {
  if (numbers[0] > 0n || given === 1) return 1
  return numbers[1] > 0n || given === 2 ? 2 : 3
}

const synonyms: Readonly<Record<string, Operator>> = {
  '': '=',
  '=': '=',
  '!=': '!=',
  '>': '>',
  '<': '<',
  '>=': '>=',
  '=>': '>=',
  '<=': '<=',
  '=<': '<=',
  '~': '~',
  '~>': '~',
  '^': '^',
}

const space = '[ \\t\\r\\n\\f]'
const part = '[0-9xX*]+'
const prerelease = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*'
const partial = `v?(${part})(?:\\.(${part}))?(?:\\.(${part}))?(?:-(${prerelease}))?(?:\\+${prerelease})?`
const anyPartial = partial.replaceAll(/\((?!\?)/g, '(?:').replaceAll(part, '[0-9xX*|]+')
const termForm = new RegExp(`(!=|>=|=>|<=|=<|~>|[=<>~^])?${space}*${partial}`, 'y')
const rangeForm = new RegExp(`${space}*(${anyPartial})${space}+-${space}+(${anyPartial})${space}*`, 'g')
const separatorForm = new RegExp(`${space}*,${space}*|${space}+`, 'y')
const spaceAround = new RegExp(`^${space}+|${space}+$`, 'g')

/**
 * `1.2 - 2.4` becomes its two terms as text, before anything else is read: where a range may stand follows from that, as
 * it does for Masterminds. It takes `||` for a part of a version there, which would turn `3||1 - 2` into something that
 * nobody meant; that is refused.
 */
function withoutRanges(text: string): string | undefined {
  const ranges = [...text.matchAll(rangeForm)]
  if (ranges.some(([, from = '']) => from.includes('|'))) return undefined
  return text.replace(rangeForm, '>= $1, <= $2 ')
}

function readGroup(text: string): Group | undefined {
  const source = text.replace(spaceAround, '')
  const terms: Term[] = []
  for (let at: number | undefined = 0; at !== undefined; at = afterSeparator(source, at)) {
    const read = readTerm(source, at)
    if (read === undefined) return undefined
    terms.push(read.term)
    at = read.end
    if (at === source.length) return { terms, prereleases: terms.some(({ version }) => version.prerelease.length > 0) }
  }
  return undefined
}

function afterSeparator(source: string, at: number): number | undefined {
  const separator = match(separatorForm, source, at)
  return separator === undefined ? undefined : at + separator[0].length
}

function readTerm(source: string, at: number) {
  const found = match(termForm, source, at)
  if (found === undefined) return undefined
  const [whole, operator = '', major, minor, patch, prerelease] = found
  const parts = [major, minor, patch]
  const open = parts.findIndex((part) => part === undefined || /^[xX*]$/.test(part))
  const given = open < 0 ? 3 : open
  const number = (i: number): string => (i < given ? (parts[i] ?? '0') : '0')
  if (!parts.slice(0, given).every((part) => /^[0-9]+$/.test(part ?? ''))) return undefined
  const version = makeVersion([number(0), number(1), number(2)], prerelease)
  if (version === undefined) return undefined
  const term: Term = { operator: synonyms[operator] ?? '=', version, given }
  return { term, end: at + whole.length }
}

function match(form: RegExp, source: string, at: number): RegExpExecArray | undefined {
  form.lastIndex = at
  return form.exec(source) ?? undefined
}
