import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { formatJson, type Json, jsonAt } from '../../../src/core/json.ts'
import { isKustomization, readObjects } from '../../../src/core/manifest/kubernetes-yaml.ts'
import { formatProblem, type Problem } from '../../../src/core/parsed.ts'

suite('readObjects reads', () => {
  // Checked against sigs.k8s.io/yaml, see kubernetes-yaml.oracle.test.ts.
  const values: readonly [written: string, value: Json | undefined][] = [
    ['0777', 511],
    ['014', 12],
    ['0o14', 12],
    ['0o0644', 420],
    ['08', 8],
    ['018', 18],
    ['0b11', 3],
    ['0b12', '0b12'],
    ['0x1F', 31],
    ['-0x10', -16],
    ['1_000', 1000],
    ['+12', 12],
    ['no', false],
    ['on', true],
    ['y', true],
    ['n', false],
    ['Yes', true],
    ['NO', false],
    ['nO', 'nO'],
    ['"no"', 'no'],
    ['22:22', '22:22'],
    ['1:30', '1:30'],
    ['2001-01-01', '2001-01-01'],
    ['2001-01-01 10:11:12', '2001-01-01 10:11:12'],
    ['1e3', 1000],
    ['.5', 0.5],
    ['1.', 1],
    ['1.10', 1.1],
    ['1e400', '1e400'],
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['12345678901234567890', 12_345_678_901_234_567_890n],
    ['18446744073709551616', 18_446_744_073_709_552_000],
    ['-9223372036854775808', -9_223_372_036_854_775_808n],
    ['!!str 12', '12'],
    ['!!int "3"', 3],
    ['!!binary aGk=', 'hi'],
    ['!own 12', '12'],
    ['~', undefined],
    ['', undefined],
    ['[~, 1]', [null, 1]],
    ['|\n    a\n    b', 'a\nb\n'],
    ['{ __proto__: 1, constructor: { prototype: 2 } }', JSON.parse('{"__proto__":1,"constructor":{"prototype":2}}')],
  ]
  for (const [written, value] of values) {
    test(`the value ${JSON.stringify(written)} as ${value === undefined ? 'nothing' : formatJson(value)}`, () => {
      const { objects, problems } = readObjects(`${named()}spec:\n  k: ${written}\n`)
      assert.deepEqual(problems, [])
      assert.deepEqual(jsonAt(objects[0]?.object, 'spec', 'k'), value)
    })
  }

  const keys: readonly [written: string, key: string][] = [
    ['n', 'false'],
    ['y', 'true'],
    ['0x10', '16'],
    ['1.10', '1.1'],
    ['1e6', '1e+06'],
    ['1000000', '1000000'],
    ['0.00001', '1e-05'],
    ['.inf', '.inf'],
    ['"1.10"', '1.10'],
    ['2001-01-01', '2001-01-01'],
    ['"<<"', '<<'],
  ]
  for (const [written, key] of keys) {
    test(`the key ${written} as ${JSON.stringify(key)}`, () => {
      const { objects } = readObjects(`${named()}spec: { ${written}: 1 }\n`)
      assert.deepEqual(jsonAt(objects[0]?.object, 'spec'), { [key]: 1 })
    })
  }

  const files: readonly [what: string, text: string, objects: readonly Json[]][] = [
    ['nothing', '', []],
    ['comments and empty documents', '# a\n---\n\n---\n# b\n---\n~\n', []],
    ['CRLF and a byte order mark', `\uFEFF${named('a').replaceAll('\n', '\r\n')}`, [object('a')]],
    [
      'JSON',
      formatJson({ ...object('a'), spec: { text: '\ud83d\ude00' } }),
      [{ ...object('a'), spec: { text: '😀' } }],
    ],
    ['several documents', `---\n${named('a')}---\n# none\n---\n${named('b')}...\n`, [object('a'), object('b')]],
    ['a List', list([named('a'), named('b')]), [object('a'), object('b')]],
    ['a List in a List', list([list([named('a')]), 'null', named('b')]), [object('a'), object('b')]],
    ['an empty List', 'apiVersion: v1\nkind: List\nitems:\n', []],
    [
      'a list whose items do not say what they are',
      'apiVersion: apps/v1\nkind: DeploymentList\nitems: [{ metadata: { name: a } }]',
      [{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } }],
    ],
    [
      'a kind that ends in List and has no items',
      'apiVersion: example.com/v1\nkind: AllowList\nmetadata: { name: a }',
      [{ apiVersion: 'example.com/v1', kind: 'AllowList', metadata: { name: 'a' } }],
    ],
    [
      'what configures kustomize as nothing',
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]',
      [],
    ],
    ['an empty namespace as none', named('a', '', { namespace: '""' }), [object('a')]],
    [
      'merge keys, overridden and one after the other',
      `${named('a')}base: &base { x: 1, v: 1, z: 1 }\nmore: &more { v: 2, w: 2 }\nspec:\n  <<: [*more, *base]\n  z: 3\n`,
      [
        {
          ...object('a'),
          base: { x: 1, v: 1, z: 1 },
          more: { v: 2, w: 2 },
          spec: { x: 1, v: 2, z: 3, w: 2 },
        },
      ],
    ],
    [
      'a null that takes a merged value away',
      `${named('a')}base: &base { x: 1, v: 1 }\nspec: { <<: *base, x: null }\n`,
      [{ ...object('a'), base: { x: 1, v: 1 }, spec: { v: 1 } }],
    ],
    [
      'no field of a server, and no status',
      `${named('a', '', { uid: 'u', resourceVersion: '"1"', generation: '1', selfLink: 's', managedFields: '[]', creationTimestamp: 'null', labels: '{ a: b }' })}status: { ready: 1 }\n`,
      [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', labels: { a: 'b' } } }],
    ],
    [
      'no status of a CustomResourceDefinition either, which generators write',
      'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: a }\nstatus: { storedVersions: [v1] }',
      [
        {
          apiVersion: 'apiextensions.k8s.io/v1',
          kind: 'CustomResourceDefinition',
          metadata: { name: 'a' },
        },
      ],
    ],
    [
      'no annotation of kubectl',
      named('a', '', { annotations: '{ kubectl.kubernetes.io/last-applied-configuration: "{}", a: b }' }),
      [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', annotations: { a: 'b' } } }],
    ],
    [
      'the stringData of a Secret as data, which it overrides',
      secret('data: { a: b2xk, b: b2xk }\nstringData: { a: new, é: "" }'),
      [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { a: 'bmV3', b: 'b2xk', é: '' } }],
    ],
    [
      'the rules of a ClusterRole, unless they are filled in',
      `${role('a')}rules: []\naggregationRule: { clusterRoleSelectors: [] }\n---\n${role('b')}rules: []\n`,
      [
        { ...roleObject('a'), aggregationRule: { clusterRoleSelectors: [] } },
        { ...roleObject('b'), rules: [] },
      ],
    ],
    [
      'no caBundle that cert-manager fills in',
      webhook('annotations: { cert-manager.io/inject-ca-from: a/b }') + '---\n' + webhook('labels: {}'),
      [
        webhookObject({ annotations: { 'cert-manager.io/inject-ca-from': 'a/b' } }, { service: {} }),
        webhookObject({ labels: {} }, { caBundle: 'YQ==', service: {} }),
      ],
    ],
  ]
  for (const [what, text, objects] of files) {
    test(what, () => {
      const result = readObjects(text)
      assert.deepEqual(result.problems, [])
      assert.deepEqual(
        result.objects.map(({ object: found }) => found),
        objects,
      )
    })
  }

  test('where each object stands', () => {
    const { objects } = readObjects(`# first\n${named('a')}---\n${list([named('b')])}`)
    assert.deepEqual(
      objects.map(({ at }) => at),
      [
        { line: 2, column: 1 },
        { line: 10, column: 3 },
      ],
    )
  })
})

suite('readObjects refuses', () => {
  const container = (rest: string): string =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec:\n  template:\n    spec:\n      containers:\n        - name: a\n${rest}`
  const rows: readonly [what: string, text: string, ...problems: string[]][] = [
    ['a text', 'hello', '1:1: expected a Kubernetes object, got text'],
    ['a list', '- 1', '1:1: expected a Kubernetes object, got a list'],
    [
      'an object that says only its name',
      'metadata: { name: a }',
      '1:1: expected `apiVersion` to be text, got nothing',
      '1:1: expected `kind` to be text, got nothing',
    ],
    [
      'an item of a list that says nothing of itself',
      'apiVersion: v1\nkind: List\nitems:\n  - a: 1',
      '4:5: expected `apiVersion` to be text, got nothing',
      '4:5: expected `kind` to be text, got nothing',
      '4:5: expected `metadata.name` to be text, got nothing',
    ],
    [
      'a missing name',
      'apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {}',
      '4:3: expected `metadata.name` to be text, got nothing',
    ],
    [
      'an empty name',
      'apiVersion: v1\nkind: Pod\nmetadata: { name: "" }',
      '3:19: expected `metadata.name` to be text, got an empty one',
    ],
    [
      'a name that is a number',
      'apiVersion: v1\nkind: Pod\nmetadata: { name: 010 }',
      '3:19: expected `metadata.name` to be text, got a number (quote it)',
    ],
    [
      'a namespace that is a boolean',
      named('a', '', { namespace: 'on' }),
      '5:14: expected `metadata.namespace` to be text, got a boolean (quote it)',
    ],
    [
      'a name that is a path',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: .., namespace: ../kube-system }',
      '3:19: `metadata.name` holds what no name can: `/`, `%`, or dots alone',
      '3:34: `metadata.namespace` holds what no name can: `/`, `%`, or dots alone',
    ],
    [
      'generateName',
      'apiVersion: batch/v1\nkind: Job\nmetadata: { generateName: a- }',
      '3:27: `metadata.generateName` would make another object at every sync (give it a name of its own under `metadata.name`)',
    ],
    [
      'an annotation that is no text',
      named('a', '', { annotations: '{ a: true }' }),
      '5:21: expected `metadata.annotations.a` to be text, got a boolean (quote it)',
    ],
    [
      'data of a ConfigMap that is no text',
      `${named()}data:\n  PORT: 8080`,
      '6:9: expected `data.PORT` to be text, got a number (quote it)',
    ],
    ['a key that is set twice', `${named()}data:\n  a: x\n  a: y\n`, '7:3: `a` is set twice (keep one)'],
    [
      'a key that is set twice in another spelling',
      `${named()}spec: { y: 1, "true": 1 }`,
      '5:15: `true` is set twice (keep one)',
    ],
    [
      'a merge that overrides',
      `${named()}base: &base { a: 1 }\nspec:\n  a: 2\n  <<: *base\n`,
      '8:3: `a` is set before `<<` and by it (put `<<` before the keys that override it)',
    ],
    ['a merge of no map', `${named()}spec: { <<: 1 }`, '5:9: expected `<<` to name maps, got a number'],
    [
      'an infinite number',
      `${named()}spec: { a: .inf }`,
      '5:12: expected a number that JSON has, got infinity or none (quote it if text is meant)',
    ],
    ['a key that is a list', `${named()}spec: { [1]: 1 }`, '5:9: expected text as a key, got a list (quote it)'],
    ['a key that is null', `${named()}~: 1`, '5:1: expected text as a key, got nothing (quote it)'],
    ['an alias of nothing', `${named()}spec: *gone`, '5:7: the alias names nothing that stands before it'],
    ['an alias within itself', `${named()}spec: &a [*a]`, '5:11: the alias stands for something that holds itself'],
    [
      'what brackets make of text',
      `${named()}spec: [a:, x?y]`,
      '5:8: between brackets Kubernetes takes a `:` without a blank for text (put a blank behind it)',
      '5:12: between brackets Kubernetes takes a `?`, or a `:` in front, for the mark of a key (quote the text)',
    ],
    [
      'half of a character',
      `${named()}spec: { a: "\\ud800" }`,
      '5:12: the text holds half of a character (write both halves of a `\\u` escape, or `\\U`)',
    ],
    [
      'a NUL',
      `${named()}spec: a\0b`,
      '5:8: the character U+0000 cannot stand in a manifest (write "\\u0000" in double quotes where it is meant)',
    ],
    [
      'a byte order mark in the middle',
      `${named()}# c\n\uFEFFspec: a`,
      '6:1: the character U+FEFF cannot stand in a manifest (write "\\uFEFF" in double quotes where it is meant)',
    ],
    [
      'a carriage return alone',
      `${named()}spec: "a\rb"`,
      '5:9: the character U+000D cannot stand in a manifest (write "\\u000D" in double quotes where it is meant)',
    ],
    [
      'another end of line',
      `${named()}spec: a\u2028b`,
      '5:8: the character U+2028 cannot stand in a manifest (write "\\u2028" in double quotes where it is meant)',
    ],
    [
      'a directive',
      `%YAML 1.2\n---\n${named()}`,
      '1:1: Kubernetes reads no document with a directive (`%`) (remove the line)',
    ],
    [
      'a chart, with one word',
      '{{- if .Values.a }}\na: 1\n---\nname: {{ .Values.name }}\nother: {{ .Values.other }}\nother: {{ 1 }}\n',
      '1:1: this is a template (`{{`) and no manifest yet (keep charts out of the folders of clusters; where text is meant, quote it)',
    ],
    [
      'a broken document, and no other',
      `${named('a')}---\na: "b\n---\n${named('b')}`,
      '7:1: cannot be read as YAML: missing closing "quote',
    ],
    ['65 levels', `${named()}spec: ${'['.repeat(64)}${']'.repeat(64)}`, '5:70: nested more than 64 levels deep'],
    [
      'two environment variables of one name',
      container('          env: [{ name: A, value: x }, { name: B }, { name: A }]\n'),
      '9:61: `env` has two items with the `name` `A` (remove one)',
    ],
    [
      'two ports of one number and protocol',
      container(
        '          ports: [{ containerPort: 53, protocol: UDP }, { containerPort: 53 }, { containerPort: 53, protocol: TCP }]\n',
      ),
      '9:97: `ports` has two items with the `containerPort` and `protocol` `53/TCP` (remove one)',
    ],
    [
      'two ports of a Service',
      'apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec:\n  ports:\n    - port: 80\n    - port: 80\n',
      '7:13: `spec.ports` has two items with the `port` and `protocol` `80/TCP` (remove one)',
    ],
  ]
  for (const [what, text, ...problems] of rows) {
    test(what, () => assert.deepEqual(readObjects(text).problems.map(formatProblem), problems))
  }

  test('64 levels not', () => {
    assert.deepEqual(readObjects(`${named()}spec: ${'['.repeat(63)}${']'.repeat(63)}`).problems, [])
  })

  test('one object and reads the others of the file', () => {
    const { objects, problems } = readObjects(
      `${list([named('a'), 'kind: Pod\n', named('b')])}---\nbroken: [\n---\n${named('c')}`,
    )
    assert.deepEqual(
      objects.map(({ object: found }) => found.metadata.name),
      ['a', 'b', 'c'],
    )
    assert.equal(problems.length, 3)
  })

  const secrets: readonly string[] = [
    secret('data: { a: "hunter2!" }'),
    secret('data: { a: hunter2 }'),
    secret('data: { a: [hunter2] }'),
    secret('data: { a: 20202020 }').replace('20202020', '0x68756e74'),
    secret('data: hunter2'),
    secret('stringData: { a: { hunter2: 1 } }').replace('hunter2: 1', 'b: hunter2'),
    secret('stringData: [hunter2]'),
    secret('stringData: { a: "hunter2\\q" }'),
    secret('stringData: { a: "hunter2 }'),
    secret('stringData: { a: !!int hunter2 }'),
    secret('stringData:\n  a: hunter2: x'),
    secret('stringData:\n  a: @hunter2'),
    secret('stringData:\n  a: | hunter2\n  b'),
    secret('stringData:\n  a: "x" hunter2'),
    secret('stringData:\n a: x\n  b: hunter2'),
    secret('stringData: { a: *hunter2 }'),
  ]
  for (const text of secrets) {
    test(`${JSON.stringify(text.split('name: s }\n')[1])} without saying a value`, () => {
      const { objects, problems } = readObjects(text)
      assert.deepEqual(objects, [])
      assert.ok(problems.length > 0)
      assert.doesNotMatch(JSON.stringify(problems), /hunter2|68756e74/)
    })
  }
})

suite('readObjects leaves out what says', () => {
  for (const annotations of [
    '{ fluxcd.io/ignore: "true" }',
    '{ flux.weave.works/ignore: "true" }',
    '{ fluxcd.io/ignore: true }',
    '{ fluxcd.io/ignore: "true", flux.weave.works/ignore: "false" }',
  ]) {
    test(annotations, () => {
      const { objects, ignored, problems } = readObjects(named('a', '', { annotations }))
      assert.deepEqual([objects, problems], [[], []])
      assert.deepEqual(
        ignored.map(({ object: found, at }) => [found.metadata.name, at]),
        [['a', { line: 1, column: 1 }]],
      )
    })
  }

  for (const annotations of [
    '{ fluxcd.io/ignore: "false" }',
    '{ fluxcd.io/ignore: sync_only }',
    '{ fluxcd.io/ignore: "false", flux.weave.works/ignore: "true" }',
    '{ other.io/ignore: "true" }',
  ]) {
    test(`but not ${annotations}`, () => {
      const { objects, ignored } = readObjects(named('a', '', { annotations }))
      assert.deepEqual([objects.length, ignored.length], [1, 0])
    })
  }
})

suite('readObjects says of nulls', () => {
  test('where they were left out, but for those that tools write', () => {
    const text = `${named('a', '', { creationTimestamp: 'null' })}spec:\n  a:\n  b: [~, { c: null }]\nstatus: null\n`
    assert.deepEqual(readObjects(text).notices.map(formatProblem), [
      '7:5: `spec.a` is null and left out, as kubectl does (write a value, or remove the key)',
      '8:15: `spec.b.1.c` is null and left out, as kubectl does (write a value, or remove the key)',
    ])
  })
})

suite('readObjects passes over', () => {
  test('what is no manifest, and says so', () => {
    const { objects, problems, notices } = readObjects('image:\n  tag: 1.2.0\n---\n' + named('a'))
    assert.deepEqual([objects.length, problems], [1, []])
    assert.deepEqual(notices.map(formatProblem), [
      '1:1: is no manifest, and left alone: it has neither `apiVersion` nor `kind` nor `metadata`',
    ])
  })
})

suite('readObjects has limits:', () => {
  const mebibyte = 2 ** 20
  const deep = (opening: string, count: number): string => opening.repeat(count)
  const rows: readonly [what: string, text: string, problem: RegExp][] = [
    ['a document of more than a mebibyte', `a: ${'é'.repeat(mebibyte / 2)}`, /at most 1048576 bytes, got 1048579/],
    ['more than 10,000 documents', deep('---\na\n', 20_000), /at most 10000 documents in one file, got 20000/],
    [
      'more than 10,000 objects',
      `apiVersion: v1\nkind: List\nitems:\n${deep('- 1\n', 10_001)}`,
      /at most 10000 objects in one file/,
    ],
    ['brackets in brackets', deep('[', 100_000), /nested more than 64 levels/],
    ['lists in lists', deep('- ', 100_000), /nested more than 64 levels/],
    ['maps in maps', deep('{a: ', 50_000), /nested more than 64 levels/],
    ['an alias bomb', bomb(30), /aliases of this file repeat too much/],
    ['a bomb in many documents', `${bomb(4)}---\n`.repeat(100), /aliases of this file repeat too much/],
    ['a long text many times', `a: &a ${'x'.repeat(10_000)}\nb: [${deep('*a, ', 1000)}]`, /repeat too much/],
    ['a list of itself many times', `a: &a [${deep('*a, ', 50_000)}]`, /holds itself/],
    [
      'a map merged many times',
      `a: &a { ${numbered(1000, (i) => `k${i}: 1`)} }\nb:\n${deep('  <<: *a\n', 20_000)}`,
      /repeat too much/,
    ],
    ['many digits', `${named()}data: { a: ${deep('1', 500_000)}0x }\n1: ${deep('1', 500_000)}\n1: 1`, /set twice/],
  ]
  for (const [what, text, problem] of rows) {
    test(what, () => {
      const { objects, problems } = readObjects(text)
      assert.deepEqual(objects, [])
      assert.ok(problems.length <= 100)
      assert.match(problems.map(({ message }: Problem) => message).join('\n'), problem)
    })
  }

  test('at most 100 problems and notices', () => {
    const { problems, notices } = readObjects(
      `kind: Pod\n---\n`.repeat(200) + `${named()}spec: { ${numbered(500, (i) => `k${i}: `)} }`,
    )
    assert.deepEqual([problems.length, notices.length], [100, 100])
  })

  test('it never throws, and every problem has a place, whatever the text', () => {
    const lines = [
      'apiVersion: v1\n',
      'kind: Secret\n',
      'metadata: {name: a}\n',
      'data:\n',
      '  a: ',
      '<<: *a\n',
      '---\n',
    ]
    const marks = '- |? |: |&a |*a |{|}|[|]|"|{{ x }}|%|!!int |~|0644|\t|\0|\n'.split('|')
    const part = fc.constantFrom(...lines, ...marks, '|\n')
    const text = fc.oneof(
      fc.array(part, { maxLength: 30 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', maxLength: 40 }),
    )
    fc.assert(
      fc.property(text, (anything) => {
        const { problems, objects } = readObjects(anything)
        assert.ok(problems.every(({ at }) => at !== undefined && at.line > 0 && at.column > 0))
        for (const { object: found } of objects) formatJson(found)
      }),
      { numRuns: 1000 },
    )
  })
})

suite('isKustomization', () => {
  for (const [path, is] of [
    ['kustomization.yaml', true],
    ['a/b/kustomization.yml', true],
    ['a/Kustomization', true],
    ['a/my-kustomization.yaml', false],
    ['kustomization.yaml/a.yaml', false],
  ] as const) {
    test(`${path}: ${is}`, () => assert.equal(isKustomization(path), is))
  }
})

/** The smallest object: four lines, then what is added to its metadata. */
function named(name = 'a', rest = '', metadata: Readonly<Record<string, string>> = {}): string {
  const more = Object.entries(metadata).map(([key, value]) => `  ${key}: ${value}\n`)
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more.join('')}${rest}`
}

function object(name: string): { readonly [key: string]: Json } {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }
}

function list(items: readonly string[]): string {
  const indented = items.map((item) => `- ${item.trimEnd().replaceAll('\n', '\n  ')}\n`)
  return `apiVersion: v1\nkind: List\nitems:\n${indented.join('')}`
}

function secret(rest: string): string {
  return `apiVersion: v1\nkind: Secret\nmetadata: { name: s }\n${rest}\n`
}

function role(name: string): string {
  return `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: ${name} }\n`
}

function roleObject(name: string): { readonly [key: string]: Json } {
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name } }
}

function webhook(metadata: string): string {
  return `apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: { name: a, ${metadata} }\nwebhooks: [{ name: w, clientConfig: { caBundle: YQ==, service: {} } }]\n`
}

function webhookObject(metadata: { readonly [key: string]: Json }, clientConfig: Json): Json {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'a', ...metadata },
    webhooks: [{ name: 'w', clientConfig }],
  }
}

/** Nine times nine times nine: `levels` lines. */
function bomb(levels: number): string {
  const line = (i: number): string =>
    `a${i}: &a${i} [${Array.from({ length: 9 }, () => (i === 0 ? 'x' : `*a${i - 1}`)).join(', ')}]\n`
  return numbered(levels, line, '')
}

function numbered(count: number, each: (i: number) => string, between = ', '): string {
  return Array.from({ length: count }, (_, i) => each(i)).join(between)
}
