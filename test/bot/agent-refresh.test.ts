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
async function know(id: number, { listed }: { readonly listed: boolean }): Promise<void> {
  const repository = guaranteed(parseRepoId(id))
  const name = guaranteed(parseRepoName(`acme/gitops-${id}`))
  const defaultBranch = guaranteed(parseBranchName('main'))
  await knowRepository(deps.database, { id: repository, installation, name, defaultBranch, archived: false })
  const cluster = `path: here\n    agents: [${listed ? keys.agent.publicKey : ''}]`
  const configuration = parseConfiguration(`version: 1\nclusters:\n  production:\n    ${cluster}\n`)
  const head = guaranteed(parseCommitSha('a'.repeat(40)))
  await keepRepositoryReading(deps.database, repository, { head, doubts: 0, configuration, files: [] })
}

async function connect(): Promise<BotLink> {
  const cluster = guaranteed(parseClusterName('production'))
  const settings = { url: server.url, cluster, key: keys.agent.pem, botKey: keys.bot.publicKey }
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

  const changes = [
    ['whose key was taken out', async () => know(11, { listed: false })],
    [
      'whose key a second repository lists, so that nobody knows which is meant',
      async () => know(12, { listed: true }),
    ],
  ] as const
  for (const [name, change] of changes) {
    test(`ends the session of one ${name}`, async (t) => {
      const link = await connect()
      t.after(link.close)
      await come(() => assert.equal(agents.sessions().length, 1))
      await change()
      await agents.refresh()
      assert.deepEqual(agents.sessions(), [])
      await agents.settled()
    })
  }
})

test('without a key nobody is let in, and nothing is listened to', async () => {
  const nobody = openAgents(undefined, deps)
  await nobody.refresh()
  assert.deepEqual([nobody.upgrades, nobody.sessions()], [[], []])
})
