import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { repo, startGround, type Ground } from './ground.ts'

type Wanted = {
  readonly environment?: string
  readonly transient_environment?: boolean
  readonly production_environment?: boolean
}

async function deploy(ground: Ground, wanted: Wanted = {}): Promise<number> {
  const body = { ref: 'main', auto_merge: false, required_contexts: [], environment: 'staging', ...wanted }
  const { status, json } = await ground.call('POST', `${repo}/deployments`, { body })
  assert.equal(status, 201)
  return json.id
}

async function say(ground: Ground, id: number, body: Record<string, unknown>): Promise<void> {
  assert.equal((await ground.call('POST', `${repo}/deployments/${id}/statuses`, { body })).status, 201)
}

/** Newest first. */
async function statesOf(ground: Ground, id: number): Promise<readonly string[]> {
  const { json } = await ground.call('GET', `${repo}/deployments/${id}/statuses`)
  return json.map(({ state }: { state: string }) => state)
}

suite('deployments', () => {
  test('a success ends what was a success before, in the same environment', async (t) => {
    const ground = await startGround(t)
    const [old, failed, other, newest] = [
      await deploy(ground),
      await deploy(ground),
      await deploy(ground, { environment: 'review' }),
      await deploy(ground),
    ]
    await say(ground, old, { state: 'success' })
    await say(ground, failed, { state: 'failure' })
    await say(ground, other, { state: 'success' })
    await say(ground, newest, { state: 'in_progress' })
    assert.deepEqual(await statesOf(ground, old), ['success'])
    await say(ground, newest, { state: 'success' })
    assert.deepEqual(await statesOf(ground, old), ['inactive', 'success'])
    assert.deepEqual(await statesOf(ground, failed), ['failure'])
    assert.deepEqual(await statesOf(ground, other), ['success'])
  })

  for (const [name, wanted, auto] of [
    ['production', { production_environment: true }, true],
    ['what is called production', { environment: 'production' }, true],
    ['what is not to stay', { transient_environment: true }, true],
    ['anything when it is told not to', {}, false],
  ] as const) {
    test(`a success does not end ${name}`, async (t) => {
      const ground = await startGround(t)
      const [old, newest] = [await deploy(ground, wanted), await deploy(ground, wanted)]
      await say(ground, old, { state: 'success' })
      await say(ground, newest, { state: 'success', auto_inactive: auto })
      assert.deepEqual(await statesOf(ground, old), ['success'])
    })
  }

  test('are found by what they are of', async (t) => {
    const ground = await startGround(t)
    const staging = await deploy(ground)
    const review = await deploy(ground, { environment: 'review' })
    const found = async (query: string): Promise<readonly number[]> => {
      const { json } = await ground.call('GET', `${repo}/deployments?${query}`)
      return json.map(({ id }: { id: number }) => id)
    }
    assert.deepEqual(await found(''), [review, staging])
    assert.deepEqual(await found('environment=staging'), [staging])
    assert.deepEqual(await found('ref=main&task=deploy'), [review, staging])
    assert.deepEqual(await found('task=lotse'), [])
    assert.deepEqual(await found(`sha=${'0'.repeat(40)}`), [])
  })

  test('wait for what has reported on the commit, unless told not to', async (t) => {
    const ground = await startGround(t)
    const sha = await ground.github.person('ann').push('acme/gitops', { branch: 'main', files: { a: '1' } })
    await ground.github.ci('acme/gitops').report(sha, { name: 'ci', conclusion: 'failure' })
    const create = (required_contexts?: readonly string[]) =>
      ground.call('POST', `${repo}/deployments`, { body: { ref: 'main', required_contexts } })
    assert.equal((await create()).status, 409)
    assert.equal((await create(['absent'])).status, 409)
    assert.equal((await create([])).status, 201)
  })

  test('may be made and read by who has the permission', async (t) => {
    const ground = await startGround(t)
    const reader = await ground.mint({ permissions: { deployments: 'read' } })
    const stranger = await ground.mint({ permissions: { contents: 'write' } })
    const body = { ref: 'main' }
    assert.equal((await ground.call('GET', `${repo}/deployments`, { token: reader })).status, 200)
    assert.equal((await ground.call('POST', `${repo}/deployments`, { token: reader, body })).status, 403)
    assert.equal((await ground.call('GET', `${repo}/deployments`, { token: stranger })).status, 403)
  })
})

suite('a comparison', () => {
  test('names its files on the first page only, and no more than 300', async (t) => {
    const ground = await startGround(t)
    const files = Object.fromEntries(Array.from({ length: 305 }, (_, i) => [`many/${i}`, `${i}`]))
    await ground.github.person('ann').push('acme/gitops', { branch: 'many', create: true, files })
    const first = await ground.call('GET', `${repo}/compare/main...many?per_page=1`)
    assert.deepEqual([first.json.files.length, first.json.ahead_by, first.json.status], [300, 1, 'ahead'])
    const second = await ground.call('GET', `${repo}/compare/main...many?per_page=1&page=2`)
    assert.equal(second.json.files, undefined)
  })
})

suite('tags', () => {
  test('are moved by GraphQL only from where they are expected to be', async (t) => {
    const ground = await startGround(t)
    const one = ground.github.repository('acme/gitops').git.refs.get('refs/heads/main') ?? ''
    const two = await ground.github.person('ann').push('acme/gitops', { branch: 'main', files: { a: '1' } })
    const { node_id: repositoryId } = (await ground.call('GET', repo)).json
    const move = async (beforeOid: string, afterOid: string): Promise<string | undefined> => {
      const query = `mutation($repositoryId: ID!, $refUpdates: [RefUpdate!]!) {
        updateRefs(input: { repositoryId: $repositoryId, refUpdates: $refUpdates }) { clientMutationId } }`
      const refUpdates = [{ name: 'refs/tags/synced', beforeOid, afterOid, force: true }]
      const body = { query, variables: { repositoryId, refUpdates } }
      const { json } = await ground.call('POST', ground.github.apiUrl.replace(/\/v3$/, '/graphql'), { body })
      return json.errors?.[0].type
    }
    const at = async (): Promise<string> => (await ground.call('GET', `${repo}/git/ref/tags/synced`)).json.object.sha
    assert.equal(await move('0'.repeat(40), two), undefined)
    assert.equal(await at(), two)
    assert.equal(await move(one, one), 'STALE_DATA')
    assert.equal(await move(two, one), undefined)
    assert.equal(await at(), one)
  })
})
