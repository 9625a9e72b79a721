import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { clone, openPull, repo, startGround, type Loose } from './ground.ts'

const workflow = { '.github/workflows/ci.yaml': 'on: push\n' }

suite('git over HTTP', () => {
  test('a push moves the head of a pull request and tells of it', async (t) => {
    const ground = await startGround(t)
    const { path, sha } = await openPull(ground)
    const work = await clone(t, ground, ground.ann.token, '--branch', 'change')
    await work.write({ 'app.yaml': 'image: demo:1.2.2\n' })
    await work.git('commit', '--all', '--message', 'newer')
    await work.git('push', '--quiet')
    const head = (await work.git('rev-parse', 'HEAD')).trim()
    assert.equal((await ground.call('GET', path)).json.head.sha, head)
    await ground.github.settled()
    const synchronize = ground.heard.find(({ payload }) => payload.action === 'synchronize')
    assert.deepEqual([synchronize?.payload.before, synchronize?.payload.after], [sha, head])
    const push = ground.heard.findLast(({ event }) => event === 'push')?.payload
    assert.deepEqual(
      [push.ref, push.before, push.after, push.created, push.forced],
      ['refs/heads/change', sha, head, false, false],
    )
    assert.deepEqual(
      push.commits.map((one: Loose) => [one.message, one.modified]),
      [['newer', ['app.yaml']]],
    )
    assert.deepEqual([push.head_commit.id, push.pusher.name, push.sender.login], [head, 'ann', 'ann'])
    assert.equal(ground.github.repository('acme/gitops').git.refs.get('refs/pull/1/head'), head)
  })

  test('a forced push is told as one', async (t) => {
    const ground = await startGround(t)
    await openPull(ground)
    const work = await clone(t, ground, ground.ann.token, '--branch', 'change')
    await work.git('commit', '--amend', '--message', 'other words')
    await work.git('push', '--quiet', '--force')
    await ground.github.settled()
    assert.equal(ground.heard.findLast(({ event }) => event === 'push')?.payload.forced, true)
    const [event] = ground.github.repository('acme/gitops').issues.get(1)?.timeline.slice(-1) ?? []
    assert.equal(event?.event, 'head_ref_force_pushed')
  })

  test('a partial clone fetches what it needs later', async (t) => {
    const ground = await startGround(t)
    const work = await clone(t, ground, ground.token, '--filter=blob:none', '--no-checkout')
    assert.match(await work.git('rev-list', '--objects', '--all', '--missing=print'), /^\?/m)
    assert.match(await work.git('show', 'HEAD:app.yaml'), /image: demo:1\.2\.0/)
  })

  test('a commit can be fetched by its id', async (t) => {
    const ground = await startGround(t)
    const { sha } = await openPull(ground)
    const work = await clone(t, ground, ground.token, '--single-branch')
    await work.git('fetch', '--quiet', '--depth=1', 'origin', sha)
    assert.equal((await work.git('rev-parse', 'FETCH_HEAD')).trim(), sha)
  })

  test('an unknown token cannot clone, a token that may read cannot push', async (t) => {
    const ground = await startGround(t)
    await assert.rejects(clone(t, ground, 'ghs_unknown'))
    const work = await clone(t, ground, await ground.mint({ permissions: { contents: 'read' } }))
    await work.git('commit', '--allow-empty', '--message', 'mine')
    await assert.rejects(work.git('push'), /403/)
  })

  test('a protected branch declines a push, the others in the same push go through', async (t) => {
    const ground = await startGround(t)
    ground.github.protectBranch('acme/gitops', 'main', { requiredApprovals: 1 })
    const work = await clone(t, ground, ground.ann.token)
    await work.git('commit', '--allow-empty', '--message', 'straight')
    await assert.rejects(
      work.git('push', 'origin', 'HEAD:main', 'HEAD:side'),
      /Changes must be made through a pull request/,
    )
    const { refs } = ground.github.repository('acme/gitops').git
    assert.equal(refs.get('refs/heads/side'), (await work.git('rev-parse', 'HEAD')).trim())
    assert.notEqual(refs.get('refs/heads/main'), refs.get('refs/heads/side'))
  })

  test('a workflow cannot be pushed by an app without that permission, a person may', async (t) => {
    const ground = await startGround(t)
    const work = await clone(t, ground, ground.token)
    await work.write(workflow)
    await work.git('add', '.')
    await work.git('commit', '--message', 'ci')
    await assert.rejects(work.git('push', 'origin', 'HEAD:refs/heads/flow'), /without `workflows` permission/)
    await ground.github.person('ann').push('acme/gitops', { branch: 'main', files: workflow })
    await work.git('fetch', '--quiet')
    await work.git('push', '--quiet', 'origin', 'origin/main:refs/heads/same-flow')
  })

  test('a head that its base has got by a push is merged', async (t) => {
    const ground = await startGround(t)
    const { path } = await openPull(ground)
    const work = await clone(t, ground, ground.ann.token)
    await work.git('merge', '--quiet', '--no-edit', 'origin/change')
    await work.git('push', '--quiet')
    const { json } = await ground.call('GET', path)
    assert.deepEqual([json.state, json.merged, json.merged_by.login], ['closed', true, 'ann'])
  })
})

suite('workflows', () => {
  test('the app cannot write them by contents, refs or merge', async (t) => {
    const ground = await startGround(t)
    const put = await ground.call('PUT', `${repo}/contents/.github/workflows/ci.yaml`, {
      body: { message: 'ci', content: Buffer.from('on: push').toString('base64') },
    })
    assert.equal(put.status, 403)
    const main = ground.github.repository('acme/gitops').git.refs.get('refs/heads/main') ?? ''
    const base = (await ground.call('GET', `${repo}/git/commits/${main}`)).json.tree.sha
    const entry = { path: '.github/workflows/ci.yaml', mode: '100644', type: 'blob', content: 'on: push' }
    const tree = await ground.call('POST', `${repo}/git/trees`, { body: { base_tree: base, tree: [entry] } })
    const commit = await ground.call('POST', `${repo}/git/commits`, {
      body: { message: 'ci', tree: tree.json.sha, parents: [main] },
    })
    const ref = await ground.call('POST', `${repo}/git/refs`, { body: { ref: 'refs/heads/ci', sha: commit.json.sha } })
    assert.equal(ref.status, 403)
    const { path } = await openPull(ground, { files: workflow })
    const merge = await ground.call('PUT', `${path}/merge`)
    assert.deepEqual([merge.status, /workflows/.test(merge.json.message)], [403, true])
    assert.ok(await ground.github.person('ann').mergePull('acme/gitops', 1))
  })

  test('with the permission it can', async (t) => {
    const ground = await startGround(t, {
      manifest: { default_permissions: { contents: 'write', workflows: 'write' } },
    })
    const put = await ground.call('PUT', `${repo}/contents/.github/workflows/ci.yaml`, {
      body: { message: 'ci', content: Buffer.from('on: push').toString('base64') },
    })
    assert.equal(put.status, 201)
  })

  test('an orphan branch without any is no change of them', async (t) => {
    const ground = await startGround(t)
    await ground.github.person('ann').push('acme/gitops', { branch: 'main', files: workflow })
    const tree = await ground.call('POST', `${repo}/git/trees`, {
      body: { tree: [{ path: 'lock', mode: '100644', content: '{}' }] },
    })
    const commit = await ground.call('POST', `${repo}/git/commits`, {
      body: { message: 'lock', tree: tree.json.sha, parents: [] },
    })
    const ref = { ref: 'refs/heads/lotse-lock/staging', sha: commit.json.sha }
    assert.equal((await ground.call('POST', `${repo}/git/refs`, { body: ref })).status, 201)
    assert.equal(
      (await ground.call('POST', `${repo}/git/refs`, { body: ref })).json.message,
      'Reference already exists',
    )
  })
})
