import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { clone, type Ground, openPull, repo, startGround } from './ground.ts'

suite('a person with git', () => {
  test('amends a commit of another: its author stays, its committer is who amended', async (t) => {
    const ground = await startGround(t)
    const carol = withCarol(ground)
    await ground.github.bot('stale').push('acme/gitops', { branch: 'x', create: true, files: { a: '1' } })
    const sha = await carol.push('acme/gitops', { branch: 'x', files: { a: '2' }, amend: true })
    const { commit, parents } = (await ground.call('GET', `${repo}/commits/${sha}`)).json
    assert.deepEqual([commit.author.name, commit.committer.name, commit.message], ['stale[bot]', 'carol', 'Change a'])
    assert.equal(parents[0].sha, tip(ground, 'main'))
  })

  test('may sign as anybody', async (t) => {
    const ground = await startGround(t)
    const committer = { name: 'Nobody', email: 'nobody@example.org' }
    const sha = await withCarol(ground).push('acme/gitops', {
      branch: 'main',
      files: {},
      author: 'lotse[bot]',
      committer,
    })
    const { author, commit } = (await ground.call('GET', `${repo}/commits/${sha}`)).json
    assert.deepEqual([author.login, commit.committer.email], ['lotse[bot]', committer.email])
  })

  test('replaces a branch by force, and pull requests say so', async (t) => {
    const ground = await startGround(t)
    const { sha, path } = await openPull(ground)
    const other = await ground.github
      .person('ann')
      .push('acme/gitops', { branch: 'change', files: { 'docs/readme.md': '# bye\n' }, force: true })
    const files = (await ground.call('GET', `${path}/files`)).json.map(({ filename }: { filename: string }) => filename)
    assert.deepEqual(files, ['docs/readme.md'])
    await ground.github.settled()
    const pushed = ground.heard.findLast(({ event }) => event === 'push')?.payload
    assert.deepEqual([pushed.before, pushed.after, pushed.forced], [sha, other, true])
  })

  test('moves a branch forwards, and backwards only by force', async (t) => {
    const ground = await startGround(t)
    const ann = ground.github.person('ann')
    const start = tip(ground, 'main')
    const sha = await ann.push('acme/gitops', { branch: 'main', files: { a: '1' } })
    await ann.moveBranch('acme/gitops', 'kept', sha)
    await assert.rejects(ann.moveBranch('acme/gitops', 'main', start), /not a fast forward/)
    await ann.moveBranch('acme/gitops', 'main', start, { force: true })
    assert.deepEqual([tip(ground, 'main'), tip(ground, 'kept')], [start, sha])
  })

  test('changes the mode of a file', async (t) => {
    const ground = await startGround(t)
    const ann = ground.github.person('ann')
    await ann.setMode('acme/gitops', { branch: 'main', path: 'docs/readme.md', mode: '100755' })
    const { tree } = (await ground.call('GET', `${repo}/git/trees/main?recursive=1`)).json
    const modes = tree.map(({ path, mode }: { path: string; mode: string }) => `${mode} ${path}`)
    assert.deepEqual(modes, ['100644 app.yaml', '040000 docs', '100755 docs/readme.md'])
  })
})

test('another app closes, reopens, edits and talks as its bot', async (t) => {
  const ground = await startGround(t)
  const { number, path } = await openPull(ground)
  const stale = ground.github.bot('stale')
  await stale.comment('acme/gitops', number, 'too old')
  await stale.editPull('acme/gitops', number, { title: 'Too old' })
  await stale.closePull('acme/gitops', number)
  assert.equal((await ground.call('GET', path)).json.state, 'closed')
  await ground.github.bot('stale').reopenPull('acme/gitops', number)
  const events = await ground.events()
  for (const event of [
    'issue_comment.created',
    'pull_request.edited',
    'pull_request.closed',
    'pull_request.reopened',
  ]) {
    const sender = ground.heard[events.indexOf(event)]?.payload.sender
    assert.deepEqual([sender.login, sender.type], ['stale[bot]', 'Bot'])
  }
})

test('the default branch changes for the API, for clones and for who hears of it', async (t) => {
  const ground = await startGround(t, { manifest: { default_events: ['repository'] } })
  const sha = tip(ground, 'main')
  await assert.rejects(ground.github.changeDefaultBranch('acme/gitops', 'trunk'))
  await ground.github.person('ann').moveBranch('acme/gitops', 'trunk', sha)
  await ground.github.changeDefaultBranch('acme/gitops', 'trunk')
  assert.equal((await ground.call('GET', repo)).json.default_branch, 'trunk')
  const cloned = await clone(t, ground, ground.ann.token)
  assert.equal((await cloned.git('rev-parse', '--abbrev-ref', 'HEAD')).trim(), 'trunk')
  assert.ok((await ground.events()).includes('repository.edited'))
  const edited = ground.heard.find(({ payload }) => payload.action === 'edited')?.payload
  assert.deepEqual([edited.changes, edited.repository.default_branch], [{ default_branch: { from: 'main' } }, 'trunk'])
})

function withCarol({ github: sandbox }: Ground): ReturnType<Ground['github']['person']> {
  sandbox.createUser('carol')
  sandbox.grant('acme/gitops', 'carol', 'write')
  return sandbox.person('carol')
}

function tip({ github: sandbox }: Ground, branch: string): string {
  return sandbox.repository('acme/gitops').git.refs.get(`refs/heads/${branch}`) ?? ''
}
