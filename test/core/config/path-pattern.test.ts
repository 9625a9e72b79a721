import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { matchesPath, parsePathPattern } from '../../../src/core/config/path-pattern.ts'
import { parseFilePath } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'

function matches(pattern: string, file: string): boolean {
  return matchesPath(guaranteed(parsePathPattern(pattern)), guaranteed(parseFilePath(file)))
}

suite('matchesPath', () => {
  const rows: readonly [pattern: string, file: string, fits: boolean][] = [
    ['a.yaml', 'a.yaml', true],
    ['a.yaml', 'b/a.yaml', false],
    ['a.yaml', 'abyaml', false],
    ['legacy', 'legacy/a.yaml', false],
    ['legacy/*', 'legacy/a.yaml', true],
    ['legacy/*', 'legacy/b/a.yaml', false],
    ['legacy/**', 'legacy/a.yaml', true],
    ['legacy/**', 'legacy/b/c/a.yaml', true],
    ['legacy/**', 'old/legacy/a.yaml', false],
    ['**', 'a.yaml', true],
    ['**', 'a/.b/c.yaml', true],
    ['*', '.a.yaml', true],
    ['*', 'b/a.yaml', false],
    ['**/*.yaml', 'a.yaml', true],
    ['**/*.yaml', 'b/c/a.yaml', true],
    ['**/*.yaml', 'b/c/a.yml', false],
    ['**/legacy/**', 'legacy/a.yaml', true],
    ['**/legacy/**', 'b/legacy/c/a.yaml', true],
    ['**/legacy/**', 'b/legacy-not/a.yaml', false],
    ['clusters/*/old/*', 'clusters/b/old/a.yaml', true],
    ['clusters/*/old/*', 'clusters/b/c/old/a.yaml', false],
    ['a?.yaml', 'ab.yaml', true],
    ['a?.yaml', 'a.yaml', false],
    ['a?c', 'a/c', false],
    ['A.yaml', 'a.yaml', false],
    ['#a', '#a', true],
    ['a+b$^.~@,;&%', 'a+b$^.~@,;&%', true],
    ['ä b/ç.yaml', 'ä b/ç.yaml', true],
    ['**', `${'a/'.repeat(127)}a`, true],
    ['**', `${'a/'.repeat(127)}aa`, false],
  ]
  for (const [pattern, file, fits] of rows) {
    test(`${pattern} ${fits ? 'fits' : 'does not fit'} ${file.slice(0, 60)}`, () => {
      assert.equal(matches(pattern, file), fits)
    })
  }

  test('without a wildcard a pattern fits exactly its own path', () => {
    const name = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 })
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'))
    fc.assert(
      fc.property(path, path, (pattern, other) => {
        const read = parsePathPattern(pattern)
        if (!read.ok || /[*?]/.test(pattern)) return
        assert.ok(matches(pattern, pattern))
        if (parseFilePath(other).ok) assert.equal(matches(pattern, other), pattern === other)
      }),
      { numRuns: 2000 },
    )
  })

  test('the worst patterns on the worst paths are over soon', () => {
    const patterns = ['*a*a*b', '**a**a**b', '**/*a*b', '*?*b', '**/**/**/b', `${'a'.repeat(120)}*a*a*b`]
    const paths = ['a'.repeat(255), 'a/'.repeat(127) + 'a', 'a'.repeat(100_000), 'a/'.repeat(50_000) + 'a']
    // Not over soon would be years: each wildcard more multiplies by the length.
    for (const pattern of patterns) for (const path of paths) assert.equal(matches(pattern, path), false)
  })
})

suite('parsePathPattern', () => {
  test('is total, and what it takes can be matched', () => {
    const pieces = fc.constantFrom(
      '*',
      '**',
      '?',
      '/',
      'a',
      '.',
      '..',
      '!',
      '{',
      '}',
      ',',
      '[',
      ']',
      '(',
      '|',
      '+',
      '@',
      '\\',
      ' ',
    )
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(text, text, (pattern, file) => {
        const read = parsePathPattern(pattern)
        const path = parseFilePath(file)
        if (!read.ok || !path.ok) return
        assert.doesNotMatch(pattern, /["()[\]{}!|\\]/)
        assert.equal(typeof matchesPath(read.value, path.value), 'boolean')
      }),
      { numRuns: 2000 },
    )
  })
})
