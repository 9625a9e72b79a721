import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { commitState, requiredState } from '../../../../src/sandbox/github/operations/check-state.ts'
import { ciOf } from '../../../../src/sandbox/github/scene/ci.ts'
import { breakGround, inRepository, tell } from './ground.ts'

const run = '... on CheckRun { name conclusion checkSuite { workflowRun { runNumber workflow { name } } } }'
const rollup = (fields: string): string =>
  inRepository(`object(expression: "main") { ... on Commit { statusCheckRollup { ${fields} } } }`)

suite('check runs', () => {
  test('are all listed, also what a newer one of the same name has taken the place of', async (t) => {
    const ground = await breakGround(t)
    const ci = ciOf(ground.github, 'acme/gitops')
    const sha = ground.repository.git.refs.get('refs/heads/main') ?? ''
    await ci.report(sha, { name: 'test', conclusion: 'cancelled' })
    await ci.report(sha, { name: 'test', conclusion: 'success' })
    const workflowRun = { checkSuite: { workflowRun: null } }
    assert.deepEqual(await tell(ground, rollup(`state contexts(first: 9) { totalCount nodes { ${run} } }`)), {
      repository: {
        object: {
          statusCheckRollup: {
            state: 'SUCCESS',
            contexts: {
              totalCount: 2,
              nodes: [
                { name: 'test', conclusion: 'CANCELLED', ...workflowRun },
                { name: 'test', conclusion: 'SUCCESS', ...workflowRun },
              ],
            },
          },
        },
      },
    })
  })

  test('of two workflows with a job of the same name count both, each by its newest run', async (t) => {
    const ground = await breakGround(t)
    const { github, repository } = ground
    const ci = ciOf(github, 'acme/gitops')
    const sha = repository.git.refs.get('refs/heads/main') ?? ''
    await ci.report(sha, { name: 'test', workflow: 'Manifests', conclusion: 'failure' })
    await ci.report(sha, { name: 'test', workflow: 'Policies', conclusion: 'success' })
    assert.equal(requiredState(repository, sha, { context: 'test' }), 'failing')
    await ci.report(sha, { name: 'test', workflow: 'Manifests', status: 'in_progress', again: true })
    assert.equal(commitState(repository, sha), 'pending')
    await ci.report(sha, { name: 'test', workflow: 'Manifests', conclusion: 'success' })
    assert.equal(requiredState(repository, sha, { context: 'test' }), 'success')
    const of = (name: string, runNumber: number): unknown => ({ workflowRun: { runNumber, workflow: { name } } })
    assert.deepEqual(await tell(ground, rollup(`contexts(first: 9) { nodes { ${run} } }`)), {
      repository: {
        object: {
          statusCheckRollup: {
            contexts: {
              nodes: [
                { name: 'test', conclusion: 'FAILURE', checkSuite: of('Manifests', 1) },
                { name: 'test', conclusion: 'SUCCESS', checkSuite: of('Policies', 1) },
                { name: 'test', conclusion: 'SUCCESS', checkSuite: of('Manifests', 2) },
              ],
            },
          },
        },
      },
    })
  })

  test('are read page by page', async (t) => {
    const ground = await breakGround(t)
    const ci = ciOf(ground.github, 'acme/gitops')
    const sha = ground.repository.git.refs.get('refs/heads/main') ?? ''
    for (const name of ['a', 'b', 'c']) await ci.report(sha, { name, conclusion: 'success' })
    const page = (after: string): string =>
      rollup(
        `contexts(first: 2${after}) { totalCount pageInfo { hasNextPage endCursor } nodes { ... on CheckRun { name } } }`,
      )
    const first = JSON.stringify(await tell(ground, page('')))
    const cursor = /"endCursor":"([^"]+)"/.exec(first)?.[1]
    assert.match(first, /"totalCount":3,"pageInfo":\{"hasNextPage":true.*"a".*"b"/)
    const second = JSON.stringify(await tell(ground, page(`, after: "${cursor}"`)))
    assert.match(second, /"totalCount":3,"pageInfo":\{"hasNextPage":false.*"nodes":\[\{"name":"c"\}\]/)
  })

  test('say when they ran, and suites are counted per app', async (t) => {
    const ground = await breakGround(t)
    const ci = ciOf(ground.github, 'acme/gitops')
    const sha = ground.repository.git.refs.get('refs/heads/main') ?? ''
    await ci.report(sha, { name: 'test', conclusion: 'success' })
    const at = '2026-11-22T18:00:00Z'
    const data = await tell(
      ground,
      inRepository(`object(expression: "main") { ... on Commit {
        mine: checkSuites(first: 1, filterBy: { appId: ${ci.appId} }) { totalCount }
        none: checkSuites(first: 1, filterBy: { appId: 1 }) { totalCount }
        committer { name email user { databaseId } }
        statusCheckRollup { contexts(first: 1) { nodes { ... on CheckRun { startedAt completedAt } } } } } }`),
    )
    const { account } = ground.ann
    const email = `${account.id}+ann@users.noreply.github.com`
    assert.deepEqual(data, {
      repository: {
        object: {
          mine: { totalCount: 1 },
          none: { totalCount: 0 },
          committer: { name: 'ann', email, user: { databaseId: account.id } },
          statusCheckRollup: { contexts: { nodes: [{ startedAt: at, completedAt: at }] } },
        },
      },
    })
  })
})
