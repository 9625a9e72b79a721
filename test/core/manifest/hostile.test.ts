import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { editScalars, retag } from '../../../src/core/manifest/edit.ts'
import { readManifest } from '../../../src/core/manifest/workload.ts'
import { formatProblem } from '../../../src/core/parsed.ts'

function deployment(image: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {fluxcd.io/automated: "true"}}
spec:
  template:
    spec:
      containers:
      - name: app
        image: ${image}
`
}

const plain = deployment('nginx:1')
const mebibyte = 2 ** 20
/** Nine to the ninth, if somebody followed them all. */
const bomb = Array.from({ length: 8 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(',')}]\n`)
  .toSpliced(0, 0, 'l0: &l0 [x,x,x,x,x,x,x,x,x]\n')
  .join('')

suite('an image is found and changed', () => {
  const rows: Readonly<Record<string, string>> = {
    'beside an alias bomb': bomb + plain,
    'behind an alias bomb': `${bomb}---\n${plain}`,
    'beside a list that holds itself': `${plain}z: &z [*z]\n`,
    'beside a mapping that merges itself': `${plain}z: &z {<<: *z}\n`,
    'beside a scalar of 1 MiB': `${plain}z: ${'y'.repeat(mebibyte)}\n`,
    'beside a block of 1 MiB': `${plain}z: |\n${`  ${'y'.repeat(78)}\n`.repeat(mebibyte / 81)}`,
    'beside a comment of 1 MiB': `${plain}# ${'y'.repeat(mebibyte)}\n`,
    'beside a space of 1 MiB': `${plain}${' '.repeat(mebibyte)}\n`,
    'behind nesting that is too deep': `z: ${'['.repeat(50_000)}\n---\n${plain}`,
    'behind marks without documents': `%YAML 1.2\n---\n...\n---\n---\n--- # none\n${plain}...\n...\n`,
    'between scalars on marks': `--- |\n  a\n--- >\n b\n---\n${plain}`,
    'behind a quote that a mark ends': `z: "a\n---\nb"\n---\n${plain}`,
    'behind a block that a mark ends': `z: |\n---\n${plain}`,
    'after a byte order mark of a second document': `a: 1\n---\n\ufeff${plain}`,
    'behind a comment': deployment('# why\n          nginx:1'),
    'in front of a tab': deployment('nginx:1\t'),
    'written with escapes': deployment('"ngi\\u006ex:1"'),
    'over two lines': deployment('"nginx\\\n          :1"'),
    'beside keys that objects have': `${plain}__proto__: {constructor: x}\nconstructor: y\n`,
    'beside keys that are no text': `${plain}? [a, b]\n: c\n? {x: y}\n: d\n: e\n`,
    'beside characters that end no line': `${plain}z: a\u2028b\u0085c\n`,
  }
  for (const [name, text] of Object.entries(rows)) {
    test(name, () => {
      const [use, ...others] = readManifest(text).images
      assert.ok(use !== undefined && others.length === 0)
      const edited = editScalars(text, [retag(use, '1.10')])
      assert.ok(edited.ok)
      assert.equal(readManifest(edited.value).images[0]?.image.tag, '1.10')
      const [before, after] = [text.split('image: '), edited.value.split('image: ')]
      assert.deepEqual([before.length, before[0]], [after.length, after[0]])
    })
  }
})

suite('an image is found, and its change refused,', () => {
  const rows: Readonly<Record<string, readonly [text: string, because: RegExp]>> = {
    'behind an alias': [`x: &i nginx:1\n${deployment('*i')}`, /is an alias/],
    'with an anchor in use': [`${deployment('&i nginx:1')}y: *i\n`, /has an anchor that is used elsewhere/],
    'with a tag of its own': [deployment('!custom nginx:1'), /has the tag `!custom`/],
    'in a block': [deployment('|-\n          nginx:1'), /is a block of text/],
    'in front of a broken document that no mark parts from it': [`${plain}...\n@\n`, /would change more than this/],
    'under a key that is there twice': [`${plain}        image: nginx:2\n`, /cannot be told apart/],
  }
  for (const [name, [text, because]] of Object.entries(rows)) {
    test(name, () => {
      const [use] = readManifest(text).images
      assert.ok(use !== undefined)
      const edited = editScalars(text, [retag(use, '1.10')])
      assert.ok(!edited.ok)
      assert.match(formatProblem(edited.problems[0]), because)
      assert.ok(edited.problems[0].at !== undefined)
    })
  }
})

suite('no image is found', () => {
  for (const image of ['""', "''", '~', '', '[nginx:1]', '{a: nginx:1}', `nginx:${'y'.repeat(mebibyte)}`, 'nginx :1']) {
    test(`in ${image.slice(0, 20) || 'nothing'}, and a problem says where`, () => {
      const { images, problems } = readManifest(deployment(image))
      assert.deepEqual(images, [])
      assert.ok(problems.length > 0 && problems.every(({ at }) => at !== undefined))
    })
  }
})

test('a manifest that something fell into is edited to change nothing else, or refused with a place', () => {
  const marks = ['---\n', '...\n', '...\n@\n', '%YAML 1.1\n', '\ufeff', '*i', '&i ', '&i *i', '<<: ', '!!str ', ' #']
  const signs = [
    '"',
    "'",
    '\t',
    '\r\n',
    '\r',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    ': ',
    ', ',
    '- ',
    '? ',
    '|\n',
    '>-\n',
    '~',
  ]
  const pieces = [...marks, ...signs, '\\', '@', '\u2028', '\0']
  const changed = fc
    .tuple(
      fc.constantFrom(plain, deployment('"nginx:1"'), `${plain}---\n${plain}`, plain.replaceAll('\n', '\r\n')),
      fc.array(fc.tuple(fc.nat(400), fc.nat(6), fc.constantFrom(...pieces)), { minLength: 1, maxLength: 4 }),
    )
    .map(([text, changes]) =>
      changes.reduce((text, [at, gone, piece]) => text.slice(0, at) + piece + text.slice(at + gone), text),
    )
  fc.assert(
    fc.property(changed, fc.constantFrom('next', '1.10', '0755', 'yes'), (text, tag) => {
      const { images, problems } = readManifest(text)
      assert.ok(problems.every(({ at }) => at !== undefined))
      for (const use of images) {
        const edited = editScalars(text, [retag(use, tag)])
        if (!edited.ok) {
          assert.ok(edited.problems[0].at !== undefined)
          continue
        }
        const expected = images.map((other) => (other === use ? tag : other.image.tag))
        assert.deepEqual(
          readManifest(edited.value).images.map(({ image }) => image.tag),
          expected,
        )
      }
    }),
    { numRuns: 500 },
  )
})
