import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CommitSha, parseClusterName, parseCommitSha } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { createDeployment, setDeploymentState } from '../../../src/io/github/deployments.ts'
import { fullName, mainHead, name, openGround } from './ground.ts'

const ground = await openGround()
const { sandbox, github, installation, repository } = ground
const octokit = await github.as({ installation, repository, profile: 'deployment' })
const bob = sandbox.person('bob')
const cluster = guaranteed(parseClusterName('production'))
const where = { owner: 'acme', repo: 'gitops' }
const setState = 'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses'

let environments = 0
let commits = 0

/** An environment that nobody has deployed to, so that the tests do not meet. */
function fresh(kind = 'staging'): string {
  environments += 1
  return `${kind}-${environments}`
}

async function push(): Promise<CommitSha> {
  commits += 1
  const files = { 'app.yaml': `a: ${commits}` }
  return guaranteed(parseCommitSha(await bob.push(fullName, { branch: 'main', files })))
}

async function deployed(environment: string): Promise<number> {
  return createDeployment(octokit, name, { cluster, commit: await push(), environment })
}

/** Oldest first. */
async function statesOf(deployment: number): Promise<readonly string[]> {
  const { data } = await octokit.rest.repos.listDeploymentStatuses({ ...where, deployment_id: deployment })
  return data.map(({ state }) => state).toReversed()
}

describe('createDeployment', () => {
  test('makes one of a commit and an environment, once', async () => {
    const commit = await push()
    const environment = fresh()
    const id = await createDeployment(octokit, name, { cluster, commit, environment, description: 'x'.repeat(200) })
    assert.equal(await createDeployment(octokit, name, { cluster, commit, environment }), id)
    assert.notEqual(await createDeployment(octokit, name, { cluster, commit, environment: fresh() }), id)
    const { data } = await octokit.rest.repos.getDeployment({ ...where, deployment_id: id })
    assert.deepEqual(
      [data.sha, data.task, data.environment, data.production_environment, data.description?.length],
      [commit, 'lotse:production', environment, false, 140],
    )
  })

  test('makes another one to go back to a commit', async () => {
    const environment = fresh()
    const commit = await push()
    const first = await createDeployment(octokit, name, { cluster, commit, environment })
    await setDeploymentState(octokit, name, { cluster, deployment: first, environment, state: 'success' })
    const second = await deployed(environment)
    await setDeploymentState(octokit, name, { cluster, deployment: second, environment, state: 'success' })
    const third = await createDeployment(octokit, name, { cluster, commit, environment })
    assert.equal(await createDeployment(octokit, name, { cluster, commit, environment }), third)
    await setDeploymentState(octokit, name, { cluster, deployment: third, environment, state: 'success' })
    assert.deepEqual(
      [await statesOf(first), await statesOf(second), await statesOf(third)],
      [['success', 'inactive'], ['success', 'inactive'], ['success']],
    )
  })

  test('does not take one that is not ours', async () => {
    const commit = await push()
    const environment = fresh()
    const { data } = await octokit.rest.repos.createDeployment({ ...where, ref: commit, environment })
    assert.ok('id' in data)
    assert.notEqual(await createDeployment(octokit, name, { cluster, commit, environment }), data.id)
  })

  test('does not wait for checks', async () => {
    const commit = await push()
    await sandbox.ci(fullName).report(commit, { name: 'ci', conclusion: 'failure' })
    await createDeployment(octokit, name, { cluster, commit, environment: fresh() })
  })

  for (const [environment, production] of [
    ['production', true],
    ['eu-prod', true],
    ['Production/eu', true],
    ['products', false],
    ['preprod', false],
    ['staging', false],
  ] as const) {
    test(`reads ${environment} as ${production ? '' : 'not '}production`, async () => {
      const id = await createDeployment(octokit, name, { cluster, commit: mainHead(ground), environment })
      const { data } = await octokit.rest.repos.getDeployment({ ...where, deployment_id: id })
      assert.equal(data.production_environment, production)
    })
  }
})

describe('setDeploymentState', () => {
  test('says what is said already only once', async () => {
    const environment = fresh()
    const deployment = await deployed(environment)
    const running = { cluster, deployment, environment, state: 'in_progress', description: 'syncs' } as const
    const done = { ...running, state: 'success', description: 'in sync', logUrl: 'https://example.org/1' } as const
    assert.equal(await setDeploymentState(octokit, name, running), 'set')
    assert.equal(await setDeploymentState(octokit, name, running), 'already')
    assert.equal(await setDeploymentState(octokit, name, done), 'set')
    assert.equal(await setDeploymentState(octokit, name, done), 'already')
    assert.deepEqual(await statesOf(deployment), ['in_progress', 'success'])
    const { data } = await octokit.rest.repos.listDeploymentStatuses({ ...where, deployment_id: deployment })
    assert.equal(data[0]?.log_url, 'https://example.org/1')
  })

  for (const kind of ['staging', 'production'] as const) {
    test(`ends the older ones with a success, in ${kind}`, async () => {
      const environment = fresh(kind)
      const [oldest, failed, running, newest] = [
        await deployed(environment),
        await deployed(environment),
        await deployed(environment),
        await deployed(environment),
      ]
      await setDeploymentState(octokit, name, { cluster, deployment: oldest, environment, state: 'success' })
      await setDeploymentState(octokit, name, { cluster, deployment: failed, environment, state: 'failure' })
      await setDeploymentState(octokit, name, { cluster, deployment: running, environment, state: 'in_progress' })
      await setDeploymentState(octokit, name, { cluster, deployment: newest, environment, state: 'success' })
      assert.deepEqual(await statesOf(oldest), ['success', 'inactive'])
      assert.deepEqual(await statesOf(failed), ['failure'])
      assert.deepEqual(await statesOf(running), ['in_progress', 'inactive'])
    })
  }

  test('does not end what is not ours, nor what is elsewhere', async () => {
    const environment = fresh()
    const commit = await push()
    const { data: foreign } = await octokit.rest.repos.createDeployment({ ...where, ref: commit, environment })
    assert.ok('id' in foreign)
    await octokit.rest.repos.createDeploymentStatus({ ...where, deployment_id: foreign.id, state: 'success' })
    const other = fresh()
    const elsewhere = await deployed(other)
    await setDeploymentState(octokit, name, { cluster, deployment: elsewhere, environment: other, state: 'success' })
    await setDeploymentState(octokit, name, {
      cluster,
      deployment: await deployed(environment),
      environment,
      state: 'success',
    })
    assert.deepEqual(await statesOf(foreign.id), ['success'])
    assert.deepEqual(await statesOf(elsewhere), ['success'])
  })

  test('leaves alone another cluster of the same environment', async () => {
    const environment = fresh()
    const commit = await push()
    const other = guaranteed(parseClusterName('production-us'))
    const deployment = await createDeployment(octokit, name, { cluster, commit, environment })
    const theirs = await createDeployment(octokit, name, { cluster: other, commit, environment })
    assert.notEqual(theirs, deployment)
    await setDeploymentState(octokit, name, { cluster, deployment, environment, state: 'success' })
    await setDeploymentState(octokit, name, { cluster: other, deployment: theirs, environment, state: 'success' })
    assert.deepEqual(await statesOf(deployment), ['success'])
  })

  test('goes on where it was interrupted', async () => {
    const environment = fresh()
    const ids = [await deployed(environment), await deployed(environment), await deployed(environment)]
    const [oldest = 0, older = 0, newest = 0] = ids
    await setDeploymentState(octokit, name, { cluster, deployment: oldest, environment, state: 'success' })
    await setDeploymentState(octokit, name, { cluster, deployment: older, environment, state: 'in_progress' })
    const done = { cluster, deployment: newest, environment, state: 'success' } as const
    // First at its own state, then at the first of the older ones.
    for (let i = 0; i < 2; i++) {
      sandbox.faults.answerAfterEffect(setState, 502)
      await assert.rejects(setDeploymentState(octokit, name, done), { name: 'GitHubUnavailable' })
    }
    assert.equal(await setDeploymentState(octokit, name, done), 'already')
    for (const id of [oldest, older]) assert.equal((await statesOf(id)).at(-1), 'inactive')
    assert.deepEqual(await statesOf(newest), ['success'])
  })

  test('cuts a long description', async () => {
    const environment = fresh()
    const deployment = await deployed(environment)
    const said = { cluster, deployment, environment, state: 'failure', description: '🚀'.repeat(200) } as const
    assert.equal(await setDeploymentState(octokit, name, said), 'set')
    assert.equal(await setDeploymentState(octokit, name, said), 'already')
  })
})
