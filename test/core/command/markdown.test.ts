import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import MarkdownIt from 'markdown-it'
import { escapeMarkdown, fence, inlineCode, inlineCodeCell } from '../../../src/core/markdown.ts'

const github = new MarkdownIt({ html: true, linkify: true })
// Bare domains are no links on GitHub, and its addresses end at a zero-width space, which linkify takes for a letter.
github.linkify.set({ fuzzyLink: false, fuzzyEmail: false })

const signs = '` `` ``` ~~~ * ** _ # ## - + 1. > | \\ [ ] ( ) ! < > & : = --- @ $ ~ {'.split(' ')
const links =
  '[x](y) ![x](y) <https://x.y> https://x.y http://x.y www.x.y a@b.co @ann @acme/team #12 GH-12 a/b#1'.split(' ')
const html = '<b> </b> <!-- --> <\u200b!-- &lt; &#60;'.split(' ')
const blanks = ['\n', '\r\n', '\n\n', '    ', '\t', ' ', '\u00a0', '\u2028', '\u202e', '\u0000', '\ud800', '\u200b']
const pieces = [...signs, ...links, ...html, ...blanks, '<!-- lotse:reply comment=1 -->', '[x]: y', 'word']
const hostile = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join('')) },
  fc.string({ unit: 'binary' }),
)

suite('no untrusted text becomes more than text', () => {
  const ways: Readonly<Record<string, (text: string) => string>> = {
    'as a paragraph': escapeMarkdown,
    'in a sentence': (text) => `Lotse says: ${escapeMarkdown(text)}, and *more*.`,
    'in a list': (text) => `- ${escapeMarkdown(text)}\n- next`,
    'in a table': (text) => `| a | b |\n| --- | --- |\n| ${escapeMarkdown(text)} | ${inlineCodeCell(text)} |`,
    'as code': inlineCode,
    'as code in bold': (text) => `**${inlineCode(text)}** and ${inlineCode(text)}`,
    'as a block': (text) => fence(text, 'diff'),
    'as a block among text': (text) => `Before\n\n${fence(text)}\n\nafter`,
  }
  for (const [name, way] of Object.entries(ways)) {
    test(name, () => {
      const healthy = elements(way('word'))
      fc.assert(
        fc.property(hostile, (text) => {
          fc.pre(escapeMarkdown(text) !== '')
          const source = way(text)
          assert.deepEqual(elements(source), healthy)
          assert.doesNotMatch(source, /<!--/)
          assert.doesNotMatch(outsideCode(source), /@\w|#\d|\bGH-\d|\bwww\.|:\/\//)
        }),
        { numRuns: 1000 },
      )
    })
  }
})

suite('what people see is what was written', () => {
  const words = fc.string({ unit: fc.constantFrom(...'abc123*_`[](){}<>|\\~&.,-+:;!?/'.split('')), minLength: 1 })

  test('as text', () => {
    fc.assert(fc.property(words, (text) => assert.equal(shown(`x ${escapeMarkdown(`y${text}y`)}`), `x y${text}y`)))
  })

  test('as code', () => {
    fc.assert(fc.property(words, (text) => assert.equal(shown(inlineCode(text)), text)))
  })

  test('as a block', () => {
    fc.assert(
      fc.property(fc.array(words), (lines) => assert.equal(codeOf(fence(lines.join('\n'))), `${lines.join('\n')}\n`)),
    )
  })
})

suite('escapeMarkdown', () => {
  const rows: readonly [text: string, escaped: string][] = [
    ['1.2.3', '1\\.2.3'],
    ['the required check test has not reported', 'the required check test has not reported'],
    ['`release.merge` is manual', '\\`release.merge\\` is manual'],
    ['thanks @ann', 'thanks @\u200bann'],
    ['&lt;b&gt;', '\\&lt;b\\&gt;'],
    ['$x$', '\\$x\\$'],
    ['see #12', 'see #\u200b12'],
    ['- a\n- b', '\\- a - b'],
    ['a\u202eb\u0007c', 'abc'],
    ['', ''],
  ]
  for (const [text, escaped] of rows) {
    test(JSON.stringify(text), () => assert.equal(escapeMarkdown(text), escaped))
  }
})

/** What the text is made of, without the text. */
function elements(source: string): readonly string[] {
  const tokens = github.parse(source, {}).flatMap((token) => [token, ...(token.children ?? [])])
  return tokens.map(({ type }) => type).filter((type) => type !== 'text' && type !== 'text_special')
}

function shown(source: string): string {
  const children = github.parse(source, {}).flatMap((token) => token.children ?? [])
  return children
    .map(({ content }) => content)
    .join('')
    .replaceAll('\u200b', '')
}

function codeOf(source: string): string {
  return github.parse(source, {}).find(({ type }) => type === 'fence')?.content ?? ''
}

function outsideCode(source: string): string {
  const tokens = github.parse(source, {}).flatMap((token) => token.children ?? [])
  return tokens.map(({ type, content }) => (type === 'code_inline' ? ' ' : content)).join('')
}
