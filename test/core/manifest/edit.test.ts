import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseDocument } from 'yaml'
import { editScalars, retag, type ScalarEdit } from '../../../src/core/manifest/edit.ts'
import { readManifest } from '../../../src/core/manifest/workload.ts'
import { formatProblem, guaranteed } from '../../../src/core/parsed.ts'

const edit = (path: string, value: string, document = 0): ScalarEdit => ({
  place: { document, path: path.split('.').map((step) => (/^[0-9]+$/.test(step) ? Number(step) : step)) },
  value,
})

suite('editScalars replaces', () => {
  const rows: readonly [name: string, before: string, path: string, value: string, after: string, document?: number][] =
    [
      ['a plain scalar', 'a: x\n', 'a', 'new', 'a: new\n'],
      ['a single-quoted one', "a: 'x'\n", 'a', "it's", "a: 'it''s'\n"],
      ['a double-quoted one', 'a: "x"\n', 'a', 'say "new"', 'a: "say \\"new\\""\n'],
      ['in front of a comment', 'a:   x   # why\n', 'a', 'new', 'a:   new   # why\n'],
      ['without a last line break', 'a: x', 'a', 'new', 'a: new'],
      ['between Windows line breaks', 'a: x\r\nb: z\r\n', 'a', 'new', 'a: new\r\nb: z\r\n'],
      ['behind a byte order mark', '\ufeffa: x\n', 'a', 'new', '\ufeffa: new\n'],
      [
        'in the second document, behind a byte order mark',
        '\ufeff---\nb: 1\n---\na: x\n',
        'a',
        'new',
        '\ufeff---\nb: 1\n---\na: new\n',
        1,
      ],
      ['with an anchor that nothing uses', 'a: &n x\n', 'a', 'new', 'a: &n new\n'],
      ['with a tag', 'a: !!str 1.10\n', 'a', '1.20', 'a: !!str "1.20"\n'],
      ['in a flow mapping', 'a: {b: x,c: [1]}\n', 'a.b', 'new', 'a: {b: new,c: [1]}\n'],
      ['in JSON', '{"a":{"b":"x"}}', 'a.b', 'new', '{"a":{"b":"new"}}'],
      ['in a sequence', 'a:\n- x\n-   z\n', 'a.1', 'new', 'a:\n- x\n-   new\n'],
      ['under a key in quotes', '"a b": x\n', 'a b', 'new', '"a b": new\n'],
      ['under an explicit key', '? a\n: x\n', 'a', 'new', '? a\n: new\n'],
      ['over several lines', 'a: "x\n  z"\nb: 1\n', 'a', 'new', 'a: "new"\nb: 1\n'],
      ['beside emoji', 'b: 🚀 # 🚀\na: x # 🚀\n', 'a', 'new', 'b: 🚀 # 🚀\na: new # 🚀\n'],
      ['beside a tab', 'a: x\t# tab\n', 'a', 'new', 'a: new\t# tab\n'],
      [
        'beside a merge',
        'b: &b {a: z}\nc:\n  <<: *b\n  a: x\n',
        'c.a',
        'new',
        'b: &b {a: z}\nc:\n  <<: *b\n  a: new\n',
      ],
      ['beside a later merge of other keys', 'a: {c: x, <<: {b: 1}}\n', 'a.c', 'new', 'a: {c: new, <<: {b: 1}}\n'],
      [
        'beside a key that only looks like a merge',
        'a: {c: x, "<<": {c: 1}}\n',
        'a.c',
        'new',
        'a: {c: new, "<<": {c: 1}}\n',
      ],
      ['a number', 'a: 1.10\n', 'a', 'next', 'a: next\n'],
      ['null', 'a: ~\n', 'a', 'new', 'a: new\n'],
      ['beside a broken document', 'b: [1\n---\na: x\n', 'a', 'new', 'b: [1\n---\na: new\n', 1],
      ['beside an open quote', 'b: "1\n---\na: x\n', 'a', 'new', 'b: "1\n---\na: new\n', 1],
      ['beside duplicate keys elsewhere', 'b: 1\nb: 2\na: x\n', 'a', 'new', 'b: 1\nb: 2\na: new\n'],
      ['what reads as a date to Kubernetes', 'b: 2020-01-01\na: x\n', 'a', 'new', 'b: 2020-01-01\na: new\n'],
      ['in YAML 1.1', '%YAML 1.1\n---\nb: yes\na: x\n', 'a', 'no', '%YAML 1.1\n---\nb: yes\na: "no"\n'],
    ]
  for (const [name, before, path, value, after, document] of rows) {
    test(name, () => assert.equal(guaranteed(editScalars(before, [edit(path, value, document)])), after))
  }
})

suite('editScalars quotes a plain value that would not be text', () => {
  const numbers = ['1.10', '1.', '12e5', '1e3', '150', '0755', '0x1F', '0o17', '0b11', '1_000', '1234567', '20240115']
  const others = [
    'true',
    'yes',
    'on',
    'n',
    'null',
    '12:30',
    '1:20',
    '2020-01-01',
    '2020-01-01T10:00:00Z',
    '.5',
    '-',
    '...',
  ]
  for (const value of [
    ...numbers,
    ...others,
    'a: b',
    'a #b',
    '*a',
    '[a',
    'a,b',
    ' a',
    'a:',
    '@a',
    '`a',
    '%a',
    '{{ a }}',
    '<<',
  ]) {
    test(value, () =>
      assert.equal(guaranteed(editScalars('a: x # c\n', [edit('a', value)])), `a: ${JSON.stringify(value)} # c\n`),
    )
  }
  for (const value of [
    '1.2.3',
    'v1',
    '1.10-alpine',
    'eu.gcr.io/a/b:1.10',
    'localhost:5000/a',
    'main_1',
    '1.2.3.4',
    '2020-01-01-1',
  ]) {
    test(`but not ${value}`, () => assert.equal(guaranteed(editScalars('a: x\n', [edit('a', value)])), `a: ${value}\n`))
  }
})

suite('editScalars refuses', () => {
  const rows: readonly [name: string, text: string, path: string, expected: string][] = [
    ['an alias', 'b: &x 1\na: *x\n', 'a', '2:4: `a` is an alias'],
    ['what stands behind an alias', 'b: &x {c: 1}\na: *x\n', 'a.c', '2:4: `a.c` stands behind an alias'],
    ['a value that an alias uses', 'a: &x 1\nb: *x\n', 'a', '1:7: `a` has an anchor that is used elsewhere'],
    [
      'a value inside what an alias uses',
      'a: &x {c: 1}\nb: *x\n',
      'a.c',
      '1:7: `a.c` has an anchor that is used elsewhere',
    ],
    [
      'what is merged in',
      'b: &x {c: 1}\na:\n  <<: *x\n',
      'a.<<.c',
      '3:3: `a.<<.c` is merged in from elsewhere by `<<`',
    ],
    [
      'what a later merge replaces',
      'b: &x {c: 1}\na: {c: 2, <<: *x}\n',
      'a.c',
      '2:8: `a.c` counts for nothing: a `<<` further down brings `c`, too',
    ],
    [
      'what a later merge of merges replaces',
      'b: &x {c: 1}\na: {c: {d: 2}, <<: [{}, {<<: *x}]}\n',
      'a.c.d',
      '2:8: `a.c.d` counts for nothing: a `<<` further down brings `c`, too',
    ],
    ['a duplicate key', 'a: 1\na: 2\n', 'a', '2:1: `a` cannot be told apart: `a` is there twice'],
    [
      'a duplicate key on the way',
      'a: {b: 1}\na: {b: 2}\n',
      'a.b',
      '2:1: `a.b` cannot be told apart: `a` is there twice',
    ],
    ['a block of text', 'a: |\n  x\n', 'a', '1:4: `a` is a block of text (`|` or `>`)'],
    ['a folded block of text', 'a: >-\n  x\n', 'a', '1:4: `a` is a block of text (`|` or `>`)'],
    ['an empty value', 'b: 1\na:\n', 'a', '2:3: `a` is empty'],
    ['a mapping', 'a: {b: 1}\n', 'a', '1:4: `a` is not a single value'],
    ['an absent key', 'a: {b: 1}\n', 'a.c', '1:4: `a.c` is not there'],
    ['an absent item', 'a: [1]\n', 'a.1', '1:4: `a[1]` is not there'],
    ['a key of a scalar', 'a: 1\n', 'a.b', '1:4: `a.b` is not there'],
    ['an index of a mapping', 'a: {b: 1}\n', 'a.0', '1:4: `a[0]` is not there'],
    ['a broken document', 'b: [1\na: x\n', 'a', '1:1: `a` stands in a document that cannot be read as YAML'],
    ['an absent document', '', 'a', '1:1: the file has no document 1'],
    [
      'a tag that the value does not fit',
      'a: !!int 1\n',
      'a',
      '1:10: `a` has the tag `tag:yaml.org,2002:int`, which may not fit another value',
    ],
  ]
  for (const [name, text, path, expected] of rows) {
    test(name, () => {
      const result = editScalars(text, [edit(path, 'new')])
      assert.deepEqual(result.ok ? result.value : result.problems.map(formatProblem), [expected])
    })
  }
  for (const value of ['', 'a\nb', 'a\rb', 'a\tb', '\u0000', '\u007f', '\u0085', '\u2028', '\ufeff', '\ud800']) {
    test(`the value ${JSON.stringify(value)}`, () =>
      assert.equal(editScalars('a: "x"\n', [edit('a', value)]).ok, false))
  }
})

suite('editScalars with several edits', () => {
  const text = 'a: x # first\nb: {c: x}\n---\na: "x"\n'

  test('makes all of them, in any order', () => {
    const edits = [edit('a', 'long value', 1), edit('b.c', 'new'), edit('a', 'longer still')]
    const after = 'a: longer still # first\nb: {c: new}\n---\na: "long value"\n'
    for (const order of [edits, edits.toReversed()]) {
      const result = guaranteed(editScalars(text, order))
      assert.equal(result, after.replace('longer still', '"longer still"'))
    }
  })

  test('makes one that is asked twice once', () =>
    assert.equal(guaranteed(editScalars('a: x\n', [edit('a', 'new'), edit('a', 'new')])), 'a: new\n'))

  test('refuses two values for one place', () =>
    assert.equal(editScalars('a: x\n', [edit('a', 'y'), edit('a', 'z')]).ok, false))

  test('makes none where one is refused, and says all reasons', () => {
    const result = editScalars(text, [edit('a', 'y'), edit('z', 'y'), edit('b', 'y')])
    assert.equal(result.ok ? 0 : result.problems.length, 2)
  })

  test('changes nothing for none', () => assert.equal(guaranteed(editScalars(text, [])), text))
})

suite('retag changes exactly the tags of', () => {
  const folder = join(import.meta.dirname, '../../fixtures/manifests')
  for (const file of readdirSync(join(folder, 'before'))) {
    test(file, () => {
      const before = readFileSync(join(folder, 'before', file), 'utf8')
      const edits = readManifest(before).images.map((use) => retag(use, 'next'))
      assert.equal(guaranteed(editScalars(before, edits)), readFileSync(join(folder, 'after', file), 'utf8'))
    })
  }
})

const value = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,12}$/),
  fc.constantFrom('1.10', 'yes', 'null', '0x1', "it's", '"', 'a: b', '#', '1_0', '...', '🚀'),
)
const quoted = fc
  .tuple(fc.stringMatching(/^[a-z]{1,4}$/), fc.constantFrom('x', '"x"', "'x'"))
  .map(([text, form]) => form.replace('x', text))
const frame = fc.constantFrom<readonly [head: string, tail: string]>(
  ['a: ', ''],
  ['# c\r\na:   ', '   # c\r\nb: [1, 2]\r\n'],
  ['\ufeff{"b": 1, "a": ', ' }\n'],
  ['b: &b {c: *b}\na: &a ', '\nz: |\n  a: x\n'],
  ['a: !!str ', '\n'],
  ['b: {x: 1, x: 2}\n? a\n:\n    ', '\n...\n# the end'],
)

test('after an edit the value is what was asked, and every byte outside its place is as it was', () => {
  fc.assert(
    fc.property(frame, quoted, value, ([head, tail], scalar, value) => {
      const after = guaranteed(editScalars(`${head}${scalar}${tail}`, [edit('a', value)]))
      assert.ok(after.startsWith(head) && after.endsWith(tail))
      for (const version of ['1.1', '1.2'] as const) {
        const document = parseDocument(after, { version, uniqueKeys: false, logLevel: 'silent' })
        assert.equal(document.get('a'), value)
      }
    }),
  )
})

test('editScalars never throws, whatever the text: it edits and proves, or refuses', () => {
  const line = fc.constantFrom(
    'a: x',
    '- a: x',
    'a: &b x',
    'b: *b',
    '---',
    '...',
    '%YAML 1.1',
    '  a: 1.10',
    'a: |',
    '  x',
    '"',
    '{',
    ']',
    '\t',
    '# c',
    '<<: *b',
    '? a',
    ': x',
    '!!int',
    '\ufeff',
    'a: "x',
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), value, (lines, end, value) => {
      const text = lines.join(end)
      for (const document of [0, 1]) {
        const result = editScalars(text, [edit('a', value, document)])
        if (result.ok) assert.equal(guaranteed(editScalars(result.value, [edit('a', value, document)])), result.value)
      }
    }),
    { numRuns: 500 },
  )
})

suite('hostile texts end', () => {
  const bomb = [
    'a: &a x',
    ...Array.from(
      { length: 30 },
      (_, i) => `b${i}: &b${i} [${'*a,'.repeat(9).replaceAll('a', i === 0 ? 'a' : `b${i - 1}`)}]`,
    ),
  ]
  const rows: readonly [name: string, text: string][] = [
    ['an alias bomb', `${bomb.join('\n')}\nc: x\n`],
    ['a scalar of a mebibyte', `c: x\nb: ${'y'.repeat(2 ** 20)}\n`],
    ['very many merges', `c: x\nb: &b {d: 1}\n<<: [${'*b,'.repeat(200_000)}]\n`],
    ['a merge of itself', `c: x\n<<: &b {<<: *b}\n`],
    ['very many aliases', `c: x\nb: &b [${'*b,'.repeat(200_000)}]\n`],
    ['a deep document beside', `${'['.repeat(20_000)}\n---\nc: x\n`],
  ]
  for (const [name, text] of rows) {
    test(name, () => {
      const document = name.startsWith('a deep') ? 1 : 0
      const result = editScalars(text, [edit('c', 'new', document)])
      assert.equal(guaranteed(result), text.replace('c: x', 'c: new'))
    })
  }
})
