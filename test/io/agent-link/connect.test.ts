import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { suite, test } from 'node:test'
import { sealFrame } from '../../../src/core/agent-frames.ts'
import { formatBotMessage } from '../../../src/core/agent-protocol.ts'
import { parseKeyPair } from '../../../src/core/key-pair.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { type Agent, botKey, commit, happenings, otherKey, startAgent, startBot, startWire, state } from './ground.ts'
import { helloOf, type Raw, serveRaw, startRelay } from './raw.ts'

const botPair = guaranteed(parseKeyPair(botKey.pem))
const otherPair = guaranteed(parseKeyPair(otherKey.pem))
const sync = formatBotMessage({ kind: 'sync' })

suite('connectToBot turns away from a bot that', () => {
  const bots: readonly (readonly [what: string, meet: (raw: Raw) => Promise<void> | void, code: number])[] = [
    ['has another key', async (raw) => prove(raw, (said) => helloFrom(raw).answer(said, otherPair).proof), 4401],
    ['gives the agent’s own signature back', async (raw) => prove(raw, (said) => said), 4401],
    ['proves nothing', async (raw) => prove(raw, () => '{}'), 4401],
    ['says no hello', (raw) => raw.send('{}'), 4400],
    ['says bytes', (raw) => raw.send(Buffer.from(helloOf().text)), 4400],
    ['says too much', (raw) => raw.send(' '.repeat(5000)), 4400],
    ['has a nonce that is no key', (raw) => raw.send(changed({ nonce: Buffer.alloc(32).toString('base64url') })), 4400],
    ['has no time', (raw) => raw.send(changed({ time: 'soon' })), 4400],
    ['speaks only other versions', (raw) => raw.send(changed({ versions: [2, 3] })), 4426],
    ['closes during the handshake', (raw) => raw.socket.close(1001), 1001],
    ['is cut off during the handshake', (raw) => raw.socket.terminate(), 1006],
  ]
  for (const [what, meet, code] of bots) {
    test(what, async (t) => {
      const url = await serveRaw(t, meet)
      assert.deepEqual(await firstLogged(startAgent(t, url)), code)
    })
  }

  test('says nothing for ten seconds', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const reached = Promise.withResolvers<void>()
    const agent = startAgent(t, await serveRaw(t, () => reached.resolve()))
    await reached.promise
    t.mock.timers.tick(10_000)
    assert.deepEqual(await firstLogged(agent), 4408)
  })

  for (const status of [403, 404, 410, 503]) {
    test(`answers with status ${status}`, async (t) => {
      const server = createServer((_request, response) => response.writeHead(status).end())
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
      t.after(() => server.close())
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      assert.deepEqual(await firstLogged(startAgent(t, url)), 4000 + status)
    })
  }
})

test('connectToBot hears what the bot says right after its proof', async (t) => {
  const url = await serveRaw(t, async (raw) => {
    const hello = helloOf()
    raw.send(hello.text)
    const { proof, keys } = hello.answer((await raw.received.next()).toString(), botPair)
    raw.send(proof)
    raw.send(sealFrame(sync, keys.botToAgent, 0))
  })
  const { events } = startAgent(t, url)
  assert.deepEqual(
    [await events.next(), await events.next()],
    [{ kind: 'connected' }, { kind: 'told', message: { kind: 'sync' } }],
  )
})

test('connectToBot does nothing twice when the bot’s frame comes twice', async (t) => {
  const url = await serveRaw(t, async (raw) => {
    const hello = helloOf()
    raw.send(hello.text)
    const { proof, keys } = hello.answer((await raw.received.next()).toString(), botPair)
    raw.send(proof)
    for (const sequence of [0, 0, 1]) raw.send(sealFrame(sync, keys.botToAgent, sequence))
  })
  const { events } = startAgent(t, url)
  const kinds = [await events.next(), await events.next(), await events.next()].map(({ kind }) => kind)
  assert.deepEqual(kinds, ['connected', 'told', 'lost'])
})

suite('who stands between agent and bot', () => {
  test('cannot pass the agent on to another bot', async (t) => {
    const other = await startBot(t, { key: otherKey })
    const relay = await startRelay(t, other.url)
    assert.equal(await firstLogged(startAgent(t, relay.url)), 4401)
    assert.deepEqual(other.events.left(), [])
  })

  test('can carry what they say, and read none of it', async (t) => {
    const bot = await startBot(t)
    const relay = await startRelay(t, bot.url)
    const { events } = startAgent(t, relay.url)
    const event = await bot.events.next()
    event.session.say({ kind: 'fetch', commit })
    assert.deepEqual([(await events.next()).kind, (await events.next()).kind], ['connected', 'told'])
    const carried = Buffer.concat([...relay.toAgent.left(), ...relay.toBot.left()]).toString('latin1')
    assert.ok(!carried.includes(commit) && !carried.includes(state.path))
  })

  test('cannot repeat or add a word', async (t) => {
    const bot = await startBot(t)
    const relay = await startRelay(t, bot.url)
    const { events } = startAgent(t, relay.url)
    assert.equal((await bot.events.next()).kind, 'opened')
    assert.equal((await bot.events.next()).kind, 'said')
    assert.equal((await events.next()).kind, 'connected')
    const [, frame] = relay.toBot.left()
    assert.ok(frame !== undefined)
    relay.sendToBot(frame)
    assert.equal((await bot.events.next()).kind, 'closed')
    assert.equal((await events.next()).kind, 'lost')
  })
})

test('connectToBot asks the proxy that it is told for the way', async (t) => {
  const asked = happenings<string | undefined>()
  const proxy = createServer().on('connect', (request, socket) => {
    asked.add(request.url)
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve))
  t.after(() => proxy.close())
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const agent = startAgent(t, 'https://bot.example.com', { proxy: address })
  assert.equal(await asked.next(), 'bot.example.com:443')
  assert.equal(await firstLogged(agent), 1006)
})

test('both sides notice a connection that is open and dead', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  const bot = await startBot(t)
  const wire = await startWire(t, bot.url)
  const { events, link } = startAgent(t, wire.url)
  assert.equal((await bot.events.next()).kind, 'opened')
  assert.equal((await bot.events.next()).kind, 'said')
  assert.equal((await events.next()).kind, 'connected')
  wire.goSilent()
  t.mock.timers.tick(75_000)
  assert.equal((await bot.events.next()).kind, 'closed')
  assert.equal((await events.next()).kind, 'lost')
  assert.equal(link.connected(), false)
})

async function prove(raw: Raw, answer: (said: string) => string): Promise<void> {
  raw.send(helloFrom(raw).text)
  raw.send(answer((await raw.received.next()).toString()))
}

const hellos = new WeakMap<Raw, ReturnType<typeof helloOf>>()

/** The one hello of a connection. */
function helloFrom(raw: Raw): ReturnType<typeof helloOf> {
  const hello = hellos.get(raw) ?? helloOf()
  hellos.set(raw, hello)
  return hello
}

function changed(change: object): string {
  const hello: object = JSON.parse(helloOf().text)
  return JSON.stringify({ ...hello, ...change })
}

async function firstLogged({ events, link }: Agent): Promise<unknown> {
  const event = await events.next()
  assert.equal(link.connected(), false)
  return event.kind === 'logged' ? event.code : event
}
