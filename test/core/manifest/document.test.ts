import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseAllDocuments } from 'yaml'
import { parseYaml, places } from '../../../src/core/manifest/document.ts'

test('places tells the line and column of each character', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r\n', '🚀') }), (text) => {
      const placeAt = places(text)
      for (let offset = 0; offset <= text.length; offset += 1) {
        const before = text.slice(0, offset).split('\n')
        assert.deepEqual(placeAt(offset), { line: before.length, column: (before.at(-1) ?? '').length + 1 })
      }
    }),
  )
})

suite('parseYaml divides a stream as the parser does', () => {
  const texts = [
    '',
    'a: 1',
    '---\na: 1\n---\nb: 2\n',
    '# c\n---\na: 1\n',
    '\ufeff# c\n---\na: 1\n---\nb: 1',
    '%YAML 1.1\n# c\n---\na: yes\n...\n%YAML 1.2\n---\nb: yes\n',
    'a: 1\n...\nb: 2\n...\n',
    '---\n---\n---\na: 1\n',
    'a: |\n  ---\n  b\n---\nb: 1\n',
    '--- a\n--- # c\nb: 1\n--- |\n text\n---\tx\n',
    'a: ---\n---b: 1\n----\n',
    'a: 1\r\n---\r\nb: 2\r\n',
    '  a: 1\n---\n  b: 2\n',
    '- a\n--- - b\n',
  ]
  for (const text of texts) {
    test(JSON.stringify(text), () => {
      const whole = [...parseAllDocuments(text, { logLevel: 'silent' })]
      const pieces = parseYaml(text)
      const pick = (document: unknown): unknown => JSON.stringify(document)
      assert.deepEqual(
        pieces.map(({ parsed }) => (parsed === 'too deep' ? parsed : [pick(parsed), parsed.errors.length > 0])),
        whole.map((document) => [pick(document), document.errors.length > 0]),
      )
      for (const { start, text: piece } of pieces) assert.equal(text.slice(start, start + piece.length), piece)
    })
  }
})

test('parseYaml reads documents that are whole as it does without the others', () => {
  const line = fc.constantFrom('a: 1', '# c', '- x', 'text', '  b: 2', '---', '--- # c', '...', '"q"', '{a: b}')
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const text = lines.join('\n')
      const whole = [...parseAllDocuments(text, { logLevel: 'silent', uniqueKeys: false })]
      if (whole.some((document) => document.errors.length > 0)) return
      const pieces = parseYaml(text).map(({ parsed }) => (parsed === 'too deep' ? undefined : JSON.stringify(parsed)))
      assert.deepEqual(
        pieces,
        whole.map((document) => JSON.stringify(document)),
      )
    }),
    { numRuns: 1000 },
  )
})
