import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type JsonObject, jsonAt, parseJson } from '../../../src/core/json.ts'
import type { Call } from '../../../src/io/kubernetes/call.ts'
import { refusalOf } from '../../../src/io/kubernetes/refusal.ts'
import { configMaps } from './test-server.ts'

// Answers as kube-apiserver 1.35 gives them; those that a test can bring about are in test/cluster/kubernetes.test.ts too.

const write: Call = { verb: 'apply', method: 'PATCH', path: '/', about: { kind: configMaps, name: 'web' } }
const read: Call = { ...write, verb: 'get', method: 'GET' }
const secretWrite: Call = { ...write, about: { kind: { ...configMaps, resource: 'secrets' }, name: 'login' } }

const because = 'because it is being terminated'
const terminating = { causes: [{ reason: 'NamespaceTerminating', message: because, field: 'metadata.namespace' }] }

type Row = {
  name: string
  call?: Call
  code: number
  reason?: string
  message: string
  details?: JsonObject
  is: string
  turn: 'author' | 'operator' | 'time'
}

const rows: readonly Row[] = [
  {
    name: 'a value that is invalid',
    code: 422,
    reason: 'Invalid',
    message: 'Service "web" is invalid: spec.ports[0].port: Invalid value: 99999',
    is: 'invalid',
    turn: 'author',
  },
  {
    name: 'an object that cannot be read',
    code: 400,
    reason: 'BadRequest',
    message: 'json: unknown',
    is: 'invalid',
    turn: 'author',
  },
  {
    name: 'an unknown field',
    code: 500,
    message:
      'failed to create typed patch object (demo/web; /v1, Kind=Service): .spec.prots: field not declared in schema',
    is: 'invalid',
    turn: 'author',
  },
  { name: 'too much for a request', code: 413, message: 'limit is 3145728', is: 'too-large', turn: 'author' },
  {
    name: 'too much for etcd',
    code: 500,
    message: 'etcdserver: request is too large',
    is: 'too-large',
    turn: 'author',
  },
  {
    name: 'a webhook’s no',
    code: 400,
    message: 'admission webhook "policy.example.com" denied the request: no latest tags',
    is: 'refused-by-webhook',
    turn: 'author',
  },
  {
    name: 'a webhook’s no that looks like RBAC’s',
    code: 403,
    reason: 'Forbidden',
    message: 'admission webhook "policy.example.com" denied the request: User "a" cannot patch resource "b"',
    is: 'refused-by-webhook',
    turn: 'author',
  },
  {
    name: 'a webhook that is gone',
    code: 500,
    reason: 'InternalError',
    message:
      'Internal error occurred: failed calling webhook "policy.example.com": failed to call webhook: Post "…": EOF',
    is: 'webhook-unreachable',
    turn: 'time',
  },
  {
    name: 'a policy’s no',
    code: 422,
    reason: 'Invalid',
    message: "configmaps \"web\" is forbidden: ValidatingAdmissionPolicy 'a' with binding 'b' denied request: no",
    is: 'refused-by-policy',
    turn: 'author',
  },
  {
    name: 'pod security',
    code: 403,
    reason: 'Forbidden',
    message: 'pods "web" is forbidden: violates PodSecurity "restricted:latest": privileged',
    is: 'refused-by-policy',
    turn: 'author',
  },
  {
    name: 'a quota that is used up',
    code: 403,
    reason: 'Forbidden',
    message: 'pods "web" is forbidden: exceeded quota: demo, requested: pods=1, used: pods=4, limited: pods=4',
    is: 'quota',
    turn: 'operator',
  },
  {
    name: 'RBAC’s no',
    code: 403,
    reason: 'Forbidden',
    message:
      'configmaps "web" is forbidden: User "agent" cannot patch resource "configmaps" in API group "" in the namespace "demo"',
    is: 'forbidden',
    turn: 'operator',
  },
  {
    name: 'RBAC’s no to more rights than ours',
    code: 403,
    reason: 'Forbidden',
    message:
      'clusterroles.rbac.authorization.k8s.io "web" is forbidden: user "agent" is attempting to grant RBAC permissions not currently held',
    is: 'forbidden',
    turn: 'operator',
  },
  {
    name: 'any no to a read',
    call: read,
    code: 403,
    reason: 'Forbidden',
    message: 'configmaps "web" is forbidden: for reasons of its own',
    is: 'forbidden',
    turn: 'operator',
  },
  {
    name: 'a namespace that is going',
    code: 403,
    reason: 'Forbidden',
    message: `configmaps "web" is forbidden: unable to create new content in namespace demo ${because}`,
    details: terminating,
    is: 'namespace-terminating',
    turn: 'time',
  },
  {
    name: 'a namespace that is not there',
    code: 404,
    reason: 'NotFound',
    message: 'namespaces "demo" not found',
    details: { name: 'demo', kind: 'namespaces' },
    is: 'no-such-namespace',
    turn: 'author',
  },
  {
    name: 'an object that is not there',
    call: read,
    code: 404,
    reason: 'NotFound',
    message: 'configmaps "web" not found',
    details: { name: 'web', kind: 'configmaps' },
    is: 'not-found',
    turn: 'time',
  },
  {
    name: 'a version that is not served',
    call: read,
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
    is: 'no-such-kind',
    turn: 'author',
  },
  {
    name: 'a kind that cannot be patched',
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'no',
    is: 'no-such-kind',
    turn: 'author',
  },
  {
    name: 'somebody who was quicker',
    code: 409,
    reason: 'Conflict',
    message: 'modified',
    is: 'conflict',
    turn: 'time',
  },
  {
    name: 'a patch whose test fails',
    call: { ...write, verb: 'patch' },
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    details: {},
    is: 'conflict',
    turn: 'time',
  },
  { name: 'too many at once', code: 429, reason: 'TooManyRequests', message: 'slower', is: 'throttled', turn: 'time' },
  { name: 'a place that is forgotten', code: 410, reason: 'Expired', message: 'too old', is: 'expired', turn: 'time' },
  {
    name: 'etcd that is slow',
    code: 504,
    reason: 'Timeout',
    message: 'request did not complete',
    is: 'timed-out',
    turn: 'time',
  },
  { name: 'etcd that is gone', code: 500, message: 'etcdserver: leader changed', is: 'unavailable', turn: 'time' },
  {
    name: 'a start that is not over',
    code: 503,
    reason: 'ServiceUnavailable',
    message: 'not ready',
    is: 'unavailable',
    turn: 'time',
  },
  {
    name: 'a token that has ended',
    code: 401,
    reason: 'Unauthorized',
    message: 'Unauthorized',
    is: 'unauthorized',
    turn: 'operator',
  },
]

for (const { name, call = write, code, reason = '', message, details = {}, is, turn } of rows) {
  test(`refusalOf calls ${name} ${is}, and says whose turn it is`, () => {
    const body = { kind: 'Status', message, reason, details }
    const error = refusalOf(call, { status: code, text: JSON.stringify(body), body })
    assert.deepEqual([error.class, error.turn, error.status, error.message], [is, turn, code, message])
  })
}

test('refusalOf calls nothing absent but what a 404 of an API server names', () => {
  const bodies = fc.oneof(
    fc.record({ kind: fc.constantFrom('Status', 'Other'), reason: fc.constant('NotFound'), details: details() }),
    fc.json().map((text) => parseJson(text)),
    fc.constant(undefined),
  )
  const code = fc.oneof(fc.constant(404), fc.integer({ min: 300, max: 599 }))
  fc.assert(
    fc.property(code, bodies, fc.string(), (httpStatus, body, text) => {
      const named = jsonAt(body, 'kind') === 'Status' && jsonAt(body, 'details', 'name') === 'web'
      const { class: is } = refusalOf(read, { status: httpStatus, text, body })
      assert.ok(is !== 'not-found' || (httpStatus === 404 && named))
    }),
  )
})

function details(): fc.Arbitrary<JsonObject> {
  return fc.constantFrom<JsonObject>({}, { name: 'web' }, { name: 'web', kind: 'namespaces' }, { name: 'another' })
}

test('refusalOf names the rule that is missing', () => {
  const message =
    'deployments.apps "web" is forbidden: User "agent" cannot patch resource "deployments" in API group "apps"'
  const error = refusalOf(write, { status: 403, text: '', body: { kind: 'Status', message, reason: 'Forbidden' } })
  assert.equal(
    error.help,
    'give the agent a role with the rule {apiGroups: ["apps"], resources: ["deployments"], verbs: ["patch"]}',
  )
})

test('refusalOf cuts what is long in its middle, where it is only quoted', () => {
  const quoted = `Invalid value: {${'"Volumes":null,'.repeat(900)}}`
  const message = `Job.batch "web" is invalid: spec.template: ${quoted}: field is immutable`
  const error = refusalOf(write, { status: 422, text: '', body: { kind: 'Status', message, reason: 'Invalid' } })
  assert.match(error.message, /^Job\.batch "web" is invalid: spec\.template: .* … .*: field is immutable$/)
  assert.ok(error.message.length < 1000)
})

test('refusalOf says that a kind is gone', () => {
  const error = refusalOf(read, { status: 404, text: '404 page not found\n', body: undefined })
  assert.equal(error.class, 'no-such-kind')
  assert.match(error.message, /: the API server does not serve this kind any more$/)
})

const value = 'hunter2'
const secretAnswers: readonly { name: string; body: JsonObject; says: string }[] = [
  {
    name: 'a number where a text belongs',
    body: {
      message: `failed to create typed patch object (demo/login; /v1, Kind=Secret): .data.password: expected string, got &value.valueUnstructured{Value:${value}}`,
    },
    says: 'the API server refused the Secret (422 without a reason): .data.password',
  },
  {
    name: 'a webhook that quotes',
    body: { message: `admission webhook "a" denied the request: ${value} is too simple`, reason: 'Forbidden' },
    says: 'the API server refused the Secret (422 Forbidden)',
  },
  {
    name: 'a field that is invalid',
    body: {
      message: `Invalid value: "${value}"`,
      reason: 'Invalid',
      details: { causes: [{ field: 'data[.dockerconfigjson]', reason: 'FieldValueInvalid', message: `"${value}"` }] },
    },
    says: 'the API server refused the Secret (422 Invalid): data[.dockerconfigjson] (FieldValueInvalid)',
  },
]

for (const { name, body, says } of secretAnswers) {
  test(`refusalOf says what is wrong with a Secret without its values: ${name}`, () => {
    const error = refusalOf(secretWrite, { status: 422, text: value, body: { kind: 'Status', ...body } })
    assert.equal(error.message, says)
    assert.equal(error.fieldsOfSecret.join(', '), says.split(': ')[1] ?? '')
  })
}
