import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LiveDiff } from '../../src/core/diff/live-diff.ts'
import { acme } from '../support/world.ts'
import { type AgentWorld, asks, checksOn, come, liveDiff, startAgentWorld, startTwoAgents } from './agent-ground.ts'

const check = `lotse/diff (${acme.cluster})`

/** Bob's pull request that touches the cluster. */
async function openPull(world: AgentWorld, more: Readonly<Record<string, string>> = {}): Promise<number> {
  const bob = world.github.person('bob')
  await bob.push(acme.repository, {
    branch: 'topic',
    files: { 'clusters/production/demo-settings.yaml': 'a: 1\n', ...more },
    create: true,
    message: 'Change the settings',
  })
  const { issue } = await bob.openPull(acme.repository, { head: 'topic', title: 'Change the settings' })
  await world.rest()
  return issue.number
}

/** The agent answers the newest question. */
function answer({ agent }: AgentWorld, diff: LiveDiff = liveDiff()): void {
  const asked = asks(agent).at(-1)
  assert.ok(asked !== undefined)
  const { pull, base, head } = asked
  agent.say({ kind: 'diffed', pull, base, head, result: { kind: 'diff', diff } })
}

function diffComments(world: AgentWorld, number: number): readonly string[] {
  return world.comments(world.pull(number)).filter((body) => body.startsWith('<!-- lotse:diff'))
}

/** Bob changes the settings to this, and the agent answers. */
async function changeAgain(world: AgentWorld, settings: string): Promise<void> {
  const before = asks(world.agent).length
  await world.github.person('bob').push(acme.repository, {
    branch: 'topic',
    files: { 'clusters/production/demo-settings.yaml': settings },
    message: 'Change them again',
  })
  await come(() => assert.equal(asks(world.agent).length, before + 1))
  answer(world)
}

describe('a live diff', () => {
  test('is asked for, shown in one comment, and in a check', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const number = await openPull(world)
    const pull = world.pull(number)
    const asked = await come(() => {
      assert.equal(asks(world.agent).length, 1)
      return asks(world.agent)[0]
    })
    assert.deepEqual(asked, { kind: 'diff', pull: number, base: world.head('main'), head: pull.head })
    assert.equal(world.checks(pull)[check], 'in_progress')
    assert.deepEqual(diffComments(world, number), [])
    answer(world)
    await come(() => assert.equal(world.checks(pull)[check], 'success'))
    await world.rest()
    const [comment, ...others] = diffComments(world, number)
    assert.deepEqual(others, [])
    assert.match(comment ?? '', /apps\/Deployment demo\/demo-worker/)
  })

  test('takes five calls, and one for the role of its author', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const number = await openPull(world)
    world.github.requests.reset()
    await world.github.person('bob').push(acme.repository, {
      branch: 'topic',
      files: { 'clusters/production/demo-settings.yaml': 'a: 2\n' },
      message: 'Change them again',
    })
    await world.rest()
    await come(() => assert.equal(asks(world.agent).length, 2))
    answer(world)
    await come(() => assert.equal(diffComments(world, number).length, 1))
    await world.rest()
    // The policy's check on the new head is another journey's.
    const {
      'POST graphql MergeFacts': _,
      'POST /repos/{owner}/{repo}/check-runs': created,
      ...calls
    } = world.github.requests.byRoute()
    assert.equal(created, 2)
    assert.deepEqual(calls, {
      'POST graphql DiffPull': 1,
      'GET /repos/{owner}/{repo}/compare/{basehead}': 1,
      'GET /repos/{owner}/{repo}/collaborators/{username}/permission': 1,
      'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}': 1,
      'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': 1,
    })
  })

  test('says that the agent is offline when it goes away before it has answered', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const { head } = world.pull(await openPull(world))
    await come(() => assert.equal(asks(world.agent).length, 1))
    const title = () =>
      [...world.github.repository(acme.repository).checkRuns.values()].findLast(
        ({ name, suite }) => name === check && suite.headSha === head,
      )?.output.title
    assert.equal(title(), 'The agent is asked what changes')
    await world.agent.disconnect()
    await come(() => assert.match(title() ?? '', /^Its agent is offline since/))
  })

  test('of a newer head takes the place of the older one, in the same comment', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const number = await openPull(world)
    await come(() => assert.equal(asks(world.agent).length, 1))
    answer(world)
    await come(() => assert.equal(diffComments(world, number).length, 1))
    await world.github.person('bob').push(acme.repository, {
      branch: 'topic',
      files: { 'clusters/production/demo-settings.yaml': 'a: 2\n' },
      message: 'Change them again',
    })
    await come(() => assert.equal(asks(world.agent).length, 2))
    answer(world, liveDiff({ changes: [] }))
    const { head } = world.pull(number)
    await come(() => assert.match(diffComments(world, number)[0] ?? '', new RegExp(`head=${head}`)))
    await world.rest()
    assert.equal(diffComments(world, number).length, 1)
  })

  test('stays one comment when a person takes its mark away, and when a person deletes it', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const number = await openPull(world)
    await come(() => assert.equal(asks(world.agent).length, 1))
    answer(world)
    await come(() => assert.equal(diffComments(world, number).length, 1))
    await world.rest()
    const repository = world.github.repository(acme.repository)
    const [comment] = repository.comments.values()
    assert.ok(comment !== undefined)
    const alice = world.github.person('alice')
    await alice.editComment(acme.repository, comment.id, comment.body.replace(/^.*\n/, ''))
    await changeAgain(world, 'a: 2\n')
    await come(() => assert.equal(diffComments(world, number).length, 1))
    await world.rest()
    assert.deepEqual([...repository.comments.keys()], [comment.id])
    const { head } = world.pull(number)
    await alice.deleteComment(acme.repository, comment.id)
    await changeAgain(world, 'a: 3\n')
    await come(() => assert.notEqual(world.pull(number).head, head))
    await come(() => assert.equal(diffComments(world, number).length, 1))
    await world.rest()
    assert.equal(repository.comments.size, 1)
  })

  test('takes no more calls however much is talked about it', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const number = await openPull(world)
    const bob = world.github.person('bob')
    world.github.faults.loseWebhooks(({ event }) => event === 'issue_comment')
    for (let at = 0; at < 100; at += 1) await bob.comment(acme.repository, number, `talk ${at}`)
    await come(() => assert.equal(asks(world.agent).length, 1))
    answer(world)
    await come(() => assert.equal(diffComments(world, number).length, 1))
    await world.rest()
    world.github.requests.reset()
    await changeAgain(world, 'a: 2\n')
    await come(() => assert.match(diffComments(world, number)[0] ?? '', new RegExp(world.pull(number).head)))
    await world.rest()
    const listed = world.github.requests.byRoute()['GET /repos/{owner}/{repo}/issues/{issue_number}/comments']
    assert.equal(listed, undefined)
  })

  test('of a locked conversation stands in its check alone', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const number = await openPull(world)
    await come(() => assert.equal(asks(world.agent).length, 1))
    await world.github.person('alice').lock(acme.repository, number)
    answer(world)
    await come(() => assert.equal(world.checks(world.pull(number))[check], 'success'))
    await world.rest()
    assert.deepEqual(diffComments(world, number), [])
  })

  test('of one cluster is not kept back for long by the silence of another', async () => {
    await using world = await startTwoAgents()
    const number = await openPull(world, { 'clusters/second/settings.yaml': 'a: 1\n' })
    await come(() => assert.deepEqual([asks(world.agent).length, asks(world.second).length], [1, 1]))
    answer(world)
    await come(() => assert.equal(world.checks(world.pull(number))[check], 'success'))
    await world.rest()
    assert.deepEqual(diffComments(world, number), [])
    world.pass(10 * 60_000)
    await lookAround(world, 'repository-1')
    await come(() => assert.equal(asks(world.second).length, 2))
    const comment = await come(() => {
      const [body = ''] = diffComments(world, number)
      assert.match(body, /#### second: the agent is asked what changes\n/)
      return body
    })
    assert.match(comment, /apps\/Deployment demo\/demo-worker/)
  })

  test('that nobody will tell any more leaves no check hanging', async () => {
    await using world = await startAgentWorld()
    const number = await openPull(world)
    assert.equal(world.checks(world.pull(number))[check], 'in_progress')
    const path = '.github/lotse.yaml'
    const text = (await world.file(path)).replace(/^ +agents:.*\n/m, '')
    await world.github
      .person('alice')
      .push(acme.repository, { branch: 'main', files: { [path]: text }, message: 'Let the agent go' })
    await world.rest()
    assert.equal(world.checks(world.pull(number))[check], 'neutral')
  })

  test('is asked of nobody for a pull request that touches no cluster', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const bob = world.github.person('bob')
    await bob.push(acme.repository, { branch: 'docs', files: { 'README.md': '# B\n' }, create: true, message: 'Say' })
    const { issue } = await bob.openPull(acme.repository, { head: 'docs', title: 'Say' })
    await world.rest()
    assert.deepEqual(asks(world.agent), [])
    assert.deepEqual(world.checks(world.pull(issue.number)), { 'lotse/policy': 'success' })
  })

  test('is withheld from forks: a neutral check, and no word to the agent', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    await world.github.createFork(acme.repository, 'eve')
    const eve = world.github.person('eve')
    await eve.push('eve/gitops', {
      branch: 'main',
      files: { 'clusters/production/demo-settings.yaml': 'a: 1\n' },
      message: 'Let me in',
    })
    const { issue } = await eve.openPull(acme.repository, { head: 'eve:main', title: 'Let me in' })
    await world.rest()
    const pull = world.pull(issue.number)
    assert.deepEqual(world.checks(pull), { 'lotse/policy': 'success', [check]: 'neutral' })
    assert.deepEqual(asks(world.agent), [])
    assert.deepEqual(diffComments(world, issue.number), [])
  })

  test('that the agent could not tell is asked again when it comes back', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const number = await openPull(world)
    const [asked] = await come(() => {
      assert.equal(asks(world.agent).length, 1)
      return asks(world.agent)
    })
    assert.ok(asked !== undefined)
    const { pull, base, head } = asked
    world.agent.say({ kind: 'diffed', pull, base, head, result: { kind: 'failed', because: 'no git' } })
    await come(() => assert.equal(world.checks(world.pull(number))[check], 'failure'))
    await world.rest()
    world.github.requests.reset()
    world.agent.say({ kind: 'diffed', pull, base, head, result: { kind: 'failed', because: 'no git' } })
    await world.agent.disconnect()
    await world.agent.connect()
    await come(() => assert.equal(asks(world.agent).length, 2))
    await world.rest()
    // Until it tells something else, what it said last stays as it is.
    assert.deepEqual(world.github.requests.byRoute(), {})
    answer(world)
    await come(() => assert.equal(world.checks(world.pull(number))[check], 'success'))
    await world.rest()
    assert.equal(diffComments(world, number).length, 1)
  })

  test('of a pull request that was there before its cluster had an agent is asked for, too', async () => {
    await using world = await startAgentWorld({ withAgent: true, files: {} })
    await world.stopBot()
    const number = await openPullUnheard(world)
    await world.startBot()
    await world.agent.connect()
    await come(() => assert.equal(asks(world.agent)[0]?.pull, number))
  })
})

/** As on the timer: all of the repository is looked at again. */
async function lookAround(world: AgentWorld, guid: string): Promise<void> {
  const payload = {
    action: 'edited',
    repository: { id: world.github.repository(acme.repository).id },
    installation: { id: [...world.github.state.installations.keys()][0] },
  }
  await world.deliver({ guid, event: 'repository', payload })
  await world.rest()
}

test('a merge queue that requires the check of a live diff is not kept waiting for it', async () => {
  await using world = await startAgentWorld()
  world.github.addRuleset(acme.repository, {
    branch: 'main',
    requiredChecks: [{ context: check }, { context: 'ci' }],
  })
  const sha = world.head('main')
  const payload = {
    action: 'checks_requested',
    merge_group: { head_sha: sha, head_ref: 'refs/heads/gh-readonly-queue/main/pr-1', base_sha: sha },
    repository: { id: world.github.repository(acme.repository).id },
    installation: { id: [...world.github.state.installations.keys()][0] },
  }
  await world.deliver({ guid: 'queue-1-0000', event: 'merge_group', payload })
  await world.rest()
  assert.deepEqual(checksOn(world, sha), { 'lotse/policy': 'success', [check]: 'neutral' })
})

/** While no bot is there to hear of it, and its webhook is lost. */
async function openPullUnheard(world: AgentWorld): Promise<number> {
  world.github.faults.loseWebhooks(10)
  const number = await openPull(world)
  world.github.faults.loseWebhooks(0)
  return number
}

describe('a release', () => {
  test('waits for its live diff, and for an agent that is offline, with the reason', async () => {
    await using world = await startAgentWorld()
    await world.push('1.2.1')
    await world.rest()
    const pull = world.pull(1)
    assert.equal(world.checks(pull)[check], 'in_progress')
    await world.github.ci(acme.repository).report(pull.head, { name: 'ci', conclusion: 'success' })
    await world.rest()
    assert.equal(world.pull(1).state, 'open')
    const comment = await world.github.person('bob').comment(acme.repository, 1, '/lotse why')
    await world.rest()
    const reply = world.comments(pull).find((body) => body.includes(`comment=${comment.id}`))
    assert.match(reply ?? '', /⏳ what it changes in the live clusters is known: .*offline/)
    await world.agent.connect()
    await come(() => assert.equal(asks(world.agent).length, 1))
    answer(world)
    await come(() => assert.equal(world.pull(1).state, 'merged'))
  })

  for (const [how, result] of [
    ['not at all', { kind: 'failed', because: 'git cannot be read' }],
    ['in part', { kind: 'diff', diff: liveDiff({ problems: [{ message: 'no webhook answers', turn: 'time' }] }) }],
  ] as const) {
    test(`whose live diff was told ${how} is asked about again, and merged when all is told`, async () => {
      await using world = await startAgentWorld()
      await world.agent.connect()
      await world.push('1.2.1')
      await world.rest()
      const [asked] = await come(() => {
        assert.equal(asks(world.agent).length, 1)
        return asks(world.agent)
      })
      assert.ok(asked !== undefined)
      const { pull, base, head } = asked
      world.agent.say({ kind: 'diffed', pull, base, head, result })
      await world.github.ci(acme.repository).report(head, { name: 'ci', conclusion: 'success' })
      const untold = how === 'in part' ? 'neutral' : 'failure'
      await come(() => assert.equal(world.checks(world.pull(1))[check], untold))
      await lookAround(world, 'repository-1')
      assert.equal(asks(world.agent).length, 1)
      world.pass(30 * 60_000)
      await lookAround(world, 'repository-2')
      await come(() => assert.equal(asks(world.agent).length, 2))
      assert.equal(world.checks(world.pull(1))[check], untold)
      answer(world)
      await come(() => assert.equal(world.pull(1).state, 'merged'))
    })
  }

  test('goes on where the bot was when it is started again', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    await world.push('1.2.1')
    await world.rest()
    await come(() => assert.equal(asks(world.agent).length, 1))
    await world.agent.disconnect()
    await world.restartBot()
    await world.agent.connect()
    await come(() => assert.equal(asks(world.agent).length, 2))
    answer(world)
    const { head } = world.pull(1)
    await world.github.ci(acme.repository).report(head, { name: 'ci', conclusion: 'success' })
    await come(() => assert.equal(world.pull(1).state, 'merged'))
    await world.rest()
    assert.equal(diffComments(world, 1).length, 1)
  })
})
