import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { compareObjects } from '../../../src/core/diff/compare.ts'
import { secretValuesOf } from '../../../src/core/diff/known-secrets.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import type { KubernetesObject } from '../../../src/core/manifest/kubernetes-object.ts'
import { configMap, deployment, kinds, object, secret } from './objects.ts'

const lines = (before: KubernetesObject | undefined, after: KubernetesObject | undefined) =>
  compareObjects({ ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }).lines

const withMetadata = (metadata: JsonObject, rest: JsonObject = {}): KubernetesObject => ({
  ...configMap('a', { x: '1' }),
  metadata: { name: 'a', namespace: 'demo', ...metadata },
  ...rest,
})

suite('compareObjects', () => {
  test('shows what changes, with three lines around it', () => {
    assert.deepEqual(lines(deployment('web', 1), deployment('web', 2)), [
      '@@ -4,7 +4,7 @@',
      '   name: web',
      '   namespace: demo',
      ' spec:',
      '-  replicas: 1',
      '+  replicas: 2',
      '   template:',
      '     spec:',
      '       containers:',
    ])
  })

  test('shows what is created as people write it', () => {
    assert.deepEqual(lines(undefined, { data: { b: 'yes', a: '1\n2\n' }, ...object(kinds.configMap, 'a') }), [
      '@@ -0,0 +1,10 @@',
      '+apiVersion: v1',
      '+kind: ConfigMap',
      '+metadata:',
      '+  name: a',
      '+  namespace: demo',
      '+data:',
      '+  a: |',
      '+    1',
      '+    2',
      '+  b: "yes"',
    ])
  })

  test('shows what is deleted', () => {
    assert.deepEqual(lines(object(kinds.configMap, 'a'), undefined), [
      '@@ -1,5 +0,0 @@',
      '-apiVersion: v1',
      '-kind: ConfigMap',
      '-metadata:',
      '-  name: a',
      '-  namespace: demo',
    ])
  })

  test('is empty for what only machines read', () => {
    const live = withMetadata(
      {
        uid: 'u',
        resourceVersion: '7',
        generation: 2,
        creationTimestamp: '2026-11-22T12:00:00Z',
        managedFields: [{ manager: 'kubectl' }],
        labels: { 'lotse.dev/sync': 'a1b2c3d4e5f6' },
        annotations: {
          'lotse.dev/mark': 'm',
          'lotse.dev/applied': 'h',
          'kubectl.kubernetes.io/last-applied-configuration': '{}',
        },
      },
      { status: { phase: 'Active' } },
    )
    assert.deepEqual(lines(live, withMetadata({})), [])
  })

  test('shows that a person asked for standstill', () => {
    const suspended = withMetadata({ annotations: { 'lotse.dev/suspend': 'incident' } })
    assert.ok(lines(withMetadata({}), suspended).includes('+    lotse.dev/suspend: incident'))
  })

  test('takes another order of a list for a change, and of keys for none', () => {
    const before = object(kinds.service, 'a', { spec: { a: 1, ports: [1, 2] } })
    assert.deepEqual(lines(before, object(kinds.service, 'a', { spec: { ports: [1, 2], a: 1 } })), [])
    assert.notDeepEqual(lines(before, object(kinds.service, 'a', { spec: { ports: [2, 1], a: 1 } })), [])
  })

  test('keeps whole numbers exact', () => {
    const big = object(['example.com/v1', 'Thing'], 'a', { spec: { size: 9007199254740993n } })
    assert.ok(lines(undefined, big).includes('+  size: 9007199254740993'))
  })

  test('shows a control character as its code', () => {
    const found = lines(undefined, configMap('a', { x: 'one\u0007\ntwo\u001b[31m\n' })).join('\n')
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    assert.doesNotMatch(found, /[\u0000-\u0009\u000b-\u001f]/)
  })

  test('cuts a line and a list of lines', () => {
    const { lines: long, cut } = compareObjects({ after: configMap('a', { x: 'x'.repeat(2000) }) })
    assert.deepEqual([cut, Math.max(...long.map(({ length }) => length))], [true, 500])
    const many = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`key-${index}`, '']))
    const tall = compareObjects({ after: configMap('a', many) })
    assert.deepEqual([tall.cut, tall.lines.length], [true, 300])
  })

  test('lists two objects that have too little in common', () => {
    const values = (prefix: string) =>
      Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`${prefix}${index}`, prefix]))
    const { lines: found } = compareObjects({ before: configMap('a', values('x')), after: configMap('a', values('y')) })
    assert.equal(found[0], '@@ -1,3006 +1,3006 @@')
  })

  test('is empty for an object and itself, whatever is in it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
        const one: KubernetesObject = { ...configMap('a', {}), data: data as JsonObject }
        assert.deepEqual(lines(one, structuredClone(one)), [])
      }),
    )
  })
})

suite('compareObjects of Secrets', () => {
  test('shows the names of keys only', () => {
    assert.deepEqual(
      lines(secret('s', { a: 'same', b: 'old', c: 'gone' }), secret('s', { a: 'same', b: 'new', d: 'x' })),
      [
        '@@ -5,6 +5,6 @@',
        '   namespace: demo',
        ' data:',
        '   a: •••',
        '-  b: •••',
        '-  c: •••',
        '+  b: ••• (changed)',
        '+  d: •••',
        ' type: Opaque',
      ],
    )
  })

  test('masks what stands beside data', () => {
    const wrong = { ...secret('s', {}), password: 'hunter22', stringData: { a: 'hunter22' }, data: ['hunter22'] }
    assert.doesNotMatch(lines(undefined, wrong).join('\n'), /hunter/)
  })

  test('does not show a known value elsewhere', () => {
    const secrets = secretValuesOf([secret('s', { a: 'hunter22', b: 'a much longer secret\n' })])
    const env = [
      { name: 'PASSWORD', value: 'hunter22' },
      { name: 'URL', value: 'postgres://ann:hunter22@db' },
    ]
    const shown = compareObjects({ after: deployment('web', 1, env) }, secrets).lines.join('\n')
    assert.match(shown, /value: •••\n/)
    assert.match(shown, /value: postgres:\/\/ann:•••@db/)
    const args = object(kinds.deployment, 'web', { spec: { args: ['--key=a much longer secret'] } })
    assert.ok(compareObjects({ after: args }, secrets).lines.includes('+    - --key=•••'))
  })

  test('leaves names and images alone, where a word is no secret', () => {
    const secrets = secretValuesOf([secret('s', { user: 'postgres' })])
    const database = object(kinds.deployment, 'postgres', { spec: { image: 'postgres:17' } })
    assert.ok(compareObjects({ after: database }, secrets).lines.includes('+  image: postgres:17'))
  })

  test('says that something changes also where nothing of it is shown', () => {
    const secrets = secretValuesOf([secret('s', { a: 'hunter22', b: 'hunter33' })])
    const env = (value: string) => deployment('web', 1, [{ name: 'PASSWORD', value }])
    const { lines: found } = compareObjects({ before: env('hunter22'), after: env('hunter33') }, secrets)
    assert.deepEqual(found, [' # only values that are not shown'])
  })
})
