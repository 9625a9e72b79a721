import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseTagPolicy, policyAllows, whyNotAllowed } from '../../../src/core/image/tag-policy.ts'
import { guaranteed } from '../../../src/core/parsed.ts'

/** As cosign names them. */
const signature = `sha256-${'a'.repeat(64)}`

suite('policyAllows', () => {
  const rows: readonly [policy: string, allowed: readonly string[], others: readonly string[]][] = [
    ['*', ['1.2', 'main-1', ''], ['latest', 'Latest', 'LATEST']],
    ['glob:*', ['1.2'], ['latest']],
    ['*', ['sha256-1', `sha256-${'a'.repeat(63)}.sig`], [signature, `${signature}.att`, `sha512-${'a'.repeat(128)}`]],
    [signature, [signature], []],
    ['latest', ['latest'], ['Latest', '1.2']],
    ['glob:latest', ['latest'], ['1.2']],
    ['glob:lat*', ['later'], ['latest']],
    ['regexp:^latest$', [], ['latest']],
    ['semver:*', ['1.2'], ['latest']],
    ['master-*', ['master-', 'master-abc1234'], ['master', 'a-master-b']],
    ['glob:*-rc', ['1-rc', '-rc'], ['1-rc2']],
    ['glob:a*b*c', ['abc', 'axbxc', 'abbcc'], ['ac', 'abcd', 'acb']],
    ['glob:a*a', ['aa', 'aba'], ['a']],
    ['glob:**', ['x', ''], []],
    ['glob:1.?', ['1.?'], ['1.2']],
    ['glob:[ab]{c,d}\\*', ['[ab]{c,d}\\x'], ['ac', 'a*']],
    ['glob: x', [' x'], ['x']],
    ['GLOB:x', ['GLOB:x'], ['x']],
    ['semver:~1.2', ['1.2.1'], ['1.3.0']],
    ['semver: >= 1.0.0-rc.0, <1.0.1', ['1.0.0-rc.1', '1.0.0'], ['1.0.1']],
    ['regexp:^v[0-9]+$', ['v1', 'v22'], ['v1.2', 'xv1']],
    ['regex:^(staging|dev)-', ['dev-1', 'staging-1'], ['prod-1']],
    ['regexp:ab+c', ['xabbcx'], ['xacx']],
    ['regexp:(?P<n>[0-9]+)-(?i)RC', ['1-rc'], ['rc']],
  ]
  for (const [text, allowed, others] of rows) {
    test(`${text} allows ${allowed.join(' ') || 'nothing'} of ${[...allowed, ...others].join(' ')}`, () => {
      const policy = guaranteed(parseTagPolicy(text))
      assert.equal(policy.text, text)
      assert.deepEqual(
        [...allowed, ...others].filter((tag) => policyAllows(policy, tag)),
        allowed,
      )
    })
  }
})

suite('parseTagPolicy refuses', () => {
  const rows: readonly [text: string, because: RegExp][] = [
    ['', /expected a pattern/],
    ['glob:', /expected a pattern/],
    ['regexp:', /expected a pattern/],
    ['semver:', /expected a version constraint/],
    ['semver:1.2 beta', /got `1.2 beta`/],
    ['regexp:(', /is no regular expression/],
    ['regexp:a(?=b)', /is no regular expression/],
    ['regexp:(a)\\1', /is no regular expression/],
    ['regexp:a{1001}', /is no regular expression/],
    ['regexp:(a{0,30}){0,30}[bc]', /is too large/],
    [`regexp:${'(a{0,30}){0,20}'.repeat(30)}`, /is too large/],
    [`regexp:${'(?:x|(?P<n>[[:alpha:]]\\pL)){0,50}'.repeat(14)}`, /is too large/],
    [`regexp:(${'()'.repeat(240)}){1000}`, /is too large/],
    [`regexp:(?i)${'[B-\u{1e900}]'.repeat(80)}`, /names too many letters beyond ASCII/],
    ['regexp:(?s-i:a)[é]', /names too many letters beyond ASCII/],
    [String.raw`regexp:${String.raw`\PL`.repeat(9)}`, /names too many letters beyond ASCII/],
    [String.raw`regexp:(?i)[${String.raw`\pL\PL\x{41}-\x{1e943}`.repeat(20)}]`, /names too many letters/],
    [String.raw`regexp:(\Q${'a'.repeat(480)}\E){1000}`, /is too large/],
    ['x'.repeat(513), /at most 512 characters/],
  ]
  for (const [text, because] of rows) {
    test(text.slice(0, 20) || 'nothing', () => {
      const result = parseTagPolicy(text)
      assert.equal(result.ok, false)
      assert.match(result.problems[0].message, because)
    })
  }
})

suite('whyNotAllowed', () => {
  const rows: readonly [policy: string, tag: string, expected: string | undefined][] = [
    ['semver:~1.2', '1.2.3', undefined],
    ['semver:~1.2', 'main-1', 'no-version'],
    ['semver:~1.2', '1.2.3-alpine', 'prerelease'],
    ['semver:~1.2', '1.3.0-alpine', 'no-match'],
    ['semver:~1.2', '1.3.0', 'no-match'],
    ['glob:*', 'latest', 'latest'],
    ['glob:*', signature, 'attachment'],
    ['glob:a', 'b', 'no-match'],
    ['glob:*', 'x'.repeat(129), 'no-match'],
  ]
  for (const [policy, tag, expected] of rows) {
    test(`${policy} of ${tag.slice(0, 20)}: ${expected}`, () =>
      assert.equal(whyNotAllowed(guaranteed(parseTagPolicy(policy)), tag), expected))
  }
})

test('a glob matches as the regular expression with `.*` for each `*` does', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 8 })
  const tag = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 })
  fc.assert(
    fc.property(letters, tag, (pattern, tag) => {
      const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(tag)
      assert.equal(policyAllows(guaranteed(parseTagPolicy(`glob:${pattern}`)), tag), expected)
    }),
  )
})

suite('hostile patterns end', () => {
  const tag = 'a'.repeat(128)
  const patterns = [
    `glob:${'*a'.repeat(149)}*b`,
    `glob:${'*'.repeat(300)}b`,
    'regexp:^(a+)+$b',
    'regexp:^((a*)*)*b$',
    'regexp:(a|a)*c',
    `regexp:${'(a?)'.repeat(60)}${'a'.repeat(60)}[bc]`,
    'numerical:asc filter=^(a+)+$b',
    'semver:* filter=((a*)*)*$ extract=$1$2$0',
    `alphabetical:asc${' exclude=(a|a)*$'.repeat(20)}`,
  ]
  for (const pattern of patterns) {
    test(pattern.slice(0, 40), () => assert.equal(policyAllows(guaranteed(parseTagPolicy(pattern)), tag), false))
  }
})
