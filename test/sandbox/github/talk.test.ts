import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { openPull, repo, startGround, type Loose } from './ground.ts'

suite('issues and comments', () => {
  test('a comment on a pull request tells that it is one', async (t) => {
    const ground = await startGround(t)
    await openPull(ground)
    await ground.github.person('ann').comment('acme/gitops', 1, '/lotse help')
    await ground.github.settled()
    const { payload } = ground.heard.find(({ event }) => event === 'issue_comment') ?? {}
    assert.equal(payload.issue.pull_request.url, `${ground.github.apiUrl}${repo}/pulls/1`)
    assert.deepEqual(
      [payload.action, payload.comment.body, payload.comment.user.login],
      ['created', '/lotse help', 'ann'],
    )
  })

  test('a comment is made, edited, listed and deleted', async (t) => {
    const ground = await startGround(t)
    await openPull(ground)
    const comments = `${repo}/issues/1/comments`
    const made = (await ground.call('POST', comments, { body: { body: 'one' } })).json
    assert.deepEqual([made.user.login, made.performed_via_github_app.slug], ['lotse[bot]', 'lotse'])
    await ground.call('PATCH', `${repo}/issues/comments/${made.id}`, { body: { body: 'two' } })
    assert.deepEqual(
      (await ground.call('GET', comments)).json.map(({ body }: Loose) => body),
      ['two'],
    )
    await ground.github.settled()
    const edited = ground.heard.find(({ payload }) => payload.action === 'edited')
    assert.deepEqual(edited?.payload.changes, { body: { from: 'one' } })
    assert.equal((await ground.call('DELETE', `${repo}/issues/comments/${made.id}`)).status, 204)
    assert.equal((await ground.call('GET', `${repo}/issues/comments/${made.id}`)).status, 404)
    assert.equal((await ground.call('POST', comments, { body: { body: 'x'.repeat(65_537) } })).status, 422)
  })

  test('a locked conversation takes comments of people only', async (t) => {
    const ground = await startGround(t)
    await openPull(ground)
    const ann = ground.github.person('ann')
    await ann.lock('acme/gitops', 1)
    const { status } = await ground.call('POST', `${repo}/issues/1/comments`, { body: { body: 'one' } })
    assert.equal(status, 403)
    await ann.comment('acme/gitops', 1, 'two')
    await ground.github.settled()
    const { payload } = ground.heard.find(({ payload: { action } }) => action === 'locked') ?? {}
    assert.equal(payload.pull_request.locked, true)
  })

  test('comments of a repository are listed since a time', async (t) => {
    let late = 0
    const ground = await startGround(t, { now: () => new Date(Date.now() + late) })
    await openPull(ground)
    await ground.github.person('ann').comment('acme/gitops', 1, 'old')
    late = 20 * 60 * 1000
    await ground.github.person('ann').comment('acme/gitops', 1, 'new')
    const since = new Date(Date.now() + 10 * 60 * 1000).toISOString()
    const found = (await ground.call('GET', `${repo}/issues/comments?since=${since}&sort=created&direction=desc`)).json
    assert.deepEqual(
      found.map(({ body }: Loose) => body),
      ['new'],
    )
  })

  test('one reacts once with one face', async (t) => {
    const ground = await startGround(t)
    await openPull(ground)
    const { id } = await ground.github.person('ann').comment('acme/gitops', 1, 'hi')
    const path = `${repo}/issues/comments/${id}/reactions`
    const first = await ground.call('POST', path, { body: { content: 'eyes' } })
    const again = await ground.call('POST', path, { body: { content: 'eyes' } })
    assert.deepEqual([first.status, again.status, again.json.id], [201, 200, first.json.id])
    assert.equal((await ground.call('POST', path, { body: { content: 'shrug' } })).status, 422)
    assert.equal((await ground.call('GET', `${repo}/issues/comments/${id}`)).json.reactions.eyes, 1)
    assert.equal((await ground.call('DELETE', `${path}/${first.json.id}`)).status, 204)
    assert.deepEqual((await ground.call('GET', path)).json, [])
  })

  test('labels come and go with their events', async (t) => {
    const ground = await startGround(t)
    await openPull(ground)
    const path = `${repo}/issues/1/labels`
    await ground.call('POST', path, { body: { labels: ['lotse:hold'] } })
    assert.deepEqual(
      (await ground.call('GET', `${repo}/pulls/1`)).json.labels.map(({ name }: Loose) => name),
      ['lotse:hold'],
    )
    await ground.call('DELETE', `${path}/${encodeURIComponent('lotse:hold')}`)
    assert.equal((await ground.call('DELETE', `${path}/none`)).status, 404)
    const heard = await ground.events()
    assert.deepEqual(heard.filter((event) => /label/.test(event)).toSorted(), [
      'pull_request.labeled',
      'pull_request.unlabeled',
    ])
    assert.equal(
      (await ground.call('POST', `${repo}/labels`, { body: { name: 'LOTSE:hold' } })).json.errors[0].code,
      'already_exists',
    )
  })

  test('a label itself is made on the way, renamed and deleted, wherever it is', async (t) => {
    const ground = await startGround(t, { manifest: { default_events: ['label'] } })
    await openPull(ground)
    const labels = async (): Promise<readonly string[]> =>
      (await ground.call('GET', `${repo}/issues/1/labels`)).json.map(({ name }: Loose) => name)
    await ground.call('POST', `${repo}/issues/1/labels`, { body: { labels: ['hold'] } })
    await ground.call('PATCH', `${repo}/labels/hold`, { body: { new_name: 'Held' } })
    assert.deepEqual(await labels(), ['Held'])
    assert.equal((await ground.call('GET', `${repo}/labels/hold`)).status, 404)
    await ground.call('DELETE', `${repo}/labels/held`)
    assert.deepEqual(await labels(), [])
    const heard = await ground.events()
    for (const action of ['created', 'edited', 'deleted']) assert.ok(heard.includes(`label.${action}`), action)
    const edited = ground.heard.find(({ payload }) => payload.action === 'edited')?.payload
    assert.deepEqual([edited.changes, edited.label.name], [{ name: { from: 'hold' } }, 'Held'])
  })

  test('an issue is none of the pull requests', async (t) => {
    const ground = await startGround(t)
    const made = await ground.call('POST', `${repo}/issues`, { body: { title: 'Dashboard', body: 'b' } })
    assert.deepEqual([made.status, made.json.pull_request], [201, undefined])
    assert.equal((await ground.call('GET', `${repo}/pulls/1`)).status, 404)
    await ground.call('PATCH', `${repo}/issues/1`, { body: { state: 'closed', body: 'c' } })
    const heard = await ground.events()
    for (const event of ['issues.opened', 'issues.edited', 'issues.closed']) assert.ok(heard.includes(event), event)
  })
})

suite('checks', () => {
  test('a check run goes from in progress to completed, and tells of both', async (t) => {
    const ground = await startGround(t)
    const { sha } = await openPull(ground)
    const annotation = { path: 'app.yaml', start_line: 1, end_line: 1, annotation_level: 'warning', message: 'hm' }
    const output = { title: 'Waiting', summary: 's', annotations: [annotation] }
    const made = await ground.call('POST', `${repo}/check-runs`, {
      body: { name: 'lotse/policy', head_sha: sha, status: 'in_progress', output },
    })
    assert.deepEqual(
      [made.status, made.json.status, made.json.conclusion, made.json.app.slug],
      [201, 'in_progress', null, 'lotse'],
    )
    assert.equal(made.json.pull_requests[0].number, 1)
    const run = `${repo}/check-runs/${made.json.id}`
    const done = (await ground.call('PATCH', run, { body: { conclusion: 'success', output } })).json
    assert.deepEqual([done.status, done.conclusion, done.output.annotations_count], ['completed', 'success', 2])
    const heard = await ground.events()
    for (const event of ['check_run.created', 'check_run.completed', 'check_suite.completed'])
      assert.ok(heard.includes(event), event)
    const list = (await ground.call('GET', `${repo}/commits/${sha}/check-runs?check_name=lotse/policy`)).json
    assert.deepEqual([list.total_count, list.check_runs[0].id], [1, made.json.id])
  })

  test('the run of another app cannot be changed', async (t) => {
    const ground = await startGround(t)
    const { sha } = await openPull(ground)
    const id = await ground.github.ci('acme/gitops').report(sha, { name: 'ci', status: 'in_progress' })
    assert.equal(
      (await ground.call('PATCH', `${repo}/check-runs/${id}`, { body: { conclusion: 'success' } })).status,
      403,
    )
  })

  test('too long, completed without a conclusion, and an unknown commit are 422', async (t) => {
    const ground = await startGround(t)
    const { sha } = await openPull(ground)
    const status = async (body: object): Promise<number> =>
      (await ground.call('POST', `${repo}/check-runs`, { body: { name: 'n', head_sha: sha, ...body } })).status
    assert.equal(await status({ status: 'completed' }), 422)
    assert.equal(await status({ output: { title: 't', summary: 'x'.repeat(65_536) } }), 422)
    assert.equal(await status({ head_sha: '0'.repeat(40) }), 422)
    assert.equal(await status({ conclusion: 'splendid' }), 422)
  })

  test('statuses are combined by their newest', async (t) => {
    const ground = await startGround(t)
    const { sha } = await openPull(ground)
    const ci = ground.github.ci('acme/gitops')
    const state = async (): Promise<string> => (await ground.call('GET', `${repo}/commits/${sha}/status`)).json.state
    assert.equal(await state(), 'pending')
    await ci.status(sha, { context: 'jenkins', state: 'failure' })
    assert.equal(await state(), 'failure')
    await ci.status(sha, { context: 'jenkins', state: 'success' })
    assert.equal(await state(), 'success')
    await ground.github.settled()
    const { payload } = ground.heard.findLast(({ event }) => event === 'status') ?? {}
    assert.deepEqual([payload.context, payload.state, payload.branches[0].name], ['jenkins', 'success', 'change'])
  })
})
