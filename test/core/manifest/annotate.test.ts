import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseAllDocuments } from 'yaml'
import { annotate, type PolicyEdit } from '../../../src/core/manifest/annotate.ts'
import { parseWorkloadId } from '../../../src/core/manifest/resource.ts'
import { readManifest } from '../../../src/core/manifest/workload.ts'
import { formatProblem, guaranteed } from '../../../src/core/parsed.ts'

const web = guaranteed(parseWorkloadId('default:deployment/web'))
const on: PolicyEdit = { name: 'automated', value: 'true' }
const off: PolicyEdit = { name: 'automated', value: undefined }
const lock: PolicyEdit = { name: 'locked', value: 'true' }
const tag = (value: string | undefined, container = 'web'): PolicyEdit => ({ name: `tag.${container}`, value })

function annotated(text: string, edits: readonly PolicyEdit[]): string {
  return guaranteed(annotate(text, web, edits)).text
}

/** A Deployment with these lines for metadata, which stand below its name. */
function deployment(metadata: string, end = '\n'): string {
  const lines = ['# why', 'apiVersion: apps/v1', 'kind: Deployment', 'metadata:', '  name: web # its name', metadata]
  return [...lines.filter((line) => line !== ''), 'spec: {}', ''].join('\n').replaceAll('\n', end)
}

suite('annotate adds', () => {
  const rows: readonly [name: string, before: string, edits: readonly PolicyEdit[], after: string][] = [
    [
      'the annotations where there are none',
      deployment(''),
      [on],
      deployment('  annotations:\n    fluxcd.io/automated: "true"'),
    ],
    [
      'them with the indentation of the file',
      'kind: Deployment\nmetadata:\n    name: web\n    labels:\n        a: b\nspec: {}\n',
      [on],
      'kind: Deployment\nmetadata:\n    name: web\n    labels:\n        a: b\n    annotations:\n        fluxcd.io/automated: "true"\nspec: {}\n',
    ],
    [
      'several, one after the other',
      deployment(''),
      [on, tag('semver:~1.2'), tag('main-1', 'db')],
      deployment(
        '  annotations:\n    fluxcd.io/automated: "true"\n    fluxcd.io/tag.web: "semver:~1.2"\n    fluxcd.io/tag.db: main-1',
      ),
    ],
    [
      'behind the last one, and its comment',
      deployment('  annotations:\n    # first\n    a: b # c\n    # last'),
      [on],
      deployment('  annotations:\n    # first\n    a: b # c\n    fluxcd.io/automated: "true"\n    # last'),
    ],
    [
      'behind a block of text',
      deployment('  annotations:\n    a: |\n      b\n\n      c'),
      [on],
      deployment('  annotations:\n    a: |\n      b\n\n      c\n    fluxcd.io/automated: "true"'),
    ],
    [
      'behind a text over several lines',
      deployment('  annotations:\n    a: "b\n      c"'),
      [on],
      deployment('  annotations:\n    a: "b\n      c"\n    fluxcd.io/automated: "true"'),
    ],
    [
      'below annotations that are empty',
      deployment('  annotations:  # none yet'),
      [on],
      deployment('  annotations:  # none yet\n    fluxcd.io/automated: "true"'),
    ],
    [
      'into empty braces',
      deployment('  annotations: {}'),
      [on],
      deployment('  annotations: {fluxcd.io/automated: "true"}'),
    ],
    [
      'into braces',
      deployment('  annotations: {a: b, c: d } # e'),
      [on],
      deployment('  annotations: {a: b, c: d, fluxcd.io/automated: "true" } # e'),
    ],
    [
      'into JSON',
      '{"kind": "Deployment", "metadata": {"name": "web"}}',
      [on, tag('glob:*')],
      '{"kind": "Deployment", "metadata": {"name": "web", "annotations": {"fluxcd.io/automated": "true", "fluxcd.io/tag.web": "glob:*"}}}',
    ],
    [
      'into JSON over several lines',
      '{\n  "kind": "Deployment",\n  "metadata": {\n    "name": "web",\n    "annotations": {\n      "a": "b"\n    }\n  }\n}\n',
      [on],
      '{\n  "kind": "Deployment",\n  "metadata": {\n    "name": "web",\n    "annotations": {\n      "a": "b",\n      "fluxcd.io/automated": "true"\n    }\n  }\n}\n',
    ],
    [
      'with Windows line breaks',
      deployment('', '\r\n'),
      [on],
      deployment('  annotations:\n    fluxcd.io/automated: "true"', '\r\n'),
    ],
    [
      'at the end of a file without a last line break',
      'kind: Deployment\nmetadata:\n  name: web',
      [on, lock],
      'kind: Deployment\nmetadata:\n  name: web\n  annotations:\n    fluxcd.io/automated: "true"\n    fluxcd.io/locked: "true"',
    ],
    [
      'behind a byte order mark',
      '\ufeffmetadata:\n   name: web\nkind: Deployment\n',
      [on],
      '\ufeffmetadata:\n   name: web\n   annotations:\n      fluxcd.io/automated: "true"\nkind: Deployment\n',
    ],
    [
      'to the item of a list',
      'kind: List\nitems:\n- kind: Deployment\n  metadata:\n    name: web\n- kind: Service\n  metadata: {name: web}\n',
      [on],
      'kind: List\nitems:\n- kind: Deployment\n  metadata:\n    name: web\n    annotations:\n      fluxcd.io/automated: "true"\n- kind: Service\n  metadata: {name: web}\n',
    ],
    [
      'to the right one of several documents',
      `kind: Service\nmetadata:\n  name: web\n---\n${deployment('')}---\nb: [1\n`,
      [on],
      `kind: Service\nmetadata:\n  name: web\n---\n${deployment('  annotations:\n    fluxcd.io/automated: "true"')}---\nb: [1\n`,
    ],
    [
      'in the quotes of its neighbours',
      deployment("  annotations:\n    a: 'b'"),
      [on, tag('semver:~1.2')],
      deployment("  annotations:\n    a: 'b'\n    fluxcd.io/automated: 'true'\n    fluxcd.io/tag.web: 'semver:~1.2'"),
    ],
    [
      'with the prefix that the workload uses',
      deployment('  annotations:\n    flux.weave.works/automated: "true"'),
      [tag('glob:main-1')],
      deployment('  annotations:\n    flux.weave.works/automated: "true"\n    flux.weave.works/tag.web: glob:main-1'),
    ],
    [
      'with the prefix that its neighbours use',
      `${deployment('')}---\nkind: Deployment\nmetadata: {name: b, annotations: {flux.weave.works/locked: "true"}}\n`,
      [on],
      `${deployment('  annotations:\n    flux.weave.works/automated: "true"')}---\nkind: Deployment\nmetadata: {name: b, annotations: {flux.weave.works/locked: "true"}}\n`,
    ],
  ]
  for (const [name, before, edits, after] of rows) test(name, () => assert.equal(annotated(before, edits), after))

  test('the older prefix to a HelmRelease that is as old', () => {
    const release = 'apiVersion: flux.weave.works/v1beta1\nkind: HelmRelease\nmetadata:\n  name: web\n'
    const id = guaranteed(parseWorkloadId('default:helmrelease/web'))
    const { text } = guaranteed(annotate(release, id, [tag('semver:1', 'chart-image')]))
    assert.equal(text, `${release}  annotations:\n    flux.weave.works/tag.chart-image: semver:1\n`)
  })
})

suite('annotate sets', () => {
  const rows: readonly [name: string, before: string, edit: PolicyEdit, after: string][] = [
    ['what is there', 'fluxcd.io/automated: "false" # c', on, 'fluxcd.io/automated: "true" # c'],
    ['it in its quotes', "flux.weave.works/automated: 'false'", on, "flux.weave.works/automated: 'true'"],
    ['what is no text for Kubernetes', 'fluxcd.io/automated: true', on, 'fluxcd.io/automated: "true"'],
    ['a policy under its other name', 'filter.fluxcd.io/web: glob:a', tag('glob:b'), 'filter.fluxcd.io/web: glob:b'],
    [
      'the key that counts',
      'flux.weave.works/tag.web: a\nfluxcd.io/tag.web: b',
      tag('c'),
      'flux.weave.works/tag.web: a\nfluxcd.io/tag.web: c',
    ],
    [
      'a block of text',
      'fluxcd.io/locked_msg: |\n  # a\n  b\nc: d',
      { name: 'locked_msg', value: 'e' },
      'c: d\nfluxcd.io/locked_msg: e',
    ],
    ['nothing that is so already', 'fluxcd.io/automated: "true"', on, 'fluxcd.io/automated: "true"'],
  ]
  const below = (text: string): string => deployment(`  annotations:\n${text.replaceAll(/^/gm, '    ')}`)
  for (const [name, before, edit, after] of rows) {
    test(name, () => assert.equal(annotated(below(before), [edit]), below(after)))
  }
})

suite('annotate takes away', () => {
  const rows: readonly [name: string, before: string, after: string][] = [
    [
      'a line',
      '  annotations:\n    a: b\n    fluxcd.io/automated: "true" # c\n    # d\n    e: f',
      '  annotations:\n    a: b\n    # d\n    e: f',
    ],
    ['the last one with its annotations', '  annotations:\n    fluxcd.io/automated: "true"', ''],
    ['that, but no comment', '  annotations:\n    # a\n    fluxcd.io/automated: "true"\n    # b', '    # a\n    # b'],
    [
      'each that says it',
      '  annotations:\n    fluxcd.io/automated: "true"\n    flux.weave.works/automated: "true"\n    a: b',
      '  annotations:\n    a: b',
    ],
    ['the first in braces', '  annotations: {fluxcd.io/automated: "true", a: b}', '  annotations: {a: b}'],
    ['one between others', '  annotations: {a: b, fluxcd.io/automated: "true", c: d}', '  annotations: {a: b, c: d}'],
    ['the last in braces', '  annotations: {a: b, fluxcd.io/automated: "true"}', '  annotations: {a: b}'],
    ['the only one in braces', '  annotations: {fluxcd.io/automated: "true"}', ''],
    ['nothing that is not there', '  annotations: {a: b}', '  annotations: {a: b}'],
  ]
  for (const [name, before, after] of rows) {
    for (const end of ['\n', '\r\n']) {
      test(`${name}${end === '\n' ? '' : ', between Windows line breaks'}`, () =>
        assert.equal(annotated(deployment(before, end), [off]), deployment(after, end)))
    }
  }

  test('a block of text as a whole', () => {
    const text = deployment('  annotations:\n    fluxcd.io/locked_msg: |-\n      a\n\n      # b\n    c: d')
    assert.equal(annotated(text, [{ name: 'locked_msg', value: undefined }]), deployment('  annotations:\n    c: d'))
  })

  test('a text with a # in braces, which is no comment', () => {
    const lock: PolicyEdit = { name: 'locked_msg', value: 'see #12, # b' }
    const before = 'kind: Deployment\nmetadata: {name: web}\n'
    const locked = annotated(before, [lock])
    assert.equal(
      locked,
      'kind: Deployment\nmetadata: {name: web, annotations: {fluxcd.io/locked_msg: "see #12, # b"}}\n',
    )
    assert.equal(annotated(locked, [{ ...lock, value: undefined }]), before)
  })

  test('the last line of a file without a last line break', () =>
    assert.equal(
      annotated('kind: Deployment\nmetadata:\n  name: web\n  annotations:\n    a: b\n    fluxcd.io/automated: "true"', [
        off,
      ]),
      'kind: Deployment\nmetadata:\n  name: web\n  annotations:\n    a: b',
    ))

  test('the only entry of JSON', () =>
    assert.equal(
      annotated('{"kind": "Deployment", "metadata": {"name": "web", "annotations": {"fluxcd.io/automated": "true"}}}', [
        off,
      ]),
      '{"kind": "Deployment", "metadata": {"name": "web"}}',
    ))
})

suite('annotate refuses', () => {
  const rows: readonly [name: string, text: string, edit: PolicyEdit, expected: RegExp][] = [
    [
      'a workload that is not there',
      'kind: Service\nmetadata: {name: web}\n',
      on,
      /^there is no default:deployment\/web/,
    ],
    ['one that is there twice', `${deployment('')}---\n${deployment('')}`, on, /^\d+:1: .*is in this file twice$/],
    [
      'what an alias shares',
      'kind: Deployment\nmetadata: &m {name: web}\nb: *m\n',
      on,
      /anchor that is used elsewhere/,
    ],
    [
      'annotations that an alias shares',
      deployment('  annotations: &a\n    b: c').replace('spec: {}', 'spec: *a'),
      on,
      /anchor that is used elsewhere/,
    ],
    ['what stands behind an alias', 'b: &m {name: web}\nkind: Deployment\nmetadata: *m\n', on, /alias|anchor/],
    [
      'annotations that are merged in',
      'b: &m {annotations: {fluxcd.io/automated: "false"}}\nkind: Deployment\nmetadata:\n  <<: *m\n  name: web\n',
      on,
      /not there|merged in/,
    ],
    ['annotations twice', deployment('  annotations: {a: b}\n  annotations: {c: d}'), on, /twice/],
    [
      'annotations that are no mapping',
      deployment('  annotations: none'),
      on,
      /cannot be changed in a way that is sure/,
    ],
    ['annotations that are null in words', deployment('  annotations: null'), on, /cannot be changed/],
    [
      'a comment in the way',
      deployment('  annotations: {fluxcd.io/automated: "true", # a\n    b: c}'),
      off,
      /cannot be/,
    ],
    [
      'a comment in the way, beside a # in quotes',
      deployment('  annotations: {fluxcd.io/automated: "a #b", # a\n    b: c}'),
      off,
      /cannot be/,
    ],
    ['a value over several lines', deployment(''), { name: 'locked_msg', value: 'a\nb' }, /a value of one line/],
    ['a container that can be no annotation', deployment(''), tag('a', 'my web'), /can be no annotation/],
    ['what sops has encrypted', deployment('').replace('spec: {}', 'sops: {mac: x}'), on, /encrypted by sops/],
  ]
  for (const [name, text, edit, expected] of rows) {
    test(name, () => {
      const result = annotate(text, web, [edit])
      assert.match(result.ok ? result.value.text : result.problems.map(formatProblem).join('\n'), expected)
      assert.equal(result.ok, false)
    })
  }
})

test('annotate says what changed, and where', () => {
  const text = deployment('  annotations:\n    fluxcd.io/tag.web: a\n    fluxcd.io/locked: "true"\n    c: d')
  const { changes } = guaranteed(annotate(text, web, [on, tag('b'), { name: 'locked', value: undefined }]))
  assert.deepEqual(changes, [
    { annotation: 'fluxcd.io/tag.web', line: 7, from: 'a', to: 'b' },
    { annotation: 'fluxcd.io/locked', line: 8, from: 'true', to: undefined },
    { annotation: 'fluxcd.io/automated', line: 9, from: undefined, to: 'true' },
  ])
})

const line = fc.constantFrom(
  '  annotations:',
  '  annotations: {}',
  '  annotations: {a: b}',
  '  annotations: &a',
  '    a: b',
  '    a: "b" # c',
  '    # c',
  '',
  '    fluxcd.io/automated: "false"',
  '    flux.weave.works/automated: true # d',
  '    fluxcd.io/locked_msg: |',
  '      text # no comment',
  '  labels: {a: b} # e',
  '  labels: *a',
  '  <<: {annotations: {a: b}}',
  '  labels:',
)
const edit = fc.oneof(
  fc.constantFrom(on, off, lock, tag(undefined), { name: 'locked_msg', value: undefined }),
  fc.constantFrom('semver:~1', '*', 'glob:a b', '1.10', 'regexp:^(a|"b\')$', '{', 'a: b #').map((value) => tag(value)),
)

test('annotate changes only lines of annotations, or refuses', () => {
  let made = 0
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 6 }),
      fc.uniqueArray(edit, { minLength: 1, maxLength: 3, selector: ({ name }) => name }),
      fc.constantFrom('\n', '\r\n'),
      (lines, edits, end) => {
        const before = deployment(lines.join('\n'), end)
        const result = annotate(before, web, edits)
        const hangs = /^[^&]*\*a/.test(before)
        // To Kubernetes a later merge counts, to the parser that judges here the key does.
        const isMergedOver = /annotations:[^]*<<:/.test(before)
        if (!result.ok || hangs || isMergedOver) return
        made += 1
        const after = result.value.text
        assert.deepEqual(withoutOurs(after), withoutOurs(before))
        assert.deepEqual(commentsOf(after), commentsOf(before))
        assert.equal(after.includes('\r\n'), before.includes('\r\n'))
        const [document] = meant(after)
        const annotations: unknown = document?.metadata.annotations
        const said = (annotations ?? {}) as Record<string, unknown>
        for (const { name, value } of edits) {
          const found = ['fluxcd.io/', 'flux.weave.works/'].map((prefix) => said[`${prefix}${name}`])
          assert.equal(
            found.find((value) => value !== undefined),
            value,
          )
        }
        // Once more changes nothing more.
        assert.equal(annotated(after, edits), after)
      },
    ),
    { numRuns: 2000 },
  )
  assert.ok(made > 500, `only ${made} were made`)
})

test('annotate never throws, whatever the text', () => {
  const whole = `${deployment('  annotations: {a: "b"}\n  labels: &l {c: d}')}---\n${deployment('  annotations:\n    a: |\n      b')}`
  const noise = fc.constantFrom(
    '',
    '\n',
    ' ',
    '{',
    '}',
    '&l ',
    '*l',
    '|',
    '"',
    '#',
    '- ',
    '? ',
    ': ',
    '---\n',
    '\t',
    '!!map ',
    '<<',
  )
  const cut = fc.tuple(fc.nat(whole.length), fc.nat(6), noise)
  fc.assert(
    fc.property(fc.array(cut, { minLength: 1, maxLength: 4 }), edit, (cuts, edit) => {
      const text = cuts.reduce((text, [at, length, into]) => text.slice(0, at) + into + text.slice(at + length), whole)
      const result = annotate(text, web, [edit])
      if (result.ok) assert.equal(annotated(result.value.text, [edit]), result.value.text)
    }),
    { numRuns: 2000 },
  )
})

test('what annotate has added it takes away again, and each file of a folder is as it was', () => {
  // LOTSE_CORPUS=DIR tries another folder, as in corpus.test.ts.
  const folder = process.env['LOTSE_CORPUS'] ?? join(import.meta.dirname, '../../fixtures/manifests/before')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(({ name }) =>
    /\.ya?ml$/.test(name),
  )
  const names = ['tag.something-new', 'locked-by-nobody']
  for (const { parentPath, name } of files) {
    const text = readFileSync(join(parentPath, name), 'utf8')
    for (const workload of new Set(readManifest(text).images.map((use) => use.workload))) {
      const added = guaranteed(
        annotate(
          text,
          workload,
          names.map((name) => ({ name, value: 'semver:~1' })),
        ),
      )
      assert.deepEqual(
        added.changes.map(({ to }) => to),
        ['semver:~1', 'semver:~1'],
      )
      const away = names.map((name) => ({ name, value: undefined }))
      assert.equal(guaranteed(annotate(added.text, workload, away)).text, text, name)
    }
  }
})

type Meant = { readonly metadata: { annotations?: Record<string, unknown> | null } }

function meant(text: string): Meant[] {
  return parseAllDocuments(text, { uniqueKeys: false, merge: true }).map((document): Meant => document.toJS())
}

/** Everything that the file means but our annotations. */
function withoutOurs(text: string): unknown {
  return meant(text).map((document) => {
    const annotations = Object.entries(document.metadata.annotations ?? {}).filter(([key]) => !key.startsWith('flux'))
    return { ...document, metadata: { ...document.metadata, annotations: Object.fromEntries(annotations) } }
  })
}

/** The comments that stand alone, in their order. */
function commentsOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => /^\s*#/.test(line))
}
