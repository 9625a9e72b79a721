import { matchesGlob } from 'node:path'
import { runInNewContext } from 'node:vm'
import semver from 'semver'
import { newestAllowedTag } from '../src/core/image/newest.ts'
import { type TagPolicy, parseTagPolicy, policyAllows } from '../src/core/image/tag-policy.ts'
import { guaranteed } from '../src/core/parsed.ts'
import { race, times } from './measure.ts'
import type { Bench, Row, Table } from './report.ts'

const count = 10_000
const rounds = 5
const limitMs = 2000

export const tags: Bench = {
  about: 'the newest of 10,000 tags by a semver policy, and patterns made to hang',
  async run(tell) {
    tell(`${count} tags, ${constraints.length} constraints, ${rounds} rounds`)
    const plain = { title: `tags: the newest of ${count}, all MAJOR.MINOR.PATCH`, ...choose(plainTags()) }
    const mixed = { title: `tags: the newest of ${count}, as registries hold them`, ...choose(mixedTags()) }
    tell(`${hostile.length} hostile patterns, ${limitMs / 1000} s at most for each`)
    return [plain, mixed, { title: 'tags: one match of a hostile pattern', rows: hostile.map(matchHostile) }]
  },
}

const constraints = ['~1.2', '^3', '>=2.1, <7', '1.x || 9.x', '>=1.0.0-0']

function choose(tags: readonly string[]): Pick<Table, 'rows' | 'notes'> {
  const rows = constraints.map((constraint): Row => {
    const policy = policyOf(`semver:${constraint}`)
    // In npm's ranges a comma is not allowed.
    const range = constraint.replaceAll(',', '')
    const choose = {
      ours: () => newestAllowedTag(policy, tags),
      theirs: () => semver.maxSatisfying([...tags], range),
    }
    const ms = race(choose, rounds)
    const newest = choose.ours()
    const [ours, theirs] = [newest.kind === 'newest' ? newest.tag : 'none', choose.theirs() ?? 'none']
    return {
      constraint,
      'lotse ms': ms.ours,
      'semver ms': ms.theirs,
      'semver time': times(ms.theirs, ms.ours),
      'lotse chooses': ours,
      'semver chooses': theirs,
      agree: ours === theirs ? 'yes' : 'no',
      'tags allowed by one only': tags.filter((tag) => policyAllows(policy, tag) !== semver.satisfies(tag, range))
        .length,
    }
  })
  const agreed = rows.filter(({ agree }) => agree === 'yes').length
  return { rows, notes: [`they agree on ${agreed} of ${rows.length}`] }
}

function plainTags(): readonly string[] {
  const random = randomNumbers()
  return Array.from({ length: count }, () => version(random))
}

function mixedTags(): readonly string[] {
  const random = randomNumbers()
  const kinds: readonly (() => string)[] = [
    () => version(random),
    () => version(random),
    () => `v${version(random)}`,
    () => `${random(10)}.${random(40)}`,
    () => `${version(random)}-rc.${random(9)}`,
    () => `${version(random)}-alpine`,
    () => `main-${random(2 ** 31).toString(16)}`,
    () => 'latest',
  ]
  return Array.from({ length: count }, () => kinds[random(kinds.length)]?.() ?? '')
}

function version(random: (below: number) => number): string {
  return `${random(10)}.${random(40)}.${random(60)}`
}

/** The same in every run. */
function randomNumbers(): (below: number) => number {
  let state = 1
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

type Hostile = {
  readonly policy: string
  readonly tag: string
  readonly others: Readonly<Record<string, () => boolean>>
}

const globTag = 'a'.repeat(128)
const glob = '*a*a*a*a*a*a*a*a*a*b'
const regexpTag = `${'a'.repeat(60)}_`

const hostile: readonly Hostile[] = [
  {
    policy: `glob:${glob}`,
    tag: globTag,
    others: {
      'RegExp ms': () => new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(globTag),
      'minimatch ms': () => matchesGlob(globTag, glob),
    },
  },
  {
    policy: 'regexp:^(a+)+$',
    tag: regexpTag,
    others: { 'RegExp ms': () => /^(a+)+$/.test(regexpTag) },
  },
]

function matchHostile({ policy: text, tag, others }: Hostile): Row {
  const policy = policyOf(text)
  const measured = Object.entries({ 'lotse ms': () => policyAllows(policy, tag), ...others }).map(
    ([name, match]) => [name, boundedMs(match)] as const,
  )
  const columns = { 'lotse ms': '', 'RegExp ms': '', 'minimatch ms': 'no regexps' }
  return { policy: text, 'length of tag': tag.length, ...columns, ...Object.fromEntries(measured) }
}

/** A context of `vm` can be ended in the midst of a match; nothing else in one thread can. */
function boundedMs(match: () => boolean): string {
  const start = performance.now()
  try {
    runInNewContext('match()', { match }, { timeout: limitMs })
  } catch (error) {
    // It is an error of that context, so no `instanceof Error` of ours.
    if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    return `stopped after ${limitMs}`
  }
  return (performance.now() - start).toFixed(2)
}

function policyOf(text: string): TagPolicy {
  return guaranteed(parseTagPolicy(text))
}
