import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { KnownTag } from '../src/core/image/wanted-metadata.ts'
import { parseTagPolicy } from '../src/core/image/tag-policy.ts'
import { guaranteed } from '../src/core/parsed.ts'
import { type ChoiceFacts, chooseTag } from '../src/core/release/choose.ts'
import { race, times } from './measure.ts'
import type { Row, Table } from './report.ts'

const rounds = 5
const count = 10_000
const startMs = Date.parse('2026-01-01T00:00:00Z')
const minuteMs = 60_000

const versions = numbered((n) => `${1 + (n % 9)}.${n % 40}.${Math.floor(n / 40)}`)
const builds = numbered((n) => `main-${(n * 7919) % count}-${((n * 2_654_435_761) >>> 0).toString(16)}`)

/** Of each kind what people write. */
const policies: readonly (readonly [policy: string, tags: readonly string[]])[] = [
  ['semver:~1.2', versions],
  ['semver:^3', versions],
  ['semver:>=2.1, <7', versions],
  ['semver:*-0', versions],
  ['glob:main-*', builds],
  ['glob:*', builds],
  ['regexp:^main-[0-9]+-[0-9a-f]{6,8}$', builds],
  ['regexp:^(?:main|release)-(?P<n>[0-9]+)', builds],
]

/**
 * The whole choice for one workload, whose current tag is allowed and old, with all that the store knows of each tag:
 * what a plan does for each image. Masterminds, which Flux uses, orders versions only.
 */
export function choices(tell: (progress: string) => void): Table {
  tell(`${policies.length} policies choose among ${count} tags, ${rounds} rounds`)
  const rows = policies.map(([text, tags]): Row => {
    const policy = guaranteed(parseTagPolicy(text))
    const facts = factsOf(tags)
    const choose = () => chooseTag(facts, { policy, current: tags[0], minimumAgeMs: 0 })
    const { ours } = race({ ours: choose }, rounds)
    const choice = choose()
    const theirs = policy.kind === 'semver' ? masterminds(text.slice('semver:'.length), tags) : undefined
    const chosen = choice.kind === 'tag' ? choice.tag : choice.because.kind
    return {
      policy: text,
      'lotse ms': ours,
      'lotse chooses': chosen,
      'Masterminds ms': theirs?.ms ?? '',
      'Masterminds time': theirs === undefined ? '' : times(theirs.ms, ours),
      agree: theirs === undefined ? '' : theirs.tag === chosen ? 'yes' : `no: ${theirs.tag}`,
    }
  })
  return {
    title: `release: choosing among ${count} tags, by kind of policy`,
    rows,
    notes: ['Masterminds is Go: its oracle is built from test/oracle when `go` is there'],
  }
}

function factsOf(tags: readonly string[]): ChoiceFacts {
  const known = new Map<string, KnownTag>(
    tags.map((tag, n) => {
      const madeMs = startMs + n * minuteMs
      const image = { created: new Date(madeMs).toISOString(), platforms: ['linux/amd64'] }
      return [tag, { digest: `sha256:${n}`, firstSeenMs: madeMs, image }]
    }),
  )
  const listedSinceMs = (tag: string): number | undefined => known.get(tag)?.firstSeenMs
  return { tags, known: (tag) => known.get(tag), listedSinceMs, nowMs: startMs + count * minuteMs }
}

function masterminds(
  constraint: string,
  tags: readonly string[],
): { readonly tag: string; readonly ms: number } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'lotse-bench-'))
  try {
    const program = join(folder, 'newest')
    const cwd = resolve(import.meta.dirname, '../test/oracle/masterminds')
    if (spawnSync('go', ['build', '-o', program, './newest'], { cwd }).status !== 0) return undefined
    const { stdout } = spawnSync(program, [constraint], { input: tags.join('\n'), encoding: 'utf8' })
    const [tag = '', ms = ''] = stdout.trim().split('\t')
    return { tag, ms: Number(ms) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function numbered(tagOf: (n: number) => string): readonly string[] {
  return [...new Set(Array.from({ length: count }, (_, n) => tagOf(n)))]
}
