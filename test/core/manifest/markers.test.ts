import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readManifest } from '../../../src/core/manifest/workload.ts'
import { formatProblem } from '../../../src/core/parsed.ts'

const mark = (said: string): string => `# {"$imagepolicy": "${said}"}`
const web = mark('flux-system:web')
const webTag = mark('flux-system:web:tag')

const markers = (text: string): readonly string[] =>
  (readManifest(text).markers ?? []).map(
    ({ policy, field, place, text, line, workload, container }) =>
      `${line} ${place.document} ${place.path.join('.')} = ${text} (${field} of ${policy.namespace}/${policy.name}, ${container} of ${workload})`,
  )
const problems = (text: string): readonly string[] => readManifest(text).problems.map(formatProblem)

suite('readManifest finds the marker', () => {
  const ofWeb = 'reference of flux-system/web'
  const rows: readonly [name: string, text: string, marker: string][] = [
    ['behind a plain scalar', `a: x:1 ${web}\n`, `1 0 a = x:1 (${ofWeb}, a of flux-system:imagepolicy/web)`],
    ['behind quotes', `a: "x:1" ${web}\n`, `1 0 a = x:1 (${ofWeb}, a of flux-system:imagepolicy/web)`],
    [
      'behind a number',
      `a: 1.10\t${webTag}\n`,
      `1 0 a = 1.10 (tag of flux-system/web, a of flux-system:imagepolicy/web)`,
    ],
    [
      'behind an octal number',
      `a: 0755 ${webTag}`,
      `1 0 a = 0755 (tag of flux-system/web, a of flux-system:imagepolicy/web)`,
    ],
    ['of a name', `a: x ${mark('n.s:w-1:name')}`, '1 0 a = x (name of n.s/w-1, a of n.s:imagepolicy/w-1)'],
    ['of a digest', `a: x ${mark('b:c:digest')}`, '1 0 a = x (digest of b/c, a of b:imagepolicy/c)'],
    ['without spaces', 'a: x #{"$imagepolicy":"b:c"}', '1 0 a = x (reference of b/c, a of b:imagepolicy/c)'],
    ['in a sequence', `a:\n- x\n- y ${web}\nb: 1\n`, `3 0 a.1 = y (${ofWeb}, a[1] of flux-system:imagepolicy/web)`],
    [
      'at the end of a sequence',
      `a:\n- b: y ${web}\n`,
      `2 0 a.0.b = y (${ofWeb}, a[0].b of flux-system:imagepolicy/web)`,
    ],
    [
      'inside a flow mapping',
      `a: {b: x, ${web}\n c: y}\n`,
      `1 0 a.b = x (${ofWeb}, a.b of flux-system:imagepolicy/web)`,
    ],
    ['in the second document', `a: 1\n---\nb: x ${web}\n`, `3 1 b = x (${ofWeb}, b of flux-system:imagepolicy/web)`],
    [
      'between Windows line breaks',
      `b: 1\r\na: x ${web}\r\n`,
      `2 0 a = x (${ofWeb}, a of flux-system:imagepolicy/web)`,
    ],
    ['behind a byte order mark', `\ufeffa: x ${web}\n`, `1 0 a = x (${ofWeb}, a of flux-system:imagepolicy/web)`],
    ['behind an anchor', `a: &i x ${web}\n`, `1 0 a = x (${ofWeb}, a of flux-system:imagepolicy/web)`],
    ['behind a text over two lines', `a: x\n  y ${web}\n`, `1 0 a = x y (${ofWeb}, a of flux-system:imagepolicy/web)`],
    [
      'in an object',
      `kind: Widget\nmetadata: {name: w, namespace: n}\nspec: {image: x:1} \nimage: y ${web}\n`,
      `4 0 image = y (${ofWeb}, image of n:widget/w)`,
    ],
    [
      'in an item of a list',
      `kind: List\nitems:\n- kind: Widget\n  metadata: {name: w}\n  image: y ${web}\n`,
      `5 0 items.0.image = y (${ofWeb}, image of default:widget/w)`,
    ],
    [
      'in a kustomization',
      `kind: Kustomization\nimages:\n- name: x\n  newTag: v1 ${webTag}\n`,
      '4 0 images.0.newTag = v1 (tag of flux-system/web, images[0].newTag of flux-system:imagepolicy/web)',
    ],
  ]
  for (const [name, text, marker] of rows) {
    test(name, () => {
      assert.deepEqual(markers(text), [marker])
      assert.deepEqual(problems(text), [])
    })
  }
})

suite('readManifest finds no marker, and nothing wrong, in', () => {
  const rows: readonly [name: string, text: string][] = [
    ['a line that is switched off', `# a: x ${web}\nb: 1\n`],
    ['a block of text', `a: |\n  b: x ${web}\n`],
    ['a block of text without a last line break', `a: |\n  b: x ${web}`],
    ['the head of a block of text', `a: | ${web}\n  b\n`],
    ['quotes', `a: 'x # {"$imagepolicy": "b:c"}'\n`],
    ['quotes over several lines', `a: 'x\n  y # {"$imagepolicy": "b:c"}\n  z'\n`],
    ['a word in front of it', 'a: x # see {"$imagepolicy": "b:c"}\n'],
    ['another setter', 'a: x # {"$setter": "b:c"}\n'],
    ['an encrypted file', `a: x ${web}\nsops: {mac: x}\n`],
    ['the value of a key', '{"$imagepolicy": "b:c"}\n'],
  ]
  for (const [name, text] of rows) {
    test(name, () => assert.deepEqual(readManifest(text), { images: [], problems: [] }))
  }
})

suite('readManifest tells of a marker', () => {
  const form = '(write `# {"$imagepolicy": "NAMESPACE:NAME"}`, with `:tag`, `:name` or `:digest` behind the name)'
  const stray = 'a marker stands behind no value (put it on the line of the image)'
  const rows: readonly [name: string, text: string, problem: string][] = [
    ['with a slash', `a: x ${mark('b/c')}`, `1:6: expected a marker, got \`{"$imagepolicy": "b/c"}\` ${form}`],
    ['without a namespace', `a: x ${mark('c')}`, `1:6: expected a marker, got \`{"$imagepolicy": "c"}\` ${form}`],
    [
      'for what no image has',
      `a: x ${mark('b:c:d')}`,
      `1:6: expected a marker, got \`{"$imagepolicy": "b:c:d"}\` ${form}`,
    ],
    [
      'that is no JSON',
      'a: x # {"$imagepolicy": "b:c"',
      `1:6: expected a marker, got \`{"$imagepolicy": "b:c"\` ${form}`,
    ],
    ['that is no text', 'a: x # {"$imagepolicy": 1}', `1:6: expected a marker, got \`{"$imagepolicy": 1}\` ${form}`],
    ['behind a key', `a: ${web}\n  b: x\n`, `1:4: ${stray}`],
    ['behind an empty value', `a: ${web}\nb: x\n`, `1:4: ${stray}`],
    ['behind a mapping', `a: {b: x} ${web}\n`, `1:11: ${stray}`],
    ['above its value', `b: x\n${web}\na: x\n`, `2:1: ${stray}`],
  ]
  for (const [name, text, problem] of rows) {
    test(name, () => {
      assert.deepEqual(problems(text), [problem])
      assert.deepEqual(markers(text), [])
    })
  }
})

suite('hostile files of markers end', () => {
  const rows: readonly [name: string, text: string][] = [
    ['very many on one line', `a: x ${`${web} `.repeat(30_000)}`],
    ['very many lines', `a: x ${web}\n`.repeat(20_000)],
    ['very many items', `kind: List\nitems:\n${`- {kind: A, a: 1} ${web}\n`.repeat(15_000)}`],
    ['a very long sequence', `a: [${'1,'.repeat(400_000)}]\nb: x ${web}\n`],
    ['a very deep mapping', `a: ${'{a: '.repeat(800)}x${'}'.repeat(800)}\nb: x ${web}\n`],
    ['very many signs', `a: "${'# {'.repeat(300_000)}" ${web}\n`],
    ['a broken document', `a: [x ${web}\n`],
    ['a template', `{{ if x }}\na: x ${web}\n{{ end }}\n`],
  ]
  for (const [name, text] of rows) {
    test(name, () => {
      const reading = readManifest(text)
      assert.deepEqual(JSON.parse(JSON.stringify(reading)), reading)
    })
  }
})
