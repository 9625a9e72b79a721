import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { type Command, commands, verbs } from '../../../src/core/command/command.ts'
import { type CommandLine, parseComment } from '../../../src/core/command/parse.ts'

const addressee = { slug: 'Lotse-Acme' }

suite('parseComment finds commands only in text', () => {
  const rows: readonly [what: string, body: string, ...found: string[]][] = [
    ['a line', '/lotse why', '1 why'],
    ['in any case', '/Lotse Why', '1 why'],
    ['by mention of the app', '@lotse-acme why', '1 why'],
    ['not by mention of another', '@lotse why'],
    ['`/lotse` alone asks for help', '/lotse', '1 help'],
    ['of all clusters', '/lotse status', '1 status'],
    ['of one cluster', '/lotse status Production', '1 status production'],
    ['for a cluster', '/lotse sync production', '1 sync production'],
    ['help about a command', '/lotse help WHY', '1 help why'],
    ['another word that begins alike', '/lotsenfoo'],
    ['a colon behind the prefix', '/lotse: why'],
    ['within a sentence', 'please run /lotse why'],
    ['two lines', '/lotse why\n/lotse help', '1 why', '2 help'],
    ['below text', 'hello\n\n/lotse why\nthanks', '3 why'],
    ['CRLF', 'a\r\n/lotse why\r\n\r\n/lotse help\r\n', '2 why', '4 help'],
    ['three spaces', '   /lotse why', '1 why'],
    ['four spaces', '    /lotse why'],
    ['a tab', '\t/lotse why'],
    ['no-break spaces', '\u00a0/lotse\u00a0why\u00a0', '1 why'],
    ['a list', '- /lotse why\n* /lotse help\n\n1. /lotse why', '1 why', '2 help', '4 why'],
    ['the second line of an item', '- first\n  /lotse why', '2 why'],
    ['a quote', '> /lotse why'],
    ['the line below a quote', '> hello\n/lotse why', '2 why'],
    ['quoted lines around', '> hello\n> /lotse why\n/lotse help', '3 help'],
    ['a quote in a list', '- > /lotse why'],
    ['a list in a quote', '> - /lotse why'],
    ['a fence', '```\n/lotse why\n```'],
    ['an open fence', '```\n/lotse why'],
    ['a fence of tildes', '~~~\n/lotse why\n~~~\n/lotse help', '4 help'],
    ['inline code', '`/lotse why`'],
    ['inline code over lines', 'a `b\n/lotse why\nc` d\n/lotse help', '4 help'],
    ['a lonely backtick', 'a `b\n/lotse why', '2 why'],
    ['an HTML comment', '<!-- /lotse why -->'],
    ['an HTML comment over lines', '<!--\n/lotse why\n-->\n/lotse help', '4 help'],
    ['an HTML comment within a paragraph', 'a <!--\n/lotse why\n--> b\n/lotse help', '4 help'],
    ['an attribute over lines', '<a href="\n/lotse why\n">x</a>'],
    ['an HTML block', '<details>\n/lotse why'],
    ['text between HTML blocks', '<details>\n\n/lotse why\n\n</details>', '3 why'],
    ['a heading', '# /lotse why'],
    ['an underlined heading', '/lotse why\n---'],
    ['a table', '| a |\n| --- |\n| /lotse why |'],
    ['the head of a table', '/lotse why | x\n--- | ---'],
    ['the text of an image', '![a\n/lotse why](x)'],
    ['a link definition', '[x]: y\n/lotse why', '2 why'],
    ['a zero-width space before', '\u200b/lotse why'],
    ['a zero-width space in the prefix', '/lotse\u200b why'],
    ['nothing', ''],
    ['more than GitHub takes', `${'a\n'.repeat(33_000)}/lotse why`],
  ]
  for (const [what, body, ...found] of rows) {
    test(what, () => assert.deepEqual(parseComment(body, addressee).map(summary), found))
  }
})

suite('parseComment says what it does not understand', () => {
  const rows: readonly [
    body: string,
    understanding: Pick<CommandLine & { kind: 'not-understood' }, 'because' | 'suggestions'>,
  ][] = [
    ['/lotse wyh', { because: { kind: 'unknown-verb', verb: 'wyh' }, suggestions: ['/lotse why'] }],
    ['/lotse halp me', { because: { kind: 'unknown-verb', verb: 'halp' }, suggestions: ['/lotse help'] }],
    [
      '/lotse synk production',
      { because: { kind: 'unknown-verb', verb: 'synk' }, suggestions: ['/lotse sync production'] },
    ],
    ['/lotse synk', { because: { kind: 'unknown-verb', verb: 'synk' }, suggestions: ['/lotse sync CLUSTER'] }],
    ['/lotse synk `a`', { because: { kind: 'unknown-verb', verb: 'synk' }, suggestions: ['/lotse sync CLUSTER'] }],
    ['/lotse sync', { because: { kind: 'missing-argument', verb: 'sync' }, suggestions: [] }],
    ['/lotse sync a/b', { because: { kind: 'no-cluster-name', verb: 'sync', argument: 'a/b' }, suggestions: [] }],
    [
      '/lotse sync production now',
      {
        because: { kind: 'unexpected-argument', verb: 'sync', argument: 'now' },
        suggestions: ['/lotse sync production'],
      },
    ],
    [
      '/lotse status production now',
      {
        because: { kind: 'unexpected-argument', verb: 'status', argument: 'now' },
        suggestions: ['/lotse status production'],
      },
    ],
    ['/lotse __proto__', { because: { kind: 'unknown-verb', verb: '__proto__' }, suggestions: [] }],
    ['/lotse constructor', { because: { kind: 'unknown-verb', verb: 'constructor' }, suggestions: [] }],
    [
      '/lotse help wy',
      { because: { kind: 'unknown-verb', verb: 'wy', within: 'help' }, suggestions: ['/lotse help why'] },
    ],
    [
      '/lotse why now',
      { because: { kind: 'unexpected-argument', verb: 'why', argument: 'now' }, suggestions: ['/lotse why'] },
    ],
    [
      '/lotse why —now',
      { because: { kind: 'unexpected-argument', verb: 'why', argument: '--now' }, suggestions: ['/lotse why'] },
    ],
    [
      '/lotse why --reason="a b" c',
      { because: { kind: 'unexpected-argument', verb: 'why', argument: '--reason=a b' }, suggestions: ['/lotse why'] },
    ],
    ['/lotse help “why not”', { because: { kind: 'unknown-verb', verb: 'why not', within: 'help' }, suggestions: [] }],
    ['/lotse why "', { because: { kind: 'unclosed-quote' }, suggestions: [] }],
    ['/lotse why\u200b', { because: { kind: 'invisible-character' }, suggestions: [] }],
    ['/lotse \u202eyhw', { because: { kind: 'invisible-character' }, suggestions: [] }],
  ]
  for (const [body, understanding] of rows) {
    test(JSON.stringify(body), () => {
      assert.deepEqual(parseComment(body, addressee), [
        { line: 1, written: body.trim(), kind: 'not-understood', ...understanding },
      ])
    })
  }

  test('and stops after five commands', () => {
    const lines = parseComment('/lotse why\n'.repeat(9), addressee)
    assert.deepEqual(lines.map(summary), ['1 why', '2 why', '3 why', '4 why', '5 why', '6 not understood: too-many'])
  })

  test('and does not read a line that is too long for a command', () => {
    const [line] = parseComment(`/lotse ${'x'.repeat(60_000)}`, addressee)
    assert.ok(line?.kind === 'not-understood')
    assert.deepEqual(line.because, { kind: 'too-long', most: 500 })
    assert.equal(line.written.length, 101)
  })
})

suite('parseComment is total', () => {
  const single = '> [ ![ ` <!-- * < & \\ ~ [a]( /lotse'.split(' ')
  const longer = [
    '*a_ ',
    '<a ',
    '- ',
    '1. ',
    '\n',
    '| a ',
    '|-',
    '\t',
    '/lotse why\n',
    '> /lotse why\n',
    '/lotse "',
    '---\n',
  ]
  const hostile = [
    ...single,
    ...longer,
    ' /lotse ',
    '<details>\n',
    'x`\n/lotse why`\n',
    '\u00a0',
    'a <!--\n/lotse why\n',
  ]
  for (const piece of hostile) {
    test(`for 64 KB of ${JSON.stringify(piece)}`, () => {
      const body = piece.repeat(Math.floor(65_500 / piece.length))
      assert.ok(parseComment(`${body}\n\n/lotse why`, addressee).length <= 6)
    })
  }

  test('for any text, and finds nothing that is quoted', () => {
    const piece = fc.constantFrom(
      '/lotse why',
      '@lotse-acme',
      '\n',
      '> ',
      '- ',
      '`',
      '```',
      '<!--',
      '-->',
      '"',
      ' ',
      '\t',
      'a',
      '#',
      '|',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const body = pieces.join('')
        const quoted = body.replaceAll(/^/gm, '> ')
        assert.deepEqual(parseComment(quoted, addressee), [])
        for (const { line } of parseComment(body, addressee)) assert.match(body.split('\n')[line - 1] ?? '', /lotse/)
      }),
    )
  })
})

suite('the table of commands', () => {
  for (const verb of verbs) {
    test(`has an example of ${verb} that parses`, () => {
      const [line, ...others] = parseComment(commands[verb].example, addressee)
      assert.ok(line?.kind === 'command')
      assert.equal(line.command.kind, verb)
      assert.deepEqual(others, [])
    })
  }
})

function summary(line: CommandLine): string {
  if (line.kind === 'not-understood') return `${line.line} not understood: ${line.because.kind}`
  return [line.line, ...wordsOf(line.command)].join(' ')
}

function wordsOf(command: Command): readonly string[] {
  switch (command.kind) {
    case 'help':
      return ['help', ...(command.about === undefined ? [] : [command.about])]
    case 'why':
      return ['why']
    case 'status':
    case 'sync':
      return [command.kind, ...(command.cluster === undefined ? [] : [command.cluster])]
  }
}
