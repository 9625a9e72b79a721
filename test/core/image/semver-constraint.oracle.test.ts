import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { constraintAllows, parseSemverConstraint } from '../../../src/core/image/semver-constraint.ts'
import { parseVersion } from '../../../src/core/image/version.ts'

const pairs = 30_000
const seed = 20_190_807

test(`constraintAllows agrees with the real Masterminds/semver on ${pairs} generated pairs`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'lotse-oracle-'))
  try {
    const oracle = join(folder, 'masterminds')
    if (!wasBuilt(oracle)) return
    const questions = generate(pairs)
    const input = questions.map(([constraint, version]) => `${constraint}\t${version}\n`).join('')
    const answers = execFileSync(oracle, { input, encoding: 'utf8', maxBuffer: 2 ** 26 })
      .trimEnd()
      .split('\n')
    assert.equal(answers.length, pairs)
    const different = questions.flatMap(([constraint, version], i) => {
      const ours = answer(constraint, version)
      return ours === answers[i] ? [] : [{ constraint, version, ours, theirs: answers[i] }]
    })
    assert.deepEqual(different.slice(0, 20), [])
    for (const kind of ['true', 'false', 'no constraint', 'no version']) {
      assert.ok(answers.filter((answer) => answer === kind).length > pairs / 50, `too few are "${kind}" to prove much`)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

function wasBuilt(oracle: string): boolean {
  const source = join(import.meta.dirname, '../../oracle/masterminds')
  const built = spawnSync('go', ['build', '-o', oracle, '.'], { cwd: source, encoding: 'utf8' })
  if (built.status === 0) return true
  const because = built.error === undefined ? built.stderr : 'the program go was not found'
  const message = `\nNOT TESTED: agreement with Masterminds/semver, as its oracle cannot be built: ${because}
Install Go 1.21 or later (https://go.dev/dl) and allow it to fetch modules once.\n`
  assert.notEqual(process.env['CI'], 'true', message)
  process.stderr.write(message)
  return false
}

function answer(constraintText: string, versionText: string): string {
  const constraint = parseSemverConstraint(constraintText)
  if (!constraint.ok) return 'no constraint'
  const version = parseVersion(versionText)
  return version === undefined ? 'no version' : String(constraintAllows(constraint.value, version))
}

/** The same pairs in every run, so that a difference found once is found again. */
function generate(count: number): readonly (readonly [constraint: string, version: string])[] {
  const random = linearCongruential(seed)
  const pick = <T>(values: readonly [T, ...T[]]): T => values[Math.floor(random() * values.length)] ?? values[0]
  const often = (share: number): boolean => random() < share
  const times = (most: number, make: () => string): readonly string[] =>
    Array.from({ length: 1 + Math.floor(random() * most) }, make)

  const large = ['9007199254740993', '18446744073709551615', '18446744073709551616'] as const
  const number = (): string =>
    often(0.02) ? pick(large) : pick(['0', '0', '1', '1', '2', '3', '10', '01', '007', '2024', '20240115123456789'])
  const prerelease = (): string =>
    pick([
      'alpha',
      'alpha.1',
      'beta.2',
      'beta.11',
      'rc.1',
      '0',
      '1',
      '10',
      '01',
      'x-y',
      '-',
      'rc1',
      'RC.1',
      '1a',
      'alpha.beta',
      '18446744073709551616',
    ])
  const version = (): string => {
    const parts = [number(), number(), number(), number()].slice(0, pick([1, 2, 3, 3, 3, 3, 4]))
    return `${often(0.2) ? 'v' : ''}${parts.join('.')}${often(0.35) ? `-${prerelease()}` : ''}${often(0.05) ? '+build.5' : ''}`
  }
  const wildcard = (): string => pick(['x', 'X', '*'])
  const partial = (): string => {
    if (often(0.02)) return pick(['*-0', 'x-0', '1.x-0', '1.2.*-alpha', '0.0.x', '*.1.x', 'v*'])
    const parts = [number(), number(), number()].map((part) => (often(0.12) ? wildcard() : part))
    return `${often(0.1) ? 'v' : ''}${parts.slice(0, pick([1, 2, 3, 3])).join('.')}${often(0.25) ? `-${prerelease()}` : ''}${often(0.03) ? '+001.a-b' : ''}`
  }
  const operator = (): string => pick(['', '=', '!=', '>', '<', '>=', '=>', '<=', '=<', '~', '~>', '^', '^', '~'])
  const term = (): string =>
    often(0.12)
      ? `${partial()} - ${partial()}`
      : `${operator()}${often(0.15) ? pick([' ', '  ', '\f ', '\r']) : ''}${partial()}`
  const group = (): string => times(3, term).join(pick([', ', ',', ' ', ' , ']))
  const broken = (text: string): string => {
    const at = Math.floor(random() * (text.length + 1))
    return (
      text.slice(0, at) +
      pick([' ', '.', ',', '-', '<', '>', '=', '~', '!', 'x', '*', 'v', '0', 'a', '']) +
      text.slice(at + 1)
    )
  }
  const constraint = (): string => {
    const text = times(2, group).join(pick([' || ', ' ||', '  ||  ']))
    return often(0.15) ? broken(text) : text
  }
  return Array.from({ length: count }, () => [constraint(), often(0.05) ? broken(version()) : version()] as const)
}

function linearCongruential(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
