import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type World, acme, startWorld } from '../support/world.ts'

const manual = 'version: 1\nclusters: { production: { path: clusters/production } }\n'

const hourMs = 3_600_000

function automatic(timing = ''): string {
  return `version: 1
clusters: { production: { path: clusters/production } }
release: { merge: auto, ${timing} }
`
}

/** As a clock in Greenwich will show it then. */
function instantIn(ms: number): string {
  return new Date(Date.now() + ms).toISOString()
}

async function withRelease(files: Readonly<Record<string, string>> = {}): Promise<World> {
  const world = await startWorld({ files })
  await world.push('1.2.1')
  await world.rest()
  return world
}

function head(world: World): string {
  return world.pull(1).head
}

describe('automerge', () => {
  test('a release merges when CI has said yes, and its branch goes', async () => {
    await using world = await withRelease()
    assert.equal(world.pull(1).state, 'open')
    await world.github.ci(acme.repository).report(head(world), { name: 'ci', conclusion: 'success' })
    await world.rest()
    const pull = world.pull(1)
    assert.equal(pull.state, 'merged')
    assert.deepEqual(world.checks(pull), { 'lotse/policy': 'success', ci: 'success' })
    assert.match(await world.file('clusters/production/demo-service.yaml'), /tag: 1\.2\.1/)
    await assert.rejects(world.file('README.md', pull.branch))
  })

  test('it waits while CI runs, and stays open when CI says no', async () => {
    await using world = await withRelease()
    const ci = world.github.ci(acme.repository)
    await ci.report(head(world), { name: 'ci', status: 'in_progress' })
    await world.rest()
    assert.deepEqual(world.checks(world.pull(1)), { 'lotse/policy': 'in_progress', ci: 'in_progress' })
    await ci.report(head(world), { name: 'ci', conclusion: 'failure' })
    await world.rest()
    assert.deepEqual(world.checks(world.pull(1)), { 'lotse/policy': 'failure', ci: 'failure' })
    assert.equal(world.pull(1).state, 'open')
  })

  test('it waits for each required check, by its app', async () => {
    await using world = await withRelease()
    world.github.addRuleset(acme.repository, {
      branch: 'main',
      requiredChecks: [{ context: 'ci' }, { context: 'e2e' }, { context: 'lotse/policy' }],
    })
    const ci = world.github.ci(acme.repository)
    await ci.report(head(world), { name: 'ci', conclusion: 'success' })
    await world.rest()
    assert.equal(world.pull(1).state, 'open')
    await ci.report(head(world), { name: 'e2e', conclusion: 'success' })
    await world.rest()
    assert.equal(world.pull(1).state, 'merged')
  })

  test('it waits for the approval that the branch asks for', async () => {
    await using world = await withRelease()
    world.github.addRuleset(acme.repository, { branch: 'main', requiredApprovals: 1 })
    await world.github.ci(acme.repository).report(head(world), { name: 'ci', conclusion: 'success' })
    await world.rest()
    assert.equal(world.pull(1).state, 'open')
    await world.github.person('bob').review(acme.repository, 1, { state: 'APPROVED' })
    await world.rest()
    assert.equal(world.pull(1).state, 'merged')
  })

  test('an app that may bypass the rules keeps them all the same', async () => {
    await using world = await withRelease()
    world.github.addRuleset(acme.repository, {
      branch: 'main',
      requiredApprovals: 1,
      bypassApps: [world.app.appId],
    })
    await world.github.ci(acme.repository).report(head(world), { name: 'ci', conclusion: 'success' })
    await world.rest()
    assert.equal(world.pull(1).state, 'open')
  })

  test('a person merges where the configuration says so', async () => {
    await using world = await withRelease({ '.github/lotse.yaml': manual })
    await world.github.ci(acme.repository).report(head(world), { name: 'ci', conclusion: 'success' })
    await world.rest()
    const pull = world.pull(1)
    assert.deepEqual([pull.state, world.checks(pull)['lotse/policy']], ['open', 'success'])
    await world.github.person('bob').mergePull(acme.repository, 1)
    await world.rest()
    await assert.rejects(world.file('README.md', pull.branch))
  })

  test('in a freeze it waits, whatever is green, and merges once that is over', async () => {
    const freeze = `freeze: [{ from: ${instantIn(-hourMs)}, to: ${instantIn(hourMs)}, reason: audit }]`
    await using world = await withRelease({ '.github/lotse.yaml': automatic(freeze) })
    await world.github.ci(acme.repository).report(head(world), { name: 'ci', conclusion: 'success' })
    await world.rest()
    const pull = world.pull(1)
    // People may merge it, so the check stands in nobody's way.
    assert.deepEqual([pull.state, world.checks(pull)['lotse/policy']], ['open', 'success'])
    await world.github.person('bob').comment(acme.repository, 1, '/lotse why')
    await world.rest()
    assert.match(world.comments(pull).join(), /⏳ there is no freeze, and the window is open: a freeze until .*: audit/)
    await world.restartBot()
    assert.equal(world.pull(1).state, 'open')
    world.pass(1.5 * hourMs)
    await world.restartBot()
    assert.equal(world.pull(1).state, 'merged')
  })

  test('in a freeze a newer tag still comes into the pull request, and a conflict is rebuilt', async () => {
    const freeze = `freeze: [{ from: ${instantIn(-hourMs)}, to: ${instantIn(3 * hourMs)} }]`
    await using world = await withRelease({ '.github/lotse.yaml': automatic(freeze) })
    world.pass(hourMs)
    await world.push('1.2.2')
    await world.rest()
    assert.match(world.pull(1).title, /1\.2\.2/)
    const path = 'clusters/production/demo-service.yaml'
    const note = (await world.file(path)).replace('tag: 1.2.0', 'tag: 1.2.0 # see the notes')
    await world.github.person('alice').push(acme.repository, { branch: 'main', files: { [path]: note } })
    await world.rest()
    assert.match((await world.changes(world.pull(1))).join('\n'), /\+.*tag: 1\.2\.2 # see the notes/)
    assert.equal(world.pull(1).state, 'open')
  })

  test('outside the window it waits, and merges when that opens', async () => {
    const hours = [60, 120].map((minutes) => instantIn(minutes * 60_000).slice(11, 16)).join('-')
    await using world = await withRelease({ '.github/lotse.yaml': automatic(`window: { hours: "${hours}" }`) })
    await world.github.ci(acme.repository).report(head(world), { name: 'ci', conclusion: 'success' })
    await world.rest()
    assert.deepEqual([world.pull(1).state, world.checks(world.pull(1))['lotse/policy']], ['open', 'success'])
    await world.github.person('bob').comment(acme.repository, 1, '/lotse why')
    await world.rest()
    assert.match(world.comments(world.pull(1)).join(), /the window is open: outside the window until .* UTC/)
    world.pass(1.5 * hourMs)
    await world.restartBot()
    assert.equal(world.pull(1).state, 'merged')
  })

  test('what was opened before a cluster commits by itself does not stay open', async () => {
    await using world = await withRelease()
    await world.github.person('alice').push(acme.repository, {
      branch: 'main',
      files: { '.github/lotse.yaml': automatic().replace('merge: auto', 'merge: commit') },
    })
    await world.github.ci(acme.repository).report(head(world), { name: 'ci', conclusion: 'success' })
    await world.rest()
    assert.match(await world.file('clusters/production/demo-service.yaml'), /tag: 1\.2\.1/)
    assert.notEqual(world.pull(1).state, 'open')
  })

  test('a merge that GitHub answers with 502 is looked at, and not done twice', async () => {
    await using world = await withRelease()
    const route = 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge'
    world.github.faults.answerAfterEffect(route, 502)
    await world.github.ci(acme.repository).report(head(world), { name: 'ci', conclusion: 'success' })
    await world.rest()
    assert.equal(world.pull(1).state, 'merged')
    assert.equal(world.github.requests.byRoute()[route], 1)
  })

  test('a release that a person has touched is left to that person', async () => {
    await using world = await withRelease()
    const pull = world.pull(1)
    const sha = await world.github
      .person('bob')
      .push(acme.repository, { branch: pull.branch, files: { 'clusters/production/extra.yaml': 'a: 1\n' } })
    await world.github.ci(acme.repository).report(sha, { name: 'ci', conclusion: 'success' })
    await world.rest()
    assert.equal(world.pull(1).state, 'open')
    assert.equal(world.checks(world.pull(1))['lotse/policy'], 'neutral')
  })

  test('a release that a person has closed and opened again is merged after all', async () => {
    await using world = await withRelease({ '.github/lotse.yaml': automatic() })
    const bob = world.github.person('bob')
    await bob.closePull(acme.repository, 1)
    await world.rest()
    await bob.reopenPull(acme.repository, 1)
    await world.rest()
    await bob.comment(acme.repository, 1, '/lotse why')
    await world.rest()
    assert.match(world.comments(world.pull(1)).join(), /✅ it changes exactly what the plan says/)
    await world.github.ci(acme.repository).report(head(world), { name: 'ci', conclusion: 'success' })
    await world.rest()
    assert.equal(world.pull(1).state, 'merged')
  })

  test('a pull request of a person gets a check that says yes, so that it can be required', async () => {
    await using world = await startWorld()
    const bob = world.github.person('bob')
    const sha = await bob.push(acme.repository, { branch: 'note', create: true, files: { 'NOTE.md': 'x' } })
    await bob.openPull(acme.repository, { head: 'note', title: 'Note' })
    await world.github.ci(acme.repository).report(sha, { name: 'ci', conclusion: 'success' })
    await world.rest()
    const pull = world.pull(1)
    assert.deepEqual([pull.state, world.checks(pull)['lotse/policy']], ['open', 'success'])
  })

  test('a pull request of a person that looks like ours is not merged', async () => {
    await using world = await withRelease()
    const ours = world.pull(1)
    const bob = world.github.person('bob')
    await bob.closePull(acme.repository, 1)
    const sha = await bob.push(acme.repository, {
      branch: 'lotse/release/production/evil',
      create: true,
      files: { 'clusters/production/evil.yaml': 'kind: Evil\n' },
    })
    await bob.openPull(acme.repository, {
      head: 'lotse/release/production/evil',
      title: ours.title,
      body: ours.body,
    })
    await world.github.ci(acme.repository).report(sha, { name: 'ci', conclusion: 'success' })
    await world.rest()
    assert.equal(world.pull(2).state, 'open')
  })

  test('when the base moves beneath it and conflicts, it is rebuilt and merges', async () => {
    await using world = await withRelease()
    const path = 'clusters/production/demo-service.yaml'
    const text = await world.file(path)
    await world.github.person('alice').push(acme.repository, {
      branch: 'main',
      files: { [path]: text.replace('tag: 1.2.0', 'tag: 1.2.0 # see the notes') },
    })
    await world.rest()
    await world.github.ci(acme.repository).report(head(world), { name: 'ci', conclusion: 'success' })
    await world.rest()
    // Rebuilt or not in time, in the end the change is in, and the note too.
    await world.github.ci(acme.repository).report(head(world), { name: 'ci', conclusion: 'success' })
    await world.rest()
    assert.equal(world.pull(1).state, 'merged')
    assert.match(await world.file(path), /tag: 1\.2\.1 # see the notes/)
  })
})
