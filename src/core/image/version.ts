/**
 * A version as Masterminds/semver reads a tag: an optional `v`, one to three numbers, leading zeros allowed, what is
 * missing is zero. Nothing is guessed out of longer texts: `main-1` is no version.
 *
 * The numbers are big, because tags made of dates are (`20240115123456789`), and the `semver` package, which stops at
 * 2^53, would refuse those.
 */
export type Version = {
  readonly numbers: readonly [major: bigint, minor: bigint, patch: bigint]
  readonly prerelease: readonly string[]
}

const longestVersion = 256
const largestNumber = 2n ** 64n - 1n
const form = /^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

export function parseVersion(text: string): Version | undefined {
  const match = text.length > longestVersion ? null : form.exec(text)
  if (match === null) return undefined
  const [, major = '', minor = '0', patch = '0', prerelease] = match
  return makeVersion([major, minor, patch], prerelease)
}

export function makeVersion(numbers: readonly [string, string, string], prerelease?: string): Version | undefined {
  const identifiers = prerelease?.split('.') ?? []
  const [major, minor, patch] = [BigInt(numbers[0]), BigInt(numbers[1]), BigInt(numbers[2])]
  if ([major, minor, patch].some((number) => number > largestNumber)) return undefined
  return identifiers.every(isIdentifier) ? { numbers: [major, minor, patch], prerelease: identifiers } : undefined
}

/** Below zero when `a` is the lower version. A pre-release is lower than its release. */
export function compareVersions(a: Version, b: Version): number {
  return compareNumbers(a, b, 3) || comparePrereleases(a.prerelease, b.prerelease)
}

/** Compares only the first so many numbers: with 2, all of 1.2 are equal. */
export function compareNumbers(a: Version, b: Version, count: number): number {
  for (let i = 0; i < count; i += 1) {
    const difference = (a.numbers[i] ?? 0n) - (b.numbers[i] ?? 0n)
    if (difference !== 0n) return difference < 0n ? -1 : 1
  }
  return 0
}

export function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const order = compareIdentifiers(a[i], b[i])
    if (order !== 0) return order
  }
  return 0
}

/** Numbers before words; nothing before anything. */
function compareIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0
  if (a === undefined) return -1
  if (b === undefined) return 1
  if (isNumber(a) && isNumber(b)) return BigInt(a) < BigInt(b) ? -1 : 1
  if (isNumber(a) !== isNumber(b)) return isNumber(a) ? -1 : 1
  return a < b ? -1 : 1
}

function isIdentifier(text: string): boolean {
  return text !== '' && !/^0[0-9]+$/.test(text)
}

/** What does not fit in 64 bits counts as a word, as it does for Masterminds. */
function isNumber(text: string): boolean {
  return /^[0-9]+$/.test(text) && BigInt(text) <= largestNumber
}
