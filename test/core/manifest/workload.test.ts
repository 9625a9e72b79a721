import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { readManifest } from '../../../src/core/manifest/workload.ts'
import { formatProblem, guaranteed, parsed } from '../../../src/core/parsed.ts'

const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../fixtures/manifests/before', name), 'utf8')

const found = (text: string): readonly string[] =>
  readManifest(text).images.map(
    ({ workload, container, image, line, place }) =>
      `${line} ${place.document} ${workload} ${container} ${image.written}`,
  )
const problems = (text: string): readonly string[] => readManifest(text).problems.map(formatProblem)

const workload = (kind: string, spec: string): string => `kind: ${kind}\nmetadata: {name: web}\nspec: ${spec}\n`
const podSpec = '{containers: [{name: a, image: x:1}], initContainers: [{name: b, image: y:2}]}'
const template = `{template: {spec: ${podSpec}}}`

test('readManifest tells all of an image', () => {
  assert.deepEqual(readManifest(fixture('deployment.yaml')), {
    images: [
      {
        workload: 'extra:deployment/pr-assigner',
        container: 'pr-assigner',
        image: {
          host: 'quay.io',
          path: 'weaveworks/pr-assigner',
          tag: 'master-6f5e816',
          written: 'quay.io/weaveworks/pr-assigner:master-6f5e816',
        },
        place: { document: 0, path: ['spec', 'template', 'spec', 'containers', 0, 'image'] },
        holds: 'reference',
        text: 'quay.io/weaveworks/pr-assigner:master-6f5e816',
        line: 17,
        automation: { automated: true, automatedSaid: true, ignored: false, policy: 'glob:master-*' },
      },
    ],
    problems: [],
  })
})

test('readManifest finds the items of lists, and counts every document', () => {
  assert.deepEqual(found(fixture('many-documents.yaml')), [
    '25 2 monitoring:daemonset/logging logging quay.io/weaveworks/logging:master-1',
    '22 2 monitoring:daemonset/logging init quay.io/weaveworks/init:1',
    '36 2 default:cronjob/weekly weekly localhost:5000/weekly',
  ])
})

test('readManifest finds the images of a HelmRelease where their tags stand', () => {
  assert.deepEqual(found(fixture('helm-release.yaml')), [
    '20 0 demo:helmrelease/demo-service chart-image eu.gcr.io/project/demo-service:1.2.0',
    '24 0 demo:helmrelease/demo-service database quay.io/acme/postgres:11',
    '23 0 demo:helmrelease/demo-service sidecar acme/sidecar:1.10',
  ])
})

test('a reading is plain JSON', () => {
  const reading = readManifest(fixture('helm-release.yaml'))
  assert.deepEqual(JSON.parse(JSON.stringify(reading)), reading)
})

suite('readManifest finds the images of a', () => {
  const both = ['3 0 default:KIND/web a x:1', '3 0 default:KIND/web b y:2']
  const rows: readonly [kind: string, spec: string, automated: boolean][] = [
    ['Deployment', template, true],
    ['DaemonSet', template, true],
    ['StatefulSet', template, true],
    ['CronJob', `{jobTemplate: {spec: ${template}}}`, true],
    ['Job', template, false],
    ['ReplicaSet', template, false],
    ['ReplicationController', template, false],
    ['Pod', podSpec, false],
  ]
  for (const [kind, spec, automated] of rows) {
    test(`${kind}, ${automated ? 'to automate' : 'only listed'}`, () => {
      const text = workload(kind, spec)
      assert.deepEqual(
        found(text),
        both.map((line) => line.replace('KIND', kind.toLowerCase())),
      )
      const wish = text.replace('{name: web}', '{name: web, annotations: {fluxcd.io/automated: "true"}}')
      const [use] = readManifest(wish).images
      assert.equal(use?.automation.automated, automated)
      assert.equal(use?.automation.impossibleBecause === undefined, automated)
      assert.deepEqual(
        problems(wish),
        automated ? [] : [`2:58: \`fluxcd.io/automated\` is ignored: ${use?.automation.impossibleBecause}`],
      )
    })
  }
})

suite('readManifest finds nothing, and nothing wrong, in', () => {
  const rows: readonly [name: string, text: string][] = [
    ['an empty file', ''],
    ['a comment', '# nothing\n'],
    ['empty documents', '---\n---\n...\n'],
    ['a document without a kind', 'spec: {containers: [{name: a, image: x:1}]}'],
    ['a text', 'just words'],
    ['a kind of others', workload('Widget', template)],
    ['a kind that is a word of JavaScript', workload('constructor', template)],
    ['a workload without containers', workload('Deployment', '{replicas: 1}')],
    ['a container without an image', workload('Deployment', '{template: {spec: {containers: [{name: a}]}}}')],
    ['an empty image', workload('Deployment', '{template: {spec: {containers: [{name: a, image: ""}]}}}')],
    [
      'a template that is YAML',
      workload('Deployment', '{template: {spec: {containers: [{name: a, image: {{ x }}}]}}}'),
    ],
    ['a quoted template', workload('Deployment', '{template: {spec: {containers: [{name: a, image: "{{ x }}:1"}]}}}')],
    ['a variable', workload('Deployment', '{template: {spec: {containers: [{name: a, image: "x:${TAG}"}]}}}')],
    ['a template that is no YAML', '{{- if .Values.on }}\nkind: Deployment\n{{- end }}\n'],
    ['a template with a list', 'kind: Deployment\nspec:\n{{ toYaml .Values.spec | indent 2 }}\n  a: b\n'],
    ['an encrypted file', `${workload('Deployment', template)}sops: {mac: "ENC[x]", version: 3.7.1}\n`],
  ]
  for (const [name, text] of rows) {
    test(name, () => assert.deepEqual(readManifest(text), { images: [], problems: [] }))
  }
})

suite('readManifest reads as Kubernetes does', () => {
  test('aliases and merges', () => {
    const text = `kind: Deployment
metadata: {name: web}
base: &base {image: &image x:1}
spec: {template: {spec: {containers: [{name: a, <<: *base}, {name: b, image: *image}, {name: c, <<: [{}, *base]}]}}}
`
    assert.deepEqual(
      readManifest(text).images.map(({ container, image, line, place }) => [
        container,
        image.written,
        line,
        place.path.at(-2),
      ]),
      [
        ['a', 'x:1', 3, '<<'],
        ['b', 'x:1', 4, 1],
        ['c', 'x:1', 3, 1],
      ],
    )
  })

  const merges: readonly [container: string, image: string][] = [
    ['image: y:1, <<: *base', 'x:1'],
    ['<<: *base, image: y:1', 'y:1'],
    ['image: y:1, <<: {command: [a]}', 'y:1'],
    ['image: y:1, <<: [{image: z:1}, *base]', 'z:1'],
    ['<<: {image: z:1}, <<: *base', 'x:1'],
    ['<<: *base, <<: {image: z:1}', 'z:1'],
    ['image: y:1, "<<": *base', 'y:1'],
    ['image: y:1, <<: {<<: *base}', 'x:1'],
  ]
  for (const [container, image] of merges) {
    test(`the last of key and merge: ${container}`, () => {
      const text = `kind: Pod\nmetadata: {name: web}\nbase: &base {image: x:1}\nspec: {containers: [{name: a, ${container}}]}\n`
      assert.deepEqual(
        readManifest(text).images.map(({ image }) => image.written),
        [image],
      )
    })
  }

  test('an anchor that is set twice', () => {
    const text = workload(
      'Pod',
      '{a: &i x:1, containers: [{name: a, image: *i}, {name: b, image: &i y:1}, {name: c, image: *i}]}',
    )
    assert.deepEqual(
      readManifest(text).images.map(({ image }) => image.written),
      ['x:1', 'y:1', 'y:1'],
    )
  })

  test('the last of duplicate keys', () => {
    const text = workload('Pod', '{containers: [{name: a, image: x:1, image: x:2}]}')
    assert.deepEqual(
      readManifest(text).images.map(({ image }) => image.tag),
      ['2'],
    )
  })

  test('items of a list that leave their kind to it', () => {
    const text = `kind: DeploymentList\nitems: [{metadata: {name: a, namespace: b}, spec: ${template}}]\n`
    assert.deepEqual(
      readManifest(text).images.map(({ workload }) => workload),
      ['b:deployment/a', 'b:deployment/a'],
    )
  })

  test('Windows line breaks and a byte order mark', () => {
    const text = `\ufeff${workload('Pod', podSpec).replaceAll('\n', '\r\n')}`
    assert.deepEqual(found(text), ['3 0 default:pod/web a x:1', '3 0 default:pod/web b y:2'])
  })
})

suite('readManifest tells', () => {
  const good = workload('Pod', podSpec)
  const rows: readonly [name: string, text: string, problem: string, images: number][] = [
    ['a bad indentation', `a: 1\n b: 2\n---\n${good}`, '1:4: cannot be read as YAML: ', 2],
    ['an open quote', `a: "1\n---\n${good}`, '2:1: cannot be read as YAML: missing closing "quote', 2],
    ['an open bracket', `a: [1\n---\n${good}`, '2:1: cannot be read as YAML: flow sequence', 2],
    ['a tab', `${good}---\n\ta: 1\n`, '5:1: cannot be read as YAML: tabs are not allowed as indentation', 2],
    ['too much depth', `${'['.repeat(200_000)}\n---\n${good}`, '', 2],
    [
      'an image that is none',
      workload('Pod', '{containers: [{name: a, image: <YOURS>}]}'),
      '3:38: expected an image, got `<YOURS>`',
      0,
    ],
    ['a container without a name', workload('Pod', '{containers: [{image: a}]}'), '3:21: the container has no name', 0],
    [
      'a container with an empty name',
      workload('Pod', '{containers: [{name: "", image: a}]}'),
      '3:21: the container has no name',
      0,
    ],
    ['a workload without a name', `kind: Pod\nspec: ${podSpec}\n`, '1:1: the Pod has no metadata.name', 0],
    [
      'an encrypted workload that is automated',
      `${good.replace('{name: web}', '{name: web, annotations: {fluxcd.io/automated: "true"}}').replace('Pod', 'Deployment').replace(podSpec, template)}sops: {mac: x}\n`,
      '3:1: default:deployment/web is encrypted by sops: an edit would break its signature, so it is left alone',
      0,
    ],
  ]
  for (const [name, text, problem, images] of rows) {
    test(name, () => {
      const reading = readManifest(text)
      assert.equal(reading.images.length, images)
      assert.equal(reading.problems.length, 1)
      assert.ok(problems(text)[0]?.startsWith(problem), problems(text)[0])
    })
  }
})

suite('hostile manifests end', () => {
  test('lists of aliases of lists', () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `l${i + 1}: &l${i + 1} {kind: List, items: [${Array(9).fill(`*l${i}`).join()}]}`,
    )
    const text = `x: {l0: &l0 ${workload('Pod', podSpec).trim().replaceAll('\n', ', ').replace(/^/, '{')}}}\n${levels.join('\n')}\nkind: List\nitems: [*l9]\n`
    const reading = readManifest(text)
    assert.ok(reading.problems.some(({ message }) => message.startsWith('uses too many aliases')))
    assert.ok(reading.images.length < 2000)
  })

  test('a list that holds itself', () => {
    const reading = readManifest('&a {kind: List, items: [*a, *a]}')
    assert.deepEqual(reading.images, [])
  })

  test('a mapping that merges itself', () => {
    const reading = readManifest(
      'kind: Pod\nmetadata: &m {name: a, <<: *m, annotations: &n {<<: [*n, *n]}}\nspec: &s {<<: *s}\n',
    )
    assert.deepEqual(reading.images, [])
  })

  test('a mebibyte of brackets or of one scalar', () => {
    assert.deepEqual(readManifest(`a: ${'x'.repeat(2 ** 20)}`), { images: [], problems: [] })
    assert.equal(readManifest('['.repeat(2 ** 16)).images.length, 0)
  })
})

test('readManifest never throws, whatever the text', () => {
  const piece = fc.constantFrom(
    'kind: ',
    'Deployment',
    'List',
    '\n',
    '  ',
    'spec:',
    'template:',
    'containers:',
    '- ',
    'name: a',
    'image: x:1',
    '&a ',
    '*a',
    '<<: *a',
    '{',
    '}',
    '[',
    ']',
    '---\n',
    '"',
    "'",
    '|',
    '? ',
    '!!int ',
    '{{',
    '\t',
    'items:',
    'metadata: {name: a}',
    '#',
    ',',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const reading = readManifest(pieces.join(''))
      guaranteed(parsed(JSON.parse(JSON.stringify(reading))))
    }),
    { numRuns: 1000 },
  )
})
