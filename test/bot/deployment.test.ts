import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type AgentWorld,
  checksOn,
  come,
  deployments,
  failure,
  head,
  report,
  startAgentWorld,
  startTwoAgents,
  tag,
} from './agent-ground.ts'
import { parseCommitSha } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { acme } from '../support/world.ts'

const check = `lotse/sync (${acme.cluster})`

async function push(world: AgentWorld): Promise<void> {
  await world.github
    .person('alice')
    .push(acme.repository, { branch: 'main', files: { 'README.md': '# Newer\n' }, message: 'Say more' })
  await world.rest()
}

/** A person's pull request, merged. */
async function mergeOne(world: AgentWorld): Promise<number> {
  const bob = world.github.person('bob')
  await bob.push(acme.repository, {
    branch: 'topic',
    files: { 'clusters/production/x.yaml': 'a: 1' },
    create: true,
    message: 'Add x',
  })
  const { issue } = await bob.openPull(acme.repository, { head: 'topic', title: 'Add x' })
  await bob.mergePull(acme.repository, issue.number)
  await world.rest()
  return issue.number
}

describe('a deployment', () => {
  test('a push to the default branch is a hint to the agent', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    await push(world)
    const commit = head(world)
    await come(() => assert.deepEqual(world.agent.heard.at(-1), { kind: 'fetch', commit }))
  })

  test('goes from in progress to success, with a check and the tag', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const commit = head(world)
    const short = commit.slice(0, 7)
    world.agent.say({ kind: 'started', commit })
    await come(() => assert.deepEqual(deployments(world), [`production ${short}: in_progress`]))
    world.agent.say({ kind: 'synced', report: report(commit) })
    await come(() => assert.equal(tag(world), commit))
    await world.rest()
    assert.deepEqual(deployments(world), [`production ${short}: in_progress, success`])
    assert.deepEqual(checksOn(world, commit), { [check]: 'success' })
  })

  test('what was told already costs nothing when it is told again', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const commit = head(world)
    world.agent.say({ kind: 'synced', report: report(commit) })
    await come(() => assert.equal(tag(world), commit))
    await world.rest()
    world.github.requests.reset()
    world.agent.say({ kind: 'started', commit })
    const counts = { ...report(commit).counts, applied: 0, unchanged: 4 }
    world.agent.say({ kind: 'synced', report: report(commit, { trigger: 'timer', counts }) })
    world.agent.say({ kind: 'token-wanted' })
    // What an agent says is heard in its order: with the token the rest was heard.
    await come(() => assert.ok(world.agent.heard.some(({ kind }) => kind === 'token')))
    await world.rest()
    assert.deepEqual(world.github.requests.byRoute(), {
      'POST /app/installations/{installation_id}/access_tokens': 1,
    })
  })

  test('that fails is shown at the line, and told to the pull request that brought it, once', async () => {
    await using world = await startAgentWorld()
    const number = await mergeOne(world)
    await world.agent.connect()
    const commit = head(world)
    const comments = () => world.comments(world.pull(number)).filter((body) => body.includes('lotse:sync-failed'))
    world.agent.say({ kind: 'synced', report: report(commit, failure) })
    await come(() => assert.equal(comments().length, 1))
    await world.rest()
    assert.deepEqual(deployments(world), [`production ${commit.slice(0, 7)}: failure`])
    assert.deepEqual(checksOn(world, commit), { [check]: 'failure' })
    const [run] = [...world.github.repository(acme.repository).checkRuns.values()].filter(({ name }) => name === check)
    assert.deepEqual(
      run?.output.annotations.map(({ path, start_line: line }) => [path, line]),
      [['clusters/production/demo-worker.yaml', 9]],
    )
    assert.equal(tag(world), undefined)
    world.agent.say({ kind: 'synced', report: report(commit, { ...failure, moreProblems: 1 }) })
    const runs = () =>
      [...world.github.repository(acme.repository).checkRuns.values()].filter(({ name }) => name === check)
    await come(() => assert.equal(runs().length, 2))
    await world.rest()
    assert.equal(comments().length, 1)
  })

  test('that fails is told on the commit alone where the conversation is locked, and costs nothing again', async () => {
    await using world = await startAgentWorld()
    const number = await mergeOne(world)
    await world.github.person('alice').lock(acme.repository, number)
    await world.agent.connect()
    const commit = head(world)
    world.agent.say({ kind: 'synced', report: report(commit, failure) })
    await come(() => assert.deepEqual(checksOn(world, commit), { [check]: 'failure' }))
    await world.rest()
    assert.ok(world.comments(world.pull(number)).every((body) => !body.includes('lotse:sync-failed')))
    world.github.requests.reset()
    world.agent.say({ kind: 'synced', report: report(commit, { ...failure, trigger: 'timer' }) })
    world.agent.say({ kind: 'token-wanted' })
    await come(() => assert.ok(world.agent.heard.some(({ kind }) => kind === 'token')))
    await world.rest()
    assert.deepEqual(Object.keys(world.github.requests.byRoute()), [
      'POST /app/installations/{installation_id}/access_tokens',
    ])
  })

  test('of a commit that is not on the default branch is never told', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const topic = await world.github
      .person('bob')
      .push(acme.repository, { branch: 'topic', files: { 'x.yaml': 'a: 1' }, create: true, message: 'Not merged' })
    world.agent.say({ kind: 'synced', report: report(guaranteed(parseCommitSha(topic))) })
    const commit = head(world)
    world.agent.say({ kind: 'started', commit })
    await come(() => assert.equal(deployments(world).length, 1))
    await world.rest()
    assert.deepEqual(deployments(world), [`production ${commit.slice(0, 7)}: in_progress`])
    assert.deepEqual(checksOn(world, topic), {})
    assert.equal(tag(world), undefined)
  })

  test('moves the tag only forward, and leaves one that somebody else moved', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const first = head(world)
    world.agent.say({ kind: 'synced', report: report(first) })
    await come(() => assert.equal(tag(world), first))
    await push(world)
    const second = head(world)
    world.agent.say({ kind: 'synced', report: report(second) })
    await come(() => assert.equal(tag(world), second))
    await world.rest()
    world.agent.say({ kind: 'synced', report: report(first) })
    await come(() => assert.equal(deployments(world)[2], `production ${first.slice(0, 7)}: success`))
    await world.rest()
    assert.equal(tag(world), second)
  })

  test('of one cluster says nothing of another one of the same environment', async () => {
    await using world = await startTwoAgents()
    const commit = head(world)
    const short = commit.slice(0, 7)
    world.agent.say({ kind: 'synced', report: report(commit, failure) })
    await come(() => assert.deepEqual(deployments(world), [`production ${short}: failure`]))
    world.second.say({ kind: 'synced', report: report(commit) })
    await come(() =>
      assert.deepEqual(deployments(world), [`production ${short}: failure`, `production ${short}: success`]),
    )
  })

  test('the agent gets a token that reads this one repository', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    world.agent.say({ kind: 'token-wanted' })
    const heard = await come(() => {
      const found = world.agent.heard.find((message) => message.kind === 'token')
      assert.ok(found !== undefined)
      return found
    })
    assert.ok(Date.parse(heard.expiresAt) > Date.now())
    const headers = { authorization: `token ${heard.token.reveal()}` }
    const { id } = world.github.repository(acme.repository)
    const answer = await fetch(`${world.github.apiUrl}/installation/repositories`, { headers })
    const seen: { readonly repositories: readonly { readonly id: number }[] } = JSON.parse(await answer.text())
    assert.deepEqual(
      seen.repositories.map((repository) => repository.id),
      [id],
    )
  })

  test('an agent whose key is taken out of the configuration is closed out', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const path = '.github/lotse.yaml'
    const connected = async (): Promise<string> => (await fetch(`${world.botUrl()}/metrics`)).text()
    await come(async () => assert.match(await connected(), /^lotse_agents_connected 1$/m))
    const text = (await world.file(path)).replace(/^ +agents:.*\n/m, '')
    await world.github
      .person('alice')
      .push(acme.repository, { branch: 'main', files: { [path]: text }, message: 'Let it go' })
    await come(async () => assert.match(await connected(), /^lotse_agents_connected 0$/m))
  })
})
