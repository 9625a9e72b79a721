import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import type { BotMessage } from '../../src/core/agent-protocol.ts'
import { openAgents } from '../../src/bot/agents.ts'
import { parseConfiguration } from '../../src/core/config/configuration.ts'
import { parseBranchName, parseClusterName, parseCommitSha, parseRepoId, parseRepoName } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { type BotLink, connectToBot } from '../../src/io/agent-link/connect.ts'
import { createKey } from '../../src/io/agent-link/keys.ts'
import { keepRepositoryReading, knowRepository } from '../../src/io/store/repositories.ts'
import { startHttp } from '../../src/runtime/http.ts'
import { silentLogger } from '../../src/runtime/log.ts'
import { openTestDatabase } from '../io/store/test-database.ts'
import { come } from './agent-ground.ts'
import { clear, installation, testDeps } from './ground.ts'

const keys = { bot: createKey(), agent: createKey() }
const deps = await testDeps(await openTestDatabase())
const agents = openAgents(keys.bot.pem, deps)
const server = await startHttp({
  host: '127.0.0.1',
  port: 0,
  routes: [],
  upgrades: agents.upgrades,
  log: silentLogger,
})
after(async () => {
  await agents.close()
  await server.close()
  await deps.jobs.stop()
})

const heard: BotMessage[] = []

/** A repository whose configuration lists the agent's key, or does not. */
async function know(
  id: number,
  { listed, called = `acme/gitops-${id}` }: { readonly listed: boolean; readonly called?: string },
): Promise<void> {
  const repository = guaranteed(parseRepoId(id))
  const name = guaranteed(parseRepoName(called))
  const defaultBranch = guaranteed(parseBranchName('main'))
  await knowRepository(deps.database, { id: repository, installation, name, defaultBranch, archived: false })
  const cluster = `path: here\n    agents: [${listed ? keys.agent.publicKey : ''}]`
  const configuration = parseConfiguration(`version: 1\nclusters:\n  production:\n    ${cluster}\n`)
  const head = guaranteed(parseCommitSha('a'.repeat(40)))
  await keepRepositoryReading(deps.database, repository, { head, doubts: 0, configuration, files: [] })
}

const settings = {
  url: server.url,
  repository: guaranteed(parseRepoName('acme/gitops-11')),
  cluster: guaranteed(parseClusterName('production')),
  key: keys.agent.pem,
  botKey: keys.bot.publicKey,
}

/** The agent of repository 11. */
async function connect(): Promise<BotLink> {
  return new Promise((connected) => {
    const link = connectToBot(settings, {
      log: silentLogger,
      now: () => new Date(),
      random: () => 0.5,
      on: {
        message: (message) => void heard.push(message),
        state: () => ({ version: '1.0.0', path: 'here' }),
        connected: () => setImmediate(() => connected(link)),
      },
    })
  })
}

beforeEach(async () => {
  await clear(deps)
  heard.length = 0
  await know(11, { listed: true })
})

describe('a refresh of the agents', () => {
  test('lets each tell its whole state, and gives the hint that it missed', async (t) => {
    const link = await connect()
    t.after(link.close)
    const hints = (): number => heard.filter(({ kind }) => kind === 'fetch').length
    await come(() => assert.equal(hints(), 1))
    await agents.refresh()
    await come(() => assert.ok(heard.some(({ kind }) => kind === 'report')))
    link.say({ kind: 'state', state: { version: '1.0.0', path: 'here' } })
    await come(() => assert.equal(hints(), 2))
  })

  test('ends the session of one whose key was taken out', async (t) => {
    const link = await connect()
    t.after(link.close)
    await come(() => assert.equal(agents.sessions().length, 1))
    await know(11, { listed: false })
    await agents.refresh()
    assert.deepEqual(agents.sessions(), [])
    await agents.settled()
  })

  const others = [
    ['other repositories list its key, too', async () => know(10, { listed: true })],
    ['its repository has another name now', async () => know(11, { listed: true, called: 'acme/renamed' })],
  ] as const
  for (const [what, change] of others) {
    test(`leaves one where it is, and lets it in again, though ${what}`, async (t) => {
      const session = () => agents.sessions().map(({ repository }) => repository)
      const link = await connect()
      await come(() => assert.deepEqual(session(), [11]))
      await agents.settled()
      await change()
      await agents.refresh()
      assert.deepEqual(session(), [11])
      await link.close()
      t.after((await connect()).close)
      await come(() => assert.deepEqual(session(), [11]))
      await agents.settled()
    })
  }
})

test('an agent speaks for no other repository that lists its key', async (t) => {
  await know(11, { listed: false })
  await know(12, { listed: true })
  const refused = new Promise<unknown>((resolve) => {
    const log = { ...silentLogger, warn: resolve }
    const on = { message: () => {}, state: () => ({ version: '1.0.0', path: 'here' }) }
    const link = connectToBot(settings, { log, now: () => new Date(), random: () => 0.5, on })
    t.after(link.close)
  })
  assert.partialDeepStrictEqual(await refused, { code: 4403 })
  assert.deepEqual(agents.sessions(), [])
})

test('without a key nobody is let in, and nothing is listened to', async () => {
  const nobody = openAgents(undefined, deps)
  await nobody.refresh()
  assert.deepEqual([nobody.upgrades, nobody.sessions()], [[], []])
})
