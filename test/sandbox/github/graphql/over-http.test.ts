import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createAppAuth } from '@octokit/auth-app'
import { Octokit } from '@octokit/rest'
import { startGitHub, type SandboxGitHub } from '../../../../src/sandbox/github/github.ts'

const facts = `query Facts($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) { id defaultBranchRef { target { oid } } }
  viewer { login }
  rateLimit { limit remaining }
}`

const move = `mutation Move($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }`

type Facts = {
  readonly repository: { readonly id: string; readonly defaultBranchRef: { readonly target: { readonly oid: string } } }
  readonly viewer: { readonly login: string }
  readonly rateLimit: { readonly limit: number; readonly remaining: number }
}

test('GraphQL is asked by Octokit, counted by name, and followed by webhooks', async (t) => {
  const { github, bot } = await scene(t)
  const { repository, viewer, rateLimit } = await bot.graphql<Facts>(facts, { owner: 'acme', name: 'gitops' })
  assert.equal(viewer.login, 'lotse[bot]')
  assert.equal(rateLimit.limit, 5000)
  const ref = { name: 'refs/heads/new', beforeOid: '0'.repeat(40), afterOid: repository.defaultBranchRef.target.oid }
  await bot.graphql(move, { input: { repositoryId: repository.id, refUpdates: [ref] } })
  await github.settled()
  assert.equal(github.repository('acme/gitops').git.refs.get('refs/heads/new'), ref.afterOid)
  assert.deepEqual(
    github.requests.all.filter(({ path }) => path === '/graphql').map(({ route, write }) => [route, write]),
    [
      ['graphql Facts', undefined],
      ['graphql Move', 1],
    ],
  )
  assert.deepEqual(
    github.deliveries.map(({ event }) => event).filter((event) => event === 'create' || event === 'push'),
    ['create', 'push'],
  )
})

test('GraphQL answers errors as GitHub does, so that Octokit throws them', async (t) => {
  const { bot } = await scene(t)
  await assert.rejects(bot.graphql('{ repository(owner: "acme", name: "none") { id } }'), (error: unknown) => {
    assert.ok(error instanceof Error && 'errors' in error)
    assert.deepEqual(error.errors, [
      {
        type: 'NOT_FOUND',
        path: ['repository'],
        locations: [{ line: 1, column: 3 }],
        message: "Could not resolve to a Repository with the name 'acme/none'.",
      },
    ])
    return true
  })
})

test('GraphQL can be made to answer 502 although the ref was moved', async (t) => {
  const { github, bot } = await scene(t)
  const { repository } = await bot.graphql<Facts>(facts, { owner: 'acme', name: 'gitops' })
  const ref = { name: 'refs/heads/new', beforeOid: '0'.repeat(40), afterOid: repository.defaultBranchRef.target.oid }
  github.faults.answerAfterEffect('graphql updateRefs', 502)
  const answer = bot.graphql(move, { input: { repositoryId: repository.id, refUpdates: [ref] } })
  await assert.rejects(answer, { status: 502 })
  assert.equal(github.repository('acme/gitops').git.refs.get('refs/heads/new'), ref.afterOid)
})

test('GraphQL can be made to fail without a type, with status 200', async (t) => {
  const { github, bot } = await scene(t)
  github.faults.failGraphQL()
  await assert.rejects(bot.graphql('{ viewer { login } }'), (error: unknown) => {
    assert.ok(error instanceof Error && 'errors' in error && Array.isArray(error.errors))
    assert.deepEqual(error.errors.map(Object.keys), [['message']])
    assert.match(error.message, /Something went wrong while executing your query/)
    return true
  })
  await bot.graphql('{ viewer { login } }')
})

test('GraphQL can be made not to find a blob that is there', async (t) => {
  const { github, bot } = await scene(t)
  const query = `{ repository(owner: "acme", name: "gitops") { object(expression: "main:README.md") { oid }
    main: object(expression: "main") { ... on Commit { file(path: "README.md") { path } } } } }`
  type Found = { readonly repository: { readonly object: unknown; readonly main: { readonly file: unknown } } }
  github.faults.forgetBlobs(2)
  assert.deepEqual(await bot.graphql(query), { repository: { object: null, main: { file: null } } })
  const { repository } = await bot.graphql<Found>(query)
  assert.ok(repository.object !== null && repository.main.file !== null)
})

test('a page is served to a browser', async (t) => {
  const { github } = await scene(t)
  const response = await fetch(`${github.webUrl}/acme/gitops`)
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-security-policy') ?? '', /^default-src 'none'/)
  assert.match(await response.text(), /<h1>acme\/gitops<\/h1>/)
})

async function scene(t: TestContext): Promise<{ readonly github: SandboxGitHub; readonly bot: Octokit }> {
  const github = await startGitHub()
  t.after(() => github.close())
  github.createOrganization('acme')
  const { appId, privateKey } = github.registerApp(
    { name: 'Lotse', default_permissions: { metadata: 'read', contents: 'write' }, default_events: ['push', 'create'] },
    { webhookUrl: 'http://127.0.0.1:9/', webhookSecret: 'a secret of the test' },
  )
  await github.createRepository('acme/gitops')
  const installationId = await github.install(appId, 'acme')
  const auth = { appId, privateKey, installationId }
  return { github, bot: new Octokit({ baseUrl: github.apiUrl, log: silent, authStrategy: createAppAuth, auth }) }
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
