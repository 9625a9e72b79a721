import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import {
  comparedText,
  compileTagFilter,
  formatTagFilter,
  parseTagFilter,
  type WrittenFilter,
} from '../../../src/core/image/tag-filter.ts'
import { parseTagPolicy } from '../../../src/core/image/tag-policy.ts'
import { guaranteed } from '../../../src/core/parsed.ts'

suite('comparedText', () => {
  const rows: readonly (readonly [filter: Partial<WrittenFilter>, tag: string, expected: string | undefined])[] = [
    [{}, '1.2', '1.2'],
    [{ filter: '[0-9]+' }, 'main-12-a', 'main-12-a'],
    [{ filter: '^[0-9]+' }, 'main-12', undefined],
    [{ filter: '^main-([0-9]+)', extract: '$1' }, 'main-12-a', '12'],
    [{ filter: '^main-(?P<ts>[0-9]+)', extract: '$ts' }, 'main-12', '12'],
    [{ filter: '^main-(?<ts>[0-9]+)', extract: '${ts}' }, 'main-12', '12'],
    [{ filter: '([0-9]+)-([0-9]+)', extract: '$2.${1}x' }, 'a-1-2', '2.1x'],
    [{ filter: '([0-9]+)', extract: '$1x' }, '12', ''],
    [{ filter: '([0-9]+)', extract: '$0' }, 'a12', '12'],
    [{ filter: '([0-9]+)', extract: '$01' }, '12', ''],
    [{ filter: '([0-9]+)', extract: '$2' }, '12', ''],
    [{ filter: '([0-9]+)', extract: '$constructor$toString' }, '12', ''],
    [{ filter: '([0-9]+)', extract: '$$1' }, '12', '$1'],
    [{ filter: '([0-9]+)', extract: '$-${1-${}$' }, '12', '$-${1-${}$'],
    [{ filter: '(a)?([0-9]+)', extract: '<$1>' }, '12', '<>'],
    [{ filter: '([0-9]+)', extract: '' }, 'a12', 'a12'],
    [{ extract: 'x$0' }, 'a12', 'x'],
    [{ exclude: ['-rc'] }, '1-rc', undefined],
    [{ exclude: ['-rc', String.raw`^.*\.sig$`] }, 'a.sig', undefined],
    [{ filter: '(.*)', extract: '$1', exclude: ['-rc'] }, '1-rc', undefined],
  ]
  for (const [written, tag, expected] of rows) {
    test(`${JSON.stringify(written)} makes ${expected ?? 'nothing'} of ${tag}`, () => {
      assert.equal(comparedText(guaranteed(compileTagFilter({ exclude: [], ...written })), tag), expected)
    })
  }
})

suite('formatTagFilter', () => {
  test('is read again as it was', () => {
    const value = fc.oneof(fc.string(), fc.stringMatching(/^[ "\\a=$(]{0,6}$/), fc.constant('^v(?P<x>.*)$ extract=$x'))
    const written = fc.record(
      { filter: value, extract: value, exclude: fc.array(value) },
      { requiredKeys: ['exclude'] },
    )
    fc.assert(
      fc.property(written, fc.constantFrom('asc', '>=1.0 <2', ''), (written, head) => {
        const text = `${head}${formatTagFilter(written)}`
        assert.deepEqual(guaranteed(parseTagFilter(text)), { head, written: { ...written } })
      }),
    )
  })

  test('says what needs no quotes without them', () => {
    assert.equal(
      formatTagFilter({ filter: '^v(.+)$', extract: '$1', exclude: ['a b', '"'] }),
      String.raw` filter=^v(.+)$ extract=$1 exclude="a b" exclude="\""`,
    )
  })
})

suite('parseTagPolicy, with a filter,', () => {
  const refusals: readonly (readonly [text: string, because: RegExp])[] = [
    ['numerical:', /expected `numerical:asc` or `numerical:desc`/],
    ['alphabetical:ASC', /got `alphabetical:ASC`/],
    ['numerical:asc filter=(', /`\(` is no regular expression/],
    ['numerical:asc filter=a filter=b', /expected one `filter=`/],
    ['numerical:asc filter=a other', /got `filter=a other`/],
    ['numerical:asc filter="a', /got `filter="a`/],
    ['numerical:asc filter="\\x"', /got `filter=/],
    ['numerical:asc filter=', /got `filter=`/],
    [`numerical:asc filter=(.) extract=${'$1'.repeat(17)}`, /at most 16 groups/],
    ['numerical:asc filter=(a{0,30}){0,30}[bc]', /is too large/],
    [`numerical:asc ${'exclude=a{0,400} '.repeat(3)}`, /too large together/],
    ['semver:1.x extract=$1 exclude=[', /is no regular expression/],
  ]
  for (const [text, because] of refusals) {
    test(`refuses ${text.slice(0, 40)}`, () => {
      const result = parseTagPolicy(text)
      assert.equal(result.ok, false)
      assert.match(result.problems[0].message, because)
    })
  }

  test('leaves a glob and a regexp what they were', () => {
    for (const text of ['main-* filter=a', 'regexp:a filter=b', 'alphabetical']) {
      assert.match(guaranteed(parseTagPolicy(text)).kind, /^(?:glob|regexp)$/)
    }
  })
})
