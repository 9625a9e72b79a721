import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { openPull, repo, startGround, type Ground, type Loose } from './ground.ts'

const changed = 'image: demo:1.2.1\nreplicas: 1\n'

async function fileAt({ call }: Ground, path: string, ref = 'main'): Promise<string> {
  const headers = { accept: 'application/vnd.github.raw+json' }
  return (await call('GET', `${repo}/contents/${path}?ref=${ref}`, { headers })).text
}

async function reviewed({ github }: Ground, login: string, state: 'APPROVED' | 'CHANGES_REQUESTED'): Promise<void> {
  github.createUser(login)
  github.grant('acme/gitops', login, 'write')
  await github.person(login).review('acme/gitops', 2, { state })
}

suite('pull requests', () => {
  test('one is opened by the app from tree, commit and ref', async (t) => {
    const { call, events, app } = await startGround(t)
    const main = (await call('GET', `${repo}/git/ref/heads/main`)).json.object.sha
    const base = (await call('GET', `${repo}/git/commits/${main}`)).json.tree.sha
    const tree = await call('POST', `${repo}/git/trees`, {
      body: { base_tree: base, tree: [{ path: 'app.yaml', mode: '100644', type: 'blob', content: changed }] },
    })
    const commit = await call('POST', `${repo}/git/commits`, {
      body: { message: 'Release 1.2.1', tree: tree.json.sha, parents: [main] },
    })
    assert.equal(commit.json.author.name, 'lotse[bot]')
    await call('POST', `${repo}/git/refs`, { body: { ref: 'refs/heads/auto/demo', sha: commit.json.sha } })
    const pull = await call('POST', `${repo}/pulls`, {
      body: { title: 'Auto-release', head: 'auto/demo', base: 'main' },
    })
    assert.equal(pull.status, 201)
    const { user, mergeable, mergeable_state: state, commits, additions, deletions, changed_files: count } = pull.json
    assert.deepEqual([user.id, user.type], [app.botUserId, 'Bot'])
    assert.deepEqual(
      { mergeable, state, commits, additions, deletions, count },
      {
        mergeable: true,
        state: 'clean',
        commits: 1,
        additions: 1,
        deletions: 1,
        count: 1,
      },
    )
    const [file] = (await call('GET', `${repo}/pulls/${pull.json.number}/files`)).json
    assert.match(file.patch, /^-image: demo:1\.2\.0\n\+image: demo:1\.2\.1$/m)
    const heard = await events()
    for (const event of ['push', 'pull_request.opened', 'check_suite.requested'])
      assert.ok(heard.includes(event), event)
  })

  test('a second one, one without commits and one without a head are 422', async (t) => {
    const ground = await startGround(t)
    await openPull(ground)
    await ground.call('POST', `${repo}/git/refs`, {
      body: { ref: 'refs/heads/same', sha: ground.github.repository('acme/gitops').git.refs.get('refs/heads/main') },
    })
    const message = async (head: string): Promise<[number, unknown]> => {
      const { status, json } = await ground.call('POST', `${repo}/pulls`, { body: { title: 't', head, base: 'main' } })
      return [status, json.errors[0].message ?? json.errors[0].field]
    }
    assert.deepEqual(await message('change'), [422, 'A pull request already exists for acme:change.'])
    assert.deepEqual(await message('same'), [422, 'No commits between main and same'])
    assert.deepEqual(await message('missing'), [422, 'head'])
  })

  test('merging keeps what came to the base meanwhile', async (t) => {
    const ground = await startGround(t)
    const { path, sha } = await openPull(ground)
    await ground.github.person('ann').push('acme/gitops', { branch: 'main', files: { 'docs/readme.md': '# new\n' } })
    const merged = await ground.call('PUT', `${path}/merge`, { body: { sha } })
    assert.equal(merged.status, 200)
    assert.equal(await fileAt(ground, 'app.yaml'), changed)
    assert.equal(await fileAt(ground, 'docs/readme.md'), '# new\n')
    const pull = (await ground.call('GET', path)).json
    assert.deepEqual(
      [pull.state, pull.merged, pull.merge_commit_sha, pull.merged_by.login],
      ['closed', true, merged.json.sha, 'lotse[bot]'],
    )
    assert.equal((await ground.call('GET', `${path}/merge`)).status, 204)
    const [file] = (await ground.call('GET', `${path}/files`)).json
    assert.equal(file.filename, 'app.yaml')
    const heard = await ground.events()
    assert.ok(heard.includes('pull_request.closed'))
    assert.ok(
      ground.heard.some(({ payload }) => payload.ref === 'refs/heads/main' && payload.after === merged.json.sha),
    )
  })

  test('a squash is one commit with the number of the pull request', async (t) => {
    const ground = await startGround(t)
    const { path } = await openPull(ground)
    await ground.github.person('ann').push('acme/gitops', { branch: 'change', files: { two: '2' }, message: 'second' })
    await ground.call('PUT', `${path}/merge`, { body: { merge_method: 'squash' } })
    const [commit, before] = (await ground.call('GET', `${repo}/commits`)).json
    assert.equal(commit.commit.message.split('\n')[0], 'Change the image (#1)')
    assert.deepEqual(
      commit.parents.map(({ sha }: { sha: string }) => sha),
      [before.sha],
    )
  })

  test('a rebase puts each commit on the base', async (t) => {
    const ground = await startGround(t)
    const { path } = await openPull(ground)
    await ground.github.person('ann').push('acme/gitops', { branch: 'change', files: { two: '2' }, message: 'second' })
    await ground.github.person('ann').push('acme/gitops', { branch: 'main', files: { three: '3' }, message: 'third' })
    assert.equal((await ground.call('PUT', `${path}/merge`, { body: { merge_method: 'rebase' } })).status, 200)
    const messages = (await ground.call('GET', `${repo}/commits`)).json.map((one: Loose) => one.commit.message)
    assert.deepEqual(messages, ['second', 'Change app.yaml', 'third', 'Initial commit'])
  })

  test('a conflict is dirty and cannot be merged', async (t) => {
    const ground = await startGround(t)
    const { path } = await openPull(ground)
    await ground.github.person('ann').push('acme/gitops', { branch: 'main', files: { 'app.yaml': 'image: demo:9\n' } })
    const pull = (await ground.call('GET', path)).json
    assert.deepEqual([pull.mergeable, pull.mergeable_state], [false, 'dirty'])
    const refused = await ground.call('PUT', `${path}/merge`)
    assert.deepEqual([refused.status, refused.json.message], [405, 'Pull Request is not mergeable'])
    assert.equal(await fileAt(ground, 'app.yaml'), 'image: demo:9\n')
  })

  test('merging says why not', async (t) => {
    const ground = await startGround(t)
    const draft = await openPull(ground, { branch: 'draft', files: { draft: '' }, draft: true })
    const { path, sha } = await openPull(ground)
    const merge = async (at: string, body: object): Promise<[number, string]> => {
      const { status, json } = await ground.call('PUT', `${at}/merge`, { body })
      return [status, json.message]
    }
    assert.deepEqual(await merge(draft.path, {}), [405, 'Pull Request is still a draft'])
    assert.equal((await merge(path, { sha: draft.sha }))[0], 409)
    ground.github.addRuleset('acme/gitops', {
      branch: '~DEFAULT_BRANCH',
      requiredChecks: [{ context: 'ci' }],
      requiredApprovals: 1,
    })
    assert.equal((await ground.call('GET', path)).json.mergeable_state, 'blocked')
    const [status, why] = await merge(path, { sha })
    assert.equal(status, 405)
    assert.match(why, /Required status check "ci" is expected\./)
    assert.match(why, /At least 1 approving review is required/)
    await ground.github.ci('acme/gitops').report(sha, { name: 'ci', conclusion: 'success' })
    await reviewed(ground, 'ben', 'APPROVED')
    assert.equal((await ground.call('GET', path)).json.mergeable_state, 'clean')
    assert.equal((await merge(path, { sha }))[0], 200)
    assert.equal((await merge(path, { sha }))[0], 405)
  })

  test('what reviewers say counts where they may push, and a refusal outweighs approvals', async (t) => {
    const ground = await startGround(t)
    await openPull(ground, { branch: 'other', files: { other: '' } })
    const { path } = await openPull(ground)
    ground.github.addRuleset('acme/gitops', { branch: 'main', requiredApprovals: 1 })
    const state = async (): Promise<string> => (await ground.call('GET', path)).json.mergeable_state
    ground.github.createUser('eve')
    await ground.github.person('eve').review('acme/gitops', 2, { state: 'APPROVED' })
    assert.equal(await state(), 'blocked')
    await reviewed(ground, 'ben', 'APPROVED')
    assert.equal(await state(), 'clean')
    await reviewed(ground, 'carol', 'CHANGES_REQUESTED')
    assert.equal(await state(), 'blocked')
    await ground.github.person('ann').dismissReview('acme/gitops', 2, 'carol')
    assert.equal(await state(), 'clean')
    assert.ok((await ground.events()).includes('pull_request_review.dismissed'))
  })

  test('a method that the repository does not allow is 405', async (t) => {
    const ground = await startGround(t)
    const { path } = await openPull(ground)
    ground.github.repository('acme/gitops').mergeMethods = ['squash']
    const refused = await ground.call('PUT', `${path}/merge`, { body: { merge_method: 'merge' } })
    assert.deepEqual([refused.status, refused.json.message], [405, 'Merge commits are not allowed on this repository.'])
  })

  test('a strict rule wants the base in the head, and update-branch brings it', async (t) => {
    const ground = await startGround(t)
    const { path } = await openPull(ground)
    await ground.github.person('ann').push('acme/gitops', { branch: 'main', files: { other: '1' } })
    ground.github.addRuleset('acme/gitops', { branch: 'main', strict: true })
    assert.equal((await ground.call('GET', path)).json.mergeable_state, 'behind')
    assert.equal((await ground.call('PUT', `${path}/merge`)).status, 405)
    assert.equal((await ground.call('PUT', `${path}/update-branch`)).status, 202)
    assert.equal((await ground.call('GET', path)).json.mergeable_state, 'clean')
    assert.ok((await ground.events()).includes('pull_request.synchronize'))
  })

  test('an app in the bypass list is not held by the rules', async (t) => {
    const ground = await startGround(t)
    const { path } = await openPull(ground)
    ground.github.addRuleset('acme/gitops', {
      branch: 'main',
      requiredChecks: [{ context: 'ci' }],
      bypassApps: [ground.app.appId],
    })
    assert.equal((await ground.call('GET', path)).json.mergeable_state, 'blocked')
    assert.equal((await ground.call('PUT', `${path}/merge`)).status, 200)
  })

  test('a check of the same name by another app does not satisfy a rule that names the app', async (t) => {
    const ground = await startGround(t)
    const { path, sha } = await openPull(ground)
    ground.github.addRuleset('acme/gitops', {
      branch: 'main',
      requiredChecks: [{ context: 'lotse/policy', integrationId: ground.app.appId }],
    })
    await ground.github.ci('acme/gitops').report(sha, { name: 'lotse/policy', conclusion: 'success' })
    assert.equal((await ground.call('GET', path)).json.mergeable_state, 'blocked')
    await ground.call('POST', `${repo}/check-runs`, {
      body: { name: 'lotse/policy', head_sha: sha, conclusion: 'success' },
    })
    assert.equal((await ground.call('GET', path)).json.mergeable_state, 'clean')
  })

  test('who closed it is known', async (t) => {
    const ground = await startGround(t)
    const { number } = await openPull(ground)
    await ground.github.person('ann').closePull('acme/gitops', number)
    await ground.github.settled()
    const closed = ground.heard.find(({ payload }) => payload.action === 'closed')
    assert.deepEqual([closed?.payload.sender.login, closed?.payload.pull_request.merged], ['ann', false])
    assert.equal((await ground.call('GET', `${repo}/issues/${number}`)).json.closed_by.login, 'ann')
  })

  test('deleting the head branch closes it, and it cannot be reopened', async (t) => {
    const ground = await startGround(t)
    const { path } = await openPull(ground)
    assert.equal((await ground.call('DELETE', `${repo}/git/refs/heads/change`)).status, 204)
    assert.equal((await ground.call('GET', path)).json.state, 'closed')
    assert.equal((await ground.call('PATCH', path, { body: { state: 'open' } })).status, 422)
  })

  test('a head set back to its base closes it', async (t) => {
    const ground = await startGround(t)
    const { path } = await openPull(ground)
    const main = ground.github.repository('acme/gitops').git.refs.get('refs/heads/main')
    await ground.call('PATCH', `${repo}/git/refs/heads/change`, { body: { sha: main, force: true } })
    assert.deepEqual(
      [(await ground.call('GET', path)).json.state, (await ground.call('GET', path)).json.merged],
      ['closed', false],
    )
  })

  test('the branch goes with the merge where the repository says so', async (t) => {
    const ground = await startGround(t)
    ground.github.repository('acme/gitops').deleteBranchOnMerge = true
    const { path } = await openPull(ground)
    await ground.call('PUT', `${path}/merge`)
    assert.equal((await ground.call('GET', `${repo}/git/ref/heads/change`)).status, 404)
    assert.equal((await ground.call('GET', path)).json.merged, true)
  })

  test('a fork can propose, and its head is fetched', async (t) => {
    const ground = await startGround(t)
    ground.github.createUser('eve')
    const fork = await ground.github.createFork('acme/gitops', 'eve')
    await ground.github
      .person('eve')
      .push('eve/gitops', { branch: 'evil', files: { 'app.yaml': 'image: evil\n' }, create: true })
    const pull = await ground.github.person('eve').openPull('acme/gitops', { head: 'eve:evil', title: 'Please' })
    const { json } = await ground.call('GET', `${repo}/pulls/${pull.issue.number}`)
    assert.deepEqual(
      [json.head.repo.full_name, json.head.label, json.base.repo.full_name],
      ['eve/gitops', 'eve:evil', 'acme/gitops'],
    )
    assert.equal(ground.github.repository('acme/gitops').git.refs.get('refs/pull/1/head'), json.head.sha)
    const moved = await ground.github.person('eve').push('eve/gitops', { branch: 'evil', files: { more: '' } })
    assert.equal((await ground.call('GET', `${repo}/pulls/1`)).json.head.sha, moved)
    assert.equal(fork.parent?.name, 'gitops')
  })

  test('lists are filtered by head, base and state', async (t) => {
    const ground = await startGround(t)
    await openPull(ground, { branch: 'one' })
    const two = await openPull(ground, { branch: 'two', files: { two: '' } })
    await ground.github.person('ann').closePull('acme/gitops', two.number)
    const numbers = async (query: string): Promise<number[]> =>
      (await ground.call('GET', `${repo}/pulls?${query}`)).json.map(({ number }: { number: number }) => number)
    assert.deepEqual(await numbers(''), [1])
    assert.deepEqual(await numbers('state=all'), [2, 1])
    assert.deepEqual(await numbers('state=all&head=acme:two'), [2])
    assert.deepEqual(await numbers('base=other'), [])
  })

  test('one from a fork is not taken for one from here with a branch of the same name', async (t) => {
    const ground = await startGround(t)
    const { github } = ground
    github.createUser('eve')
    await github.createFork('acme/gitops', 'eve')
    const eve = github.person('eve')
    await eve.push('eve/gitops', { branch: 'lotse/x', files: { a: '' }, create: true })
    await openPull(ground, { branch: 'lotse/x' })
    await eve.openPull('acme/gitops', { head: 'eve:lotse/x', title: 'Please' })
    await eve.closePull('acme/gitops', 2)
    const numbers = async (head: string): Promise<number[]> =>
      (await ground.call('GET', `${repo}/pulls?state=all&head=${head}`)).json.map(
        ({ number }: { number: number }) => number,
      )
    assert.deepEqual([await numbers('acme:lotse/x'), await numbers('EVE:lotse/x')], [[1], [2]])
    assert.deepEqual([await numbers('eve:lotse'), await numbers('ann:lotse/x')], [[], []])
  })

  test('mergeability can be forgotten for a while', async (t) => {
    const ground = await startGround(t)
    const { path } = await openPull(ground)
    ground.github.faults.forgetMergeability(1)
    const look = async (): Promise<unknown[]> => {
      const { json } = await ground.call('GET', path)
      return [json.mergeable, json.mergeable_state]
    }
    assert.deepEqual(await look(), [null, 'unknown'])
    assert.deepEqual(await look(), [true, 'clean'])
  })
})

suite('at once', () => {
  test('of two refs, pull requests or merges of the same there is one', async (t) => {
    const ground = await startGround(t)
    const { sha } = await openPull(ground, { branch: 'first' })
    const twice = async (method: string, path: string, body: object): Promise<number[]> => {
      const answers = await Promise.all([ground.call(method, path, { body }), ground.call(method, path, { body })])
      return answers.map(({ status }) => status).toSorted((one, other) => one - other)
    }
    assert.deepEqual(await twice('POST', `${repo}/git/refs`, { ref: 'refs/heads/two', sha }), [201, 422])
    assert.deepEqual(await twice('POST', `${repo}/pulls`, { title: 't', head: 'two', base: 'main' }), [201, 422])
    assert.deepEqual(await twice('PUT', `${repo}/pulls/1/merge`, {}), [200, 405])
  })
})
