import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { formatAgentMessage } from '../../../src/core/agent-protocol.ts'
import { parseClusterName } from '../../../src/core/ids.ts'
import { parseKeyPair } from '../../../src/core/key-pair.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { type Bot, commit, otherKey, repository, startBot } from './ground.ts'
import { type Claiming, claimFor, dialRaw, enterRaw, type RawAgent } from './raw.ts'

const otherPair = guaranteed(parseKeyPair(otherKey.pem))
const staging = guaranteed(parseClusterName('staging'))
const started = formatAgentMessage({ kind: 'started', commit })

suite('acceptAgents lets nobody in who', () => {
  const claims: readonly (readonly [who: string, claiming: Claiming, code: number])[] = [
    ['has a key that no configuration lists', { key: otherKey.publicKey, signer: otherPair }, 4403],
    ['claims another’s key', { signer: otherPair }, 4401],
    ['names another cluster', { cluster: staging }, 4403],
    ['signed for another bot', { botKey: otherKey.publicKey }, 4401],
    ['speaks another version', { version: 2 }, 4426],
  ]
  for (const [who, claiming, code] of claims) {
    test(who, async (t) => {
      const bot = await startBot(t)
      const raw = await dialRaw(t, bot.url)
      raw.send(claimFor((await raw.received.next()).toString(), claiming).text)
      assert.equal(await raw.closed, code)
      assert.deepEqual(bot.events.left(), [])
    })
  }

  const fields: readonly (readonly [who: string, change: object, code: number])[] = [
    ['changed the cluster after it was signed', { cluster: 'staging' }, 4401],
    ['changed the nonce after it was signed', { nonce: Buffer.alloc(32, 9).toString('base64url') }, 4401],
    ['leaves out the signature', { signature: undefined }, 4400],
    ['has a signature that is too short', { signature: 'AAAA' }, 4400],
    ['has a cluster that is none', { cluster: '../x' }, 4400],
    ['has a key of another kind', { key: 'ssh-rsa AAAA' }, 4400],
  ]
  for (const [who, change, code] of fields) {
    test(who, async (t) => {
      const bot = await startBot(t)
      const raw = await dialRaw(t, bot.url)
      const claim: object = JSON.parse(claimFor((await raw.received.next()).toString()).text)
      raw.send(JSON.stringify({ ...claim, ...change }))
      assert.equal(await raw.closed, code)
    })
  }

  const firsts: readonly (readonly [who: string, first: string | Buffer, code: number])[] = [
    ['sends no JSON', 'hello', 4400],
    ['sends nothing in it', '', 4400],
    ['sends null', 'null', 4400],
    ['sends bytes', Buffer.from('{}'), 4400],
    ['sends more than a claim', JSON.stringify('x'.repeat(5000)), 4400],
    ['sends deep JSON', '['.repeat(4096), 4400],
    ['sends more than a frame may hold', 'x'.repeat(1_100_000), 1009],
  ]
  for (const [who, first, code] of firsts) {
    test(who, async (t) => {
      const bot = await startBot(t)
      const raw = await dialRaw(t, bot.url)
      raw.send(first)
      assert.equal(await raw.closed, code)
    })
  }

  test('repeats the claim of another connection', async (t) => {
    const bot = await startBot(t)
    const [good, thief] = await Promise.all([dialRaw(t, bot.url), dialRaw(t, bot.url)])
    const { text } = claimFor((await good.received.next()).toString())
    good.send(text)
    assert.equal((await bot.events.next()).kind, 'opened')
    thief.send(text)
    assert.equal(await thief.closed, 4401)
    assert.equal(bot.door.sessions().length, 1)
  })

  test('says nothing for ten seconds', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const bot = await startBot(t)
    const raw = await dialRaw(t, bot.url)
    await raw.received.next()
    t.mock.timers.tick(10_000)
    assert.equal(await raw.closed, 4408)
  })

  test('goes away while it is looked up', async (t) => {
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<typeof repository>()
    const bot = await startBot(t, {
      async admit() {
        asked.resolve()
        return answer.promise
      },
    })
    const raw = await dialRaw(t, bot.url)
    raw.send(claimFor((await raw.received.next()).toString()).text)
    await asked.promise
    raw.socket.close()
    await raw.closed
    answer.resolve(repository)
    await enterRaw(t, bot.url)
    assert.deepEqual(
      bot.events.left().map(({ kind }) => kind),
      ['opened'],
    )
  })

  test('comes while it cannot be told who may', async (t) => {
    const bot = await startBot(t, {
      async admit() {
        throw new Error('the store is away')
      },
    })
    const raw = await dialRaw(t, bot.url)
    raw.send(claimFor((await raw.received.next()).toString()).text)
    assert.equal(await raw.closed, 4500)
  })

  test('comes as the 65th that has proved nothing', async (t) => {
    const bot = await startBot(t)
    const idle = await Promise.all(Array.from({ length: 64 }, async () => dialRaw(t, bot.url)))
    await assert.rejects(dialRaw(t, bot.url), /503/)
    idle[0]?.send('no claim')
    await idle[0]?.closed
    await enterRaw(t, bot.url)
    assert.equal(bot.door.sessions().length, 1)
  })
})

suite('a session ends, and nothing more of it is heard, at', () => {
  type Frames = (raw: RawAgent) => readonly (string | Buffer)[]
  const frames: readonly (readonly [what: string, frames: Frames, heard: number, code: number])[] = [
    ['a frame that is repeated', ({ seal }) => [seal(started, 0), seal(started, 0), seal(started, 1)], 1, 4400],
    ['a number that is skipped', ({ seal }) => [seal(started, 1)], 0, 4400],
    ['a frame that is changed', ({ seal }) => [seal(started, 0).fill(1, 8, 9)], 0, 4400],
    ['a frame that is cut', ({ seal }) => [seal(started, 0).subarray(0, 20)], 0, 4400],
    ['a text', () => [started], 0, 4400],
    ['a frame that is too large', () => [Buffer.alloc(1_100_000)], 0, 1009],
    ['too many messages', ({ seal }) => Array.from({ length: 5001 }, (_, at) => seal('', at)), 0, 4429],
  ]
  for (const [what, of, heard, code] of frames) {
    test(what, async (t) => {
      const bot = await startBot(t)
      const raw = await enterRaw(t, bot.url)
      assert.equal((await bot.events.next()).kind, 'opened')
      for (const frame of of(raw)) raw.send(frame)
      assert.equal(await raw.closed, code)
      assert.deepEqual(await kindsUntilClosed(bot), [...Array.from({ length: heard }, () => 'said'), 'closed'])
    })
  }

  test('a frame of an earlier connection', async (t) => {
    const bot = await startBot(t)
    const earlier = await enterRaw(t, bot.url)
    const recorded = earlier.seal(started, 0)
    const later = await enterRaw(t, bot.url)
    later.send(recorded)
    assert.equal(await later.closed, 4400)
  })

  test('its own words thrown back', async (t) => {
    const bot = await startBot(t)
    const raw = await enterRaw(t, bot.url)
    const event = await bot.events.next()
    event.session.say({ kind: 'sync' })
    raw.send(await raw.received.next())
    assert.equal(await raw.closed, 4400)
  })
})

suite('a session goes on after', () => {
  const texts = [
    '{}',
    'null',
    'x',
    '['.repeat(100_000),
    '{"kind":"from-the-future"}',
    '{"kind":"started","commit":"x"}',
  ]
  for (const text of texts) {
    test(`a message that is not understood: ${text.slice(0, 40)}`, async (t) => {
      const bot = await startBot(t)
      const raw = await enterRaw(t, bot.url)
      await bot.events.next()
      raw.send(raw.seal(text, 0))
      raw.send(raw.seal(started, 1))
      const event = await bot.events.next()
      assert.deepEqual(event.kind === 'said' && event.message, { kind: 'started', commit })
    })
  }
})

suite('heartbeats', () => {
  test('keep a quiet session', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
    const bot = await startBot(t)
    const raw = await enterRaw(t, bot.url)
    for (let beat = 0; beat < 8; beat += 1) {
      raw.send(raw.seal('', beat))
      t.mock.timers.tick(25_000)
      assert.equal(raw.open(await raw.received.next(), beat), '')
    }
    assert.equal(bot.door.sessions().length, 1)
  })

  test('that are missed twice end it', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
    const bot = await startBot(t)
    const raw = await enterRaw(t, bot.url)
    assert.equal((await bot.events.next()).kind, 'opened')
    t.mock.timers.tick(50_000)
    assert.equal(bot.door.sessions().length, 1)
    t.mock.timers.tick(25_000)
    assert.equal(await raw.closed, 1006)
    assert.deepEqual(await kindsUntilClosed(bot), ['closed'])
  })
})

async function kindsUntilClosed(bot: Bot): Promise<readonly string[]> {
  const { kind } = await bot.events.next()
  return kind === 'closed' ? [kind] : [kind, ...(await kindsUntilClosed(bot))]
}
