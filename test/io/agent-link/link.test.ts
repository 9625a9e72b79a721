import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parsePullNumber } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { Secret } from '../../../src/core/secret.ts'
import { connectToBot } from '../../../src/io/agent-link/connect.ts'
import { silentLogger } from '../../../src/runtime/log.ts'
import {
  agentKey,
  type Bot,
  botKey,
  commit,
  gitops,
  otherKey,
  production,
  repository,
  startAgent,
  startBot,
  startWire,
  state,
} from './ground.ts'

const pull = guaranteed(parsePullNumber(7))

suite('the link between agent and bot', () => {
  test('tells the state first, then what is said on both sides', async (t) => {
    const bot = await startBot(t)
    const { link, events } = startAgent(t, bot.url)
    const session = await opened(bot)
    assert.deepEqual([session.repository, session.cluster, session.key], [repository, production, agentKey.publicKey])
    assert.deepEqual(await said(bot), { kind: 'state', state })
    assert.deepEqual(await events.next(), { kind: 'connected' })
    link.say({ kind: 'started', commit })
    assert.deepEqual(await said(bot), { kind: 'started', commit })
    session.say({ kind: 'fetch', commit })
    assert.deepEqual(await events.next(), { kind: 'told', message: { kind: 'fetch', commit } })
    assert.equal(bot.door.sessionOf(repository, production), session)
    assert.ok(link.connected())
  })

  test('brings a token to the agent, and to nobody else', async (t) => {
    const bot = await startBot(t)
    const { events } = startAgent(t, bot.url)
    const session = await opened(bot)
    await events.next()
    session.say({ kind: 'token', token: new Secret('ghs_secret'), expiresAt: '2026-01-01T00:00:00Z' })
    const told = await events.next()
    assert.ok(told.kind === 'told' && told.message.kind === 'token')
    assert.equal(told.message.token.reveal(), 'ghs_secret')
  })

  test('carries a question for each of a thousand pull requests, and the answers', async (t) => {
    const bot = await startBot(t)
    startAgent(t, bot.url, {
      onMessage(message, reply) {
        if (message.kind !== 'diff') return
        reply({ ...message, kind: 'diffed', result: { kind: 'failed', because: 'no git' } })
      },
    })
    const session = await opened(bot)
    await said(bot)
    const numbers = Array.from({ length: 1000 }, (_, at) => guaranteed(parsePullNumber(at + 1)))
    for (const number of numbers) session.say({ kind: 'diff', pull: number, base: commit, head: commit })
    for (const number of numbers) {
      const message = await said(bot)
      assert.ok(message.kind === 'diffed' && message.pull === number)
    }
  })

  test('lets a message be answered', async (t) => {
    const bot = await startBot(t)
    startAgent(t, bot.url, { onMessage: (_message, reply) => reply({ kind: 'state', state }) })
    const session = await opened(bot)
    await said(bot)
    session.say({ kind: 'report' })
    assert.deepEqual(await said(bot), { kind: 'state', state })
  })

  test('comes back after the bot has started again, and tells its state', async (t) => {
    const bot = await startBot(t)
    const { events } = startAgent(t, bot.url)
    await opened(bot)
    assert.deepEqual(await events.next(), { kind: 'connected' })
    await bot.stop()
    assert.deepEqual(await events.next(), { kind: 'lost' })
    const again = await startBot(t, { port: Number(new URL(bot.url).port) })
    await opened(again)
    assert.deepEqual(await said(again), { kind: 'state', state })
  })

  test('keeps the newest of each kind and pull request while there is no connection', async (t) => {
    const bot = await startBot(t)
    const wire = await startWire(t, bot.url)
    const { link, events } = startAgent(t, wire.url)
    await opened(bot)
    await said(bot)
    await events.next()
    wire.cut()
    assert.deepEqual(await events.next(), { kind: 'lost' })
    assert.equal(link.connected(), false)
    const failed = (because: string) =>
      ({ kind: 'diffed', pull, base: commit, head: commit, result: { kind: 'failed', because } }) as const
    link.say(failed('old'))
    link.say({ kind: 'started', commit })
    link.say(failed('new'))
    assert.equal((await bot.events.next()).kind, 'closed')
    await opened(bot)
    assert.deepEqual(
      [await said(bot), await said(bot), await said(bot)],
      [{ kind: 'state', state }, { kind: 'started', commit }, failed('new')],
    )
  })

  test('measures how far the clocks are apart', async (t) => {
    const bot = await startBot(t, { now: () => new Date('2026-01-01T10:00:00Z') })
    const { events } = startAgent(t, bot.url, { now: () => new Date('2026-01-01T09:00:00Z') })
    assert.deepEqual(await events.next(), { kind: 'skew', milliseconds: 3_600_000 })
    assert.deepEqual(await events.next(), { kind: 'connected' })
  })

  test('refuses a message that is too large before it is sent, and names its kind', async (t) => {
    const bot = await startBot(t)
    const { link } = startAgent(t, bot.url)
    await opened(bot)
    const result = { kind: 'failed', because: 'x'.repeat(1_048_576) } as const
    assert.throws(() => link.say({ kind: 'diffed', pull, base: commit, head: commit, result }), {
      message: /^expected a message of at most 1048576 bytes, got `diffed` with \d+$/,
    })
    await said(bot)
    link.say({ kind: 'started', commit })
    assert.deepEqual(await said(bot), { kind: 'started', commit })
  })

  test('goes on when a listener fails', async (t) => {
    const bot = await startBot(t)
    let times = 0
    startAgent(t, bot.url, {
      onMessage(_message, reply) {
        times += 1
        if (times === 1) throw new Error('the first time fails')
        reply({ kind: 'started', commit })
      },
    })
    const session = await opened(bot)
    await said(bot)
    session.say({ kind: 'sync' })
    session.say({ kind: 'sync' })
    assert.deepEqual(await said(bot), { kind: 'started', commit })
  })
})

suite('a session', () => {
  test('is replaced by a newer one of the same cluster, and the older agent is told', async (t) => {
    const bot = await startBot(t)
    const older = startAgent(t, bot.url)
    const first = await opened(bot)
    await said(bot)
    await older.events.next()
    startAgent(t, bot.url)
    assert.deepEqual(await bot.events.next(), { kind: 'closed', session: first })
    const second = await opened(bot)
    assert.deepEqual(await older.events.next(), { kind: 'lost' })
    assert.deepEqual(await older.events.next(), { kind: 'logged', code: 4409 })
    assert.deepEqual(bot.door.sessions(), [second])
    // Nobody hears it: the newer one is asked for its state by whoever wants to know.
    first.say({ kind: 'sync' })
  })

  test('ends when its key is no longer listed', async (t) => {
    const listed = new Set([agentKey.publicKey])
    const bot = await startBot(t, { admit: async ({ key }) => (listed.has(key) ? repository : undefined) })
    const { events } = startAgent(t, bot.url)
    const session = await opened(bot)
    await said(bot)
    await events.next()
    await bot.door.recheck()
    assert.deepEqual(bot.door.sessions(), [session])
    listed.clear()
    await bot.door.recheck()
    assert.deepEqual(bot.door.sessions(), [])
    assert.deepEqual(await bot.events.next(), { kind: 'closed', session })
    assert.deepEqual([await events.next(), await events.next()], [{ kind: 'lost' }, { kind: 'logged', code: 4403 }])
  })

  test('is not opened on what was read before the configuration changed', async (t) => {
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<typeof repository>()
    let times = 0
    const bot = await startBot(t, {
      async admit() {
        times += 1
        if (times > 1) return undefined
        asked.resolve()
        return answer.promise
      },
    })
    const { events } = startAgent(t, bot.url)
    await asked.promise
    await bot.door.recheck()
    answer.resolve(repository)
    assert.deepEqual(await events.next(), { kind: 'logged', code: 4403 })
    assert.deepEqual(bot.events.left(), [])
  })

  test('ends with the link', async (t) => {
    const bot = await startBot(t)
    const { link } = startAgent(t, bot.url)
    const session = await opened(bot)
    await said(bot)
    await link.close()
    assert.deepEqual(await bot.events.next(), { kind: 'closed', session })
    await link.close()
  })
})

suite('connectToBot', () => {
  const settings = {
    url: 'http://127.0.0.1:1',
    repository: gitops,
    cluster: production,
    key: agentKey.pem,
    botKey: otherKey.publicKey,
  }
  const deps = {
    log: silentLogger,
    now: () => new Date(),
    random: () => 0,
    on: { message: () => {}, state: () => state },
  }

  test('refuses an address that is none', () => {
    assert.throws(() => connectToBot({ ...settings, url: 'lotse.example.com' }, deps), {
      name: 'UserError',
      message: "expected the bot's address as https://HOST, got `lotse.example.com`",
    })
  })

  test('refuses a key that is none, without repeating it', () => {
    assert.throws(
      () => connectToBot({ ...settings, key: new Secret('geheim') }, deps),
      (error: Error) => {
        return error.name === 'UserError' && !error.message.includes('geheim')
      },
    )
  })

  test('can be closed while it waits for the next try', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const agent = startAgent(t, 'http://127.0.0.1:1', { expects: botKey })
    assert.equal((await agent.events.next()).kind, 'logged')
    await agent.link.close()
  })
})

async function opened(bot: Bot) {
  const event = await bot.events.next()
  assert.equal(event.kind, 'opened')
  return event.session
}

async function said(bot: Bot) {
  const event = await bot.events.next()
  assert.ok(event.kind === 'said', event.kind)
  return event.message
}
