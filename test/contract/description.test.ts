import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { checkAnswer, checkRequest, checkWebhook, routeOf } from '../support/github-contract.ts'

suite('checkAnswer', () => {
  const template = '/repos/{owner}/{repo}/git/refs'
  const ref = {
    ref: 'refs/heads/main',
    node_id: 'R_1',
    url: 'https://api.github.com/repos/acme/gitops/git/refs/heads/main',
    object: { type: 'commit', sha: 'a'.repeat(40), url: 'https://api.github.com/repos/acme/gitops/git/commits/a' },
  }
  const cases: Record<string, { status?: number; body: unknown; violations: readonly string[] }> = {
    'accepts what GitHub answers': { body: ref, violations: [] },
    'names a missing field': {
      body: { ...ref, node_id: undefined },
      violations: [`POST ${template} 201: must have required property 'node_id'`],
    },
    'names a field of another type': {
      body: { ...ref, ref: 7 },
      violations: [`POST ${template} 201 /ref: must be string`],
    },
    'names a field that GitHub lacks': {
      body: { ...ref, object: { ...ref.object, colour: 'red' } },
      violations: [`POST ${template} 201 /object/colour: GitHub describes no such field`],
    },
    'refuses a success that is not described': {
      status: 202,
      body: ref,
      violations: [`POST ${template} 202: GitHub describes no such answer`],
    },
    'knows that a repository may have moved': {
      status: 301,
      body: {
        message: 'Moved Permanently',
        url: 'https://api.github.com/repositories/1',
        documentation_url: 'https://docs.github.com',
      },
      violations: [],
    },
    'asks any other error for the form of GitHub’s errors': {
      status: 403,
      body: {
        message: 'Resource not accessible by integration',
        documentation_url: 'https://docs.github.com/rest',
        status: '403',
      },
      violations: [],
    },
    'names what is wrong in such an error': {
      status: 403,
      body: { error: 'no' },
      violations: [`POST ${template} 403 /error: GitHub describes no such field`],
    },
  }
  for (const [name, { status = 201, body, violations }] of Object.entries(cases)) {
    test(name, () =>
      assert.deepEqual(checkAnswer('post', template, status, JSON.parse(JSON.stringify(body))), violations),
    )
  }

  test('reads nullable of OpenAPI 3.0', () => {
    const user = '/users/{username}'
    const violations = checkAnswer('get', user, 200, { name: null, email: null, login: null })
    assert.deepEqual(
      violations.filter((violation) => /\/(name|email|login):/.test(violation)),
      [`GET ${user} 200 /login: must be string`],
    )
  })
})

suite('checkRequest', () => {
  const template = '/repos/{owner}/{repo}/pulls'
  const pull = { title: 'Auto-release', head: 'lotse/x', base: 'main' }
  const cases: Record<
    string,
    {
      method?: string
      template?: string
      query?: Record<string, string>
      body?: unknown
      violations: readonly string[]
    }
  > = {
    'accepts what GitHub describes': { body: pull, violations: [] },
    'refuses a field that GitHub does not know': {
      body: { ...pull, labels: ['release'] },
      violations: [`POST ${template} request /labels: GitHub describes no such field`],
    },
    'names a missing field': {
      body: { title: 'Auto-release', head: 'lotse/x' },
      violations: [`POST ${template} request: must have required property 'base'`],
    },
    'reads numbers and words in a query': {
      method: 'get',
      query: { per_page: '100', page: '2', state: 'open' },
      violations: [],
    },
    'refuses a parameter that GitHub does not know': {
      method: 'get',
      query: { author: 'ann' },
      violations: [`GET ${template} ?author: GitHub describes no such parameter`],
    },
    'refuses a value outside of the list': {
      method: 'get',
      query: { state: 'ajar' },
      violations: [`GET ${template} ?state: must be equal to one of the allowed values (open, closed, all)`],
    },
    'looks into lists': {
      template: '/repos/{owner}/{repo}/git/trees',
      body: { tree: [{ path: 'a', mode: '100644', type: 'blob', content: 'x', encoding: 'utf-8' }] },
      violations: [`POST /repos/{owner}/{repo}/git/trees request /tree/0/encoding: GitHub describes no such field`],
    },
    'refuses a route that is not described': {
      template: '/repos/{owner}/{repo}/pull',
      violations: ['POST /repos/{owner}/{repo}/pull: GitHub describes no such route'],
    },
  }
  for (const [name, { method = 'post', query = {}, body, violations, ...rest }] of Object.entries(cases)) {
    test(name, () => assert.deepEqual(checkRequest(method, rest.template ?? template, query, body), violations))
  }
})

suite('checkWebhook', () => {
  test('refuses an event that is not described', () => {
    assert.deepEqual(checkWebhook('pull_request', { action: 'befriended' }), [
      'webhook pull_request.befriended: GitHub describes no such webhook',
    ])
  })

  test('names what a payload lacks', () => {
    const violations = checkWebhook('issue_comment', { action: 'created', comment: {}, sender: {} })
    assert.ok(violations.includes("webhook issue_comment.created: must have required property 'issue'"))
  })
})

suite('routeOf', () => {
  const cases: readonly [string, string, string | undefined][] = [
    ['get', '/repos/acme/gitops', '/repos/{owner}/{repo}'],
    ['get', '/repos/acme/gitops/contents/clusters/staging/app.yaml', '/repos/{owner}/{repo}/contents/{path}'],
    ['get', '/repos/acme/gitops/commits/release/1.2/check-runs', '/repos/{owner}/{repo}/commits/{ref}/check-runs'],
    ['get', '/repos/acme/gitops/issues/comments', '/repos/{owner}/{repo}/issues/comments'],
    ['patch', '/repos/acme/gitops/git/refs/heads/lotse/x', '/repos/{owner}/{repo}/git/refs/{ref}'],
    ['post', '/repos/acme/gitops', undefined],
  ]
  for (const [method, path, expected] of cases) {
    test(`of ${method} ${path}`, () => assert.equal(routeOf(method, path), expected))
  }
})

test('the checked-in description names the version that the script fetches', () => {
  const script = readFileSync(join(import.meta.dirname, '..', '..', 'scripts', 'extract-github-contract.ts'), 'utf8')
  for (const name of ['routes', 'webhooks']) {
    const { source } = JSON.parse(readFileSync(join(import.meta.dirname, `${name}.json`), 'utf8')) as { source: string }
    assert.ok(script.includes(`${name}: '${source}'`))
  }
})
