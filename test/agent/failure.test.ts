import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureFields, problemOfAll } from '../../src/agent/failure.ts'
import { UserError } from '../../src/core/user-error.ts'
import { GitError } from '../../src/io/git/git-error.ts'
import { KubernetesError } from '../../src/io/kubernetes/errors.ts'

test('problemOfAll names the token that the API server refuses', () => {
  const problem = problemOfAll(new KubernetesError('Unauthorized', { class: 'unauthorized', status: 401 }))
  assert.equal(problem.message, 'the API server refused the token of the agent: Unauthorized')
  assert.match(problem.help ?? '', /KUBERNETES_TOKEN_FILE.*--kubeconfig/)
  assert.equal(problem.turn, 'operator')
})

test('problemOfAll tells nothing of a bug', () => {
  assert.doesNotMatch(JSON.stringify(problemOfAll(new TypeError('hunter2'))), /hunter2/)
})

const expected: readonly (readonly [string, Error, object])[] = [
  ['a UserError', new UserError('no token', { help: 'make one' }), { because: 'no token', help: 'make one' }],
  ['a GitError', new GitError('unreachable', 'no route'), { because: 'no route' }],
  ['a KubernetesError', new KubernetesError('no quota', { class: 'quota' }), { because: 'no quota' }],
]
for (const [name, error, fields] of expected) {
  test(`failureFields tells ${name} in words`, () => assert.deepEqual(failureFields(error), fields))
}

test('failureFields keeps the stack of a bug', () => {
  const err = new TypeError('undefined is not a function')
  assert.deepEqual(failureFields(err), { err })
})
