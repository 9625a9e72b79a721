import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { startGitHub } from '../../../src/sandbox/github/github.ts'
import { repo, startGround } from './ground.ts'

suite('who may do what', () => {
  test('an unknown token is refused', async (t) => {
    const { call } = await startGround(t)
    const answer = await call('GET', repo, { token: 'ghs_unknown' })
    assert.equal(answer.status, 401)
    assert.equal(answer.json.message, 'Bad credentials')
  })

  test('a token expires after an hour', async (t) => {
    let late = 0
    const { call } = await startGround(t, { now: () => new Date(Date.now() + late) })
    assert.equal((await call('GET', repo)).status, 200)
    late = 61 * 60 * 1000
    assert.equal((await call('GET', repo)).status, 401)
  })

  test('a JWT by another key, or for too long, is refused', async (t) => {
    const ground = await startGround(t)
    const now = Math.floor(Date.now() / 1000)
    assert.equal((await ground.call('GET', '/app', { token: ground.jwt() })).json.slug, 'lotse')
    const long = ground.jwt({ exp: now + 3600 })
    assert.equal((await ground.call('GET', '/app', { token: long })).status, 401)
    const [head = '', claims = ''] = ground.jwt().split('.')
    assert.equal((await ground.call('GET', '/app', { token: `${head}.${claims}.c2lnbmVk` })).status, 401)
  })

  test('both keys count while rotating', async (t) => {
    const ground = await startGround(t)
    const privateKey = ground.github.addPrivateKey(ground.app.appId)
    assert.notEqual(privateKey, ground.app.privateKey)
    assert.equal((await ground.call('GET', '/app', { token: ground.jwt() })).status, 200)
  })

  test('what the manifest does not ask for is 403 and says what is needed', async (t) => {
    const ground = await startGround(t, { manifest: { default_permissions: { metadata: 'read', contents: 'read' } } })
    const sha = ground.github.repository('acme/gitops').git.refs.get('refs/heads/main')
    const answer = await ground.call('POST', `${repo}/git/refs`, { body: { ref: 'refs/heads/x', sha } })
    assert.equal(answer.status, 403)
    assert.equal(answer.json.message, 'Resource not accessible by integration')
    assert.match(answer.headers.get('x-accepted-github-permissions') ?? '', /contents=write/)
  })

  test('a scoped token sees its repositories only, and no more permissions than it asked for', async (t) => {
    const ground = await startGround(t)
    const other = await ground.github.createRepository('acme/other')
    const token = await ground.mint({ repository_ids: [other.id], permissions: { contents: 'read' } })
    assert.equal((await ground.call('GET', repo, { token })).status, 404)
    assert.equal((await ground.call('GET', '/repos/acme/other/contents/README.md', { token })).status, 200)
    assert.equal((await ground.call('GET', '/repos/acme/other/pulls', { token })).status, 403)
    const seen = await ground.call('GET', '/installation/repositories', { token })
    assert.deepEqual(
      seen.json.repositories.map(({ full_name }: { full_name: string }) => full_name),
      ['acme/other'],
    )
  })

  test('a token for more than was granted is 422', async (t) => {
    const { call, jwt, installation } = await startGround(t)
    const path = `/app/installations/${installation}/access_tokens`
    const wider = await call('POST', path, { token: jwt(), body: { permissions: { administration: 'write' } } })
    assert.equal(wider.status, 422)
    const elsewhere = await call('POST', path, { token: jwt(), body: { repositories: ['unknown'] } })
    assert.equal(elsewhere.status, 422)
  })

  test('an installation on one repository does not see the others', async (t) => {
    const ground = await startGround(t)
    await ground.github.createRepository('acme/other')
    await ground.github.changeRepositories(ground.installation, { remove: ['acme/gitops'] })
    assert.equal((await ground.call('GET', repo)).status, 404)
    assert.equal((await ground.call('GET', '/repos/acme/other')).status, 200)
    const [added] = (await ground.events()).slice(-1)
    assert.equal(added, 'installation_repositories.removed')
  })

  test('owner and name are found in any case', async (t) => {
    const { call } = await startGround(t)
    assert.equal((await call('GET', '/repos/ACME/GitOps')).json.full_name, 'acme/gitops')
  })

  test('the bot is a user that can be looked up', async (t) => {
    const { call, app } = await startGround(t)
    const { json } = await call('GET', `/users/${encodeURIComponent(app.botLogin)}`)
    assert.deepEqual([json.id, json.login, json.type], [app.botUserId, 'lotse[bot]', 'Bot'])
  })

  test('a role comes with its booleans and the numeric id', async (t) => {
    const { call, github, ann } = await startGround(t)
    github.grant('acme/gitops', 'ann', 'maintain')
    const { json } = await call('GET', `${repo}/collaborators/ann/permission`)
    assert.equal(json.permission, 'write')
    assert.equal(json.role_name, 'maintain')
    assert.equal(json.user.login, ann.login)
    assert.deepEqual(json.user.permissions, { admin: false, maintain: true, push: true, triage: true, pull: true })
  })

  test('a suspended installation is refused until it is back', async (t) => {
    const { call, github, installation } = await startGround(t)
    await github.suspend(installation)
    assert.equal((await call('GET', repo)).status, 403)
    await github.unsuspend(installation)
    assert.equal((await call('GET', repo)).status, 200)
  })

  test('a route that is not there says so', async (t) => {
    const { call } = await startGround(t)
    const answer = await call('GET', `${repo}/stargazers`)
    assert.equal(answer.status, 501)
    assert.match(answer.json.message, /GET \/repos\/acme\/gitops\/stargazers/)
  })

  test('what has not changed is 304', async (t) => {
    const { call, github } = await startGround(t)
    const first = await call('GET', `${repo}/git/ref/heads/main`)
    const headers = { 'if-none-match': first.headers.get('etag') ?? '' }
    assert.equal((await call('GET', `${repo}/git/ref/heads/main`, { headers })).status, 304)
    await github.person('ann').push('acme/gitops', { branch: 'main', files: { x: 'y' } })
    assert.equal((await call('GET', `${repo}/git/ref/heads/main`, { headers })).status, 200)
  })

  test('what has not changed is free, and is not known by the tag of another token', async (t) => {
    const { call, mint } = await startGround(t)
    const used = (answer: { readonly headers: Headers }): number => Number(answer.headers.get('x-ratelimit-used'))
    const path = `${repo}/git/ref/heads/main`
    const first = await call('GET', path)
    const headers = { 'if-none-match': first.headers.get('etag') ?? '' }
    assert.equal(used(await call('GET', path, { headers })), used(first))
    assert.equal((await call('GET', path, { headers, token: await mint() })).status, 200)
  })

  test('a list leads through its pages', async (t) => {
    const { call, github } = await startGround(t)
    for (const name of ['one', 'two', 'three']) {
      await github.person('ann').push('acme/gitops', { branch: name, files: { [name]: '' }, create: true })
    }
    const first = await call('GET', `${repo}/branches?per_page=3`)
    assert.equal(first.json.length, 3)
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? ''
    assert.equal((await call('GET', next)).json.length, 1)
  })

  test('two of them live side by side', async (t) => {
    const one = await startGround(t)
    const other = await startGitHub()
    t.after(() => other.close())
    assert.notEqual(one.github.webUrl, other.webUrl)
  })
})
