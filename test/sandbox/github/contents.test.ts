import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { files, openPull, repo, startGround, type Loose } from './ground.ts'

const encode = (text: string): string => Buffer.from(text).toString('base64')

suite('contents', () => {
  test('a file comes as JSON or raw, a directory as its entries', async (t) => {
    const { call } = await startGround(t)
    const file = (await call('GET', `${repo}/contents/app.yaml`)).json
    assert.equal(Buffer.from(file.content, 'base64').toString(), files['app.yaml'])
    const raw = await call('GET', `${repo}/contents/docs/readme.md`, {
      headers: { accept: 'application/vnd.github.raw+json' },
    })
    assert.equal(raw.text, files['docs/readme.md'])
    const entries = (await call('GET', `${repo}/contents/`)).json
    assert.deepEqual((await call('GET', `${repo}/contents`)).json, entries)
    assert.deepEqual(
      entries.map(({ name, type }: Loose) => [name, type]),
      [
        ['app.yaml', 'file'],
        ['docs', 'dir'],
      ],
    )
    assert.equal((await call('GET', `${repo}/contents/none`)).status, 404)
    assert.equal((await call('GET', `${repo}/contents/app.yaml?ref=none`)).status, 404)
  })

  test('writing needs the blob that is there', async (t) => {
    const { call } = await startGround(t)
    const put = (body: object): Promise<{ status: number; json: Loose }> =>
      call('PUT', `${repo}/contents/app.yaml`, { body: { message: 'm', content: encode('new'), ...body } })
    assert.equal((await put({})).status, 422)
    assert.equal((await put({ sha: '0'.repeat(40) })).status, 409)
    const { sha } = (await call('GET', `${repo}/contents/app.yaml`)).json
    const written = await put({ sha })
    assert.equal(written.status, 200)
    const removed = await call('DELETE', `${repo}/contents/app.yaml`, {
      body: { message: 'm', sha: written.json.content.sha },
    })
    assert.deepEqual([removed.status, removed.json.content], [200, null])
    const created = await call('PUT', `${repo}/contents/a/b/c.txt`, { body: { message: 'm', content: encode('c') } })
    assert.equal(created.status, 201)
    assert.equal(created.json.commit.parents[0].sha, removed.json.commit.sha)
  })

  test('a direct write to a branch that wants pull requests is refused', async (t) => {
    const { call, github } = await startGround(t)
    github.addRuleset('acme/gitops', { branch: 'main', requiredApprovals: 0 })
    const refused = await call('PUT', `${repo}/contents/new`, { body: { message: 'm', content: '' } })
    assert.equal(refused.status, 409)
    assert.match(refused.json.message, /Changes must be made through a pull request/)
  })
})

suite('git data', () => {
  test('a tree takes what is inline, keeps the rest and drops what is null', async (t) => {
    const { call } = await startGround(t)
    const { sha: base } = (await call('GET', `${repo}/git/trees/main`)).json
    const tree = await call('POST', `${repo}/git/trees`, {
      body: {
        base_tree: base,
        tree: [
          { path: 'docs/readme.md', mode: '100644', type: 'blob', sha: null },
          { path: 'run.sh', mode: '100755', type: 'blob', content: '#!/bin/sh\n' },
        ],
      },
    })
    const all = (await call('GET', `${repo}/git/trees/${tree.json.sha}?recursive=1`)).json
    assert.deepEqual(
      all.tree.map(({ path, mode }: Loose) => [path, mode]),
      [
        ['app.yaml', '100644'],
        ['run.sh', '100755'],
      ],
    )
    assert.equal(all.truncated, false)
  })

  test('taking away what is not there, or a base that is none, is 422', async (t) => {
    const { call } = await startGround(t)
    const { sha: base } = (await call('GET', `${repo}/git/trees/main`)).json
    const absent = { base_tree: base, tree: [{ path: 'none', mode: '100644', type: 'blob', sha: null }] }
    assert.equal((await call('POST', `${repo}/git/trees`, { body: absent })).status, 422)
    assert.equal(
      (await call('POST', `${repo}/git/trees`, { body: { base_tree: '0'.repeat(40), tree: [] } })).status,
      422,
    )
    const climbing = { tree: [{ path: '../x', mode: '100644', type: 'blob', content: '' }] }
    assert.equal((await call('POST', `${repo}/git/trees`, { body: climbing })).status, 422)
  })

  test('a ref moves forward, or anywhere with force', async (t) => {
    const ground = await startGround(t)
    const { sha } = await openPull(ground)
    const main = ground.github.repository('acme/gitops').git.refs.get('refs/heads/main')
    const move = async (to: unknown, force = false): Promise<[number, unknown]> => {
      const { status, json } = await ground.call('PATCH', `${repo}/git/refs/heads/moving`, { body: { sha: to, force } })
      return [status, json.message]
    }
    assert.deepEqual(await move(sha), [422, 'Reference does not exist'])
    await ground.call('POST', `${repo}/git/refs`, { body: { ref: 'refs/heads/moving', sha } })
    assert.deepEqual(await move(main), [422, 'Update is not a fast forward'])
    assert.deepEqual(await move('0'.repeat(40)), [422, 'Object does not exist'])
    assert.equal((await move(main, true))[0], 200)
    assert.equal((await ground.call('GET', `${repo}/git/matching-refs/heads/mov`)).json.length, 1)
    assert.equal((await ground.call('DELETE', `${repo}/git/refs/heads/moving`)).status, 204)
    assert.equal((await ground.call('DELETE', `${repo}/git/refs/heads/moving`)).status, 422)
  })

  test('two branches are compared', async (t) => {
    const ground = await startGround(t)
    const { sha } = await openPull(ground)
    await ground.github.person('ann').push('acme/gitops', { branch: 'main', files: { other: '' } })
    const { json } = await ground.call('GET', `${repo}/compare/main...change`)
    assert.deepEqual([json.status, json.ahead_by, json.behind_by, json.commits.at(-1).sha], ['diverged', 1, 1, sha])
    assert.deepEqual(
      json.files.map(({ filename }: Loose) => filename),
      ['app.yaml'],
    )
    assert.equal((await ground.call('GET', `${repo}/compare/main...none`)).status, 404)
  })

  test('three thousand files go in one tree', async (t) => {
    const { call } = await startGround(t)
    const tree = Array.from({ length: 3000 }, (_, i) => ({
      path: `d${i % 50}/f${i}`,
      mode: '100644',
      content: String(i),
    }))
    const made = await call('POST', `${repo}/git/trees`, { body: { tree } })
    assert.equal((await call('GET', `${repo}/git/trees/${made.json.sha}?recursive=true`)).json.tree.length, 3050)
  })
})
