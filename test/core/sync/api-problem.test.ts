import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ApiFailure, problemOf } from '../../../src/core/sync/api-problem.ts'
import { file, namespace, wanted } from './objects.ts'

const failure = (changes: Partial<ApiFailure> = {}): ApiFailure => ({
  class: 'invalid',
  status: 422,
  reason: 'Invalid',
  turn: 'author',
  message: 'Deployment.apps "web" is invalid: spec.selector: field is immutable',
  ...changes,
})

test('problemOf says where, what the server says, and what to do', () => {
  assert.deepEqual(problemOf(failure(), wanted({}, {}, 7)), {
    object: 'apps/Deployment demo/web',
    at: { file, line: 7, column: 1 },
    message: 'Deployment.apps "web" is invalid: spec.selector: field is immutable',
    help: 'Correct the manifest. A field that cannot be changed asks for a new name, or for a deletion by hand.',
    turn: 'author',
  })
})

const forbidden = failure({ class: 'forbidden', status: 403, turn: 'operator', message: 'no' })
const rights = 'Allow the agent get, list, watch, create, patch and delete of'
const helps: Readonly<Record<string, readonly [ApiFailure, string | undefined]>> = {
  'names the rights that are missing': [forbidden, `${rights} Deployment (apiGroups: ["apps"]) in the namespace demo.`],
  'prefers what the one who asked knows better': [{ ...forbidden, help: 'Allow patch.' }, 'Allow patch.'],
  'has no help for what time mends': [failure({ class: 'webhook-unreachable', turn: 'time' }), undefined],
  'has no help for a class that it does not know': [failure({ class: 'toString' }), undefined],
  'asks for the namespace': [
    failure({ class: 'no-such-namespace' }),
    'Add a Namespace `demo` to the repository, or correct the name.',
  ],
}

for (const [name, [given, expected]] of Object.entries(helps)) {
  test(`problemOf ${name}`, () => assert.equal(problemOf(given, wanted()).help, expected))
}

test('problemOf names rights outside of namespaces', () => {
  assert.equal(problemOf(forbidden, namespace('demo')).help, `${rights} Namespace (apiGroups: [""]).`)
})

test('problemOf never repeats what a server says of a Secret', () => {
  const secret = wanted({ apiVersion: 'v1', kind: 'Secret' })
  const said = failure({ message: 'data.password: expected string, got hunter2', help: 'mind hunter2' })
  const problem = problemOf(said, secret)
  assert.equal(problem.message, 'the Secret was not applied: invalid (422 Invalid)')
  assert.doesNotMatch(JSON.stringify(problem), /hunter2/)
  assert.equal(
    problemOf({ class: 'timed-out', turn: 'time', message: 'hunter2' }, secret).message,
    'the Secret was not applied: timed-out',
  )
})

test('problemOf says which fields of a Secret are wrong', () => {
  const fieldsOfSecret = ['data[.dockerconfigjson] (FieldValueInvalid)']
  assert.equal(
    problemOf(failure({ fieldsOfSecret }), wanted({ apiVersion: 'v1', kind: 'Secret' })).message,
    'the Secret was not applied: invalid (422 Invalid): data[.dockerconfigjson] (FieldValueInvalid)',
  )
})
