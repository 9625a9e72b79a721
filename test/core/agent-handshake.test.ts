import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import {
  chooseVersion,
  isSignedBy,
  nonceOf,
  parseAgentHello,
  parseBotHello,
  parseBotProof,
  sessionKeys,
  signAs,
  type Transcript,
} from '../../src/core/agent-handshake.ts'
import { parseClusterName, parseRepoName } from '../../src/core/ids.ts'
import { type KeyPair, parseKeyPair } from '../../src/core/key-pair.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { Secret } from '../../src/core/secret.ts'

const [agent, bot, other] = [newKey(), newKey(), newKey()] as const
const [agentOnce, botOnce] = [newNonce(), newNonce()] as const
const cluster = guaranteed(parseClusterName('production'))
const repository = guaranteed(parseRepoName('acme/gitops'))
const transcript: Transcript = {
  hello: '{"nonce":"…"}',
  claim: { version: 1, repository, cluster, key: agent.publicKey },
  agentNonce: nonceOf(agentOnce),
  botKey: bot.publicKey,
}
const { claim } = transcript

suite('isSignedBy', () => {
  const signature = signAs('agent', transcript, agent)
  const good = { key: agent.publicKey, who: 'agent', transcript } as const
  const cases: readonly (readonly [name: string, change: Partial<Signed>, signed: boolean])[] = [
    ['knows what was signed', {}, true],
    ['refuses another key', { key: other.publicKey }, false],
    ['refuses the other side', { who: 'bot' }, false],
    ['refuses another hello', { transcript: { ...transcript, hello: '{"nonce":"…" }' } }, false],
    ['refuses another nonce', { transcript: { ...transcript, agentNonce: nonceOf(botOnce) } }, false],
    ['refuses another bot', { transcript: { ...transcript, botKey: other.publicKey } }, false],
    ['refuses another version', { transcript: { ...transcript, claim: { ...claim, version: 2 } } }, false],
    [
      'refuses another claimed key',
      { transcript: { ...transcript, claim: { ...claim, key: other.publicKey } } },
      false,
    ],
    [
      'refuses another repository',
      { transcript: { ...transcript, claim: { ...claim, repository: guaranteed(parseRepoName('eve/gitops')) } } },
      false,
    ],
    [
      'refuses another cluster',
      { transcript: { ...transcript, claim: { ...claim, cluster: guaranteed(parseClusterName('staging')) } } },
      false,
    ],
  ]
  for (const [name, change, signed] of cases) {
    test(name, () => {
      const { key, who, transcript: seen } = { ...good, ...change }
      assert.equal(isSignedBy(key, who, { ...seen, signature }), signed)
    })
  }
})

test('isSignedBy tells two transcripts apart whose parts make one text', () => {
  const split = (version: number, name: string): Transcript => ({
    ...transcript,
    claim: { ...claim, version, cluster: guaranteed(parseClusterName(name)) },
  })
  const signature = signAs('agent', split(1, '1a'), agent)
  assert.equal(isSignedBy(agent.publicKey, 'agent', { ...split(11, 'a'), signature }), false)
})

suite('sessionKeys', () => {
  test('are the same on both sides, and two', () => {
    const mine = sessionKeys(agentOnce, nonceOf(botOnce), transcript)
    assert.deepEqual(sessionKeys(botOnce, nonceOf(agentOnce), transcript), mine)
    assert.notDeepEqual(mine?.agentToBot, mine?.botToAgent)
    assert.equal(mine?.agentToBot.length, 32)
  })

  test('are others for another transcript', () => {
    const mine = sessionKeys(agentOnce, nonceOf(botOnce), transcript)
    assert.notDeepEqual(sessionKeys(agentOnce, nonceOf(botOnce), { ...transcript, hello: '{}' }), mine)
  })

  test('are not made with a point of small order', () => {
    const weak = Buffer.alloc(32).toString('base64url')
    assert.equal(sessionKeys(agentOnce, weak, transcript), undefined)
  })
})

test('chooseVersion takes the newest in common, or none', () => {
  assert.deepEqual([chooseVersion([1]), chooseVersion([3, 2, 1]), chooseVersion([2, 3])], [1, 1, undefined])
})

suite('the parsers of the handshake', () => {
  const nonce = nonceOf(agentOnce)
  const signature = signAs('agent', transcript, agent)
  const hello = { nonce, versions: [1], time: '2026-01-01T00:00:00.000Z' }
  const answer = { version: 1, repository, cluster, key: agent.publicKey, nonce, signature }

  test('read what was written', () => {
    assert.deepEqual(parseBotHello(JSON.stringify(hello)), { ok: true, value: hello })
    assert.deepEqual(parseAgentHello(JSON.stringify(answer)), { ok: true, value: answer })
    assert.deepEqual(parseBotProof(JSON.stringify({ signature })), { ok: true, value: { signature } })
  })

  const wrong: readonly (readonly [what: string, parse: (text: string) => { readonly ok: boolean }, value: object])[] =
    [
      ['a nonce that is too short', parseBotHello, { ...hello, nonce: nonce.slice(2) }],
      ['a nonce in another spelling', parseBotHello, { ...hello, nonce: `${nonce}=` }],
      ['no versions', parseBotHello, { ...hello, versions: [] }],
      ['too many versions', parseBotHello, { ...hello, versions: Array.from({ length: 17 }, () => 1) }],
      ['versions that are none', parseBotHello, { ...hello, versions: ['1'] }],
      ['a time that is none', parseBotHello, { ...hello, time: 'now' }],
      ['a version that is none', parseAgentHello, { ...answer, version: 1.5 }],
      ['a repository that is none', parseAgentHello, { ...answer, repository: 'gitops' }],
      ['a cluster that is none', parseAgentHello, { ...answer, cluster: 'a b' }],
      ['a key that is none', parseAgentHello, { ...answer, key: 'ssh-ed25519 AAAA' }],
      ['a signature that is too long', parseBotProof, { signature: `${signature}AA` }],
      ['more than a hello', parseBotHello, { ...hello, more: 'x'.repeat(5000) }],
    ]
  for (const [what, parse, value] of wrong) {
    test(`refuse ${what}`, () => assert.equal(parse(JSON.stringify(value)).ok, false))
  }

  test('are total', () => {
    const texts = fc.oneof(fc.string(), fc.json(), fc.constant('['.repeat(4000)), fc.constant('{"__proto__":1}'))
    fc.assert(
      fc.property(texts, (text) => {
        for (const parse of [parseBotHello, parseAgentHello, parseBotProof]) assert.equal(parse(text).ok, false)
      }),
    )
  })
})

type Signed = { readonly key: typeof agent.publicKey; readonly who: 'agent' | 'bot'; readonly transcript: Transcript }

function newKey(): KeyPair {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  return guaranteed(parseKeyPair(new Secret(pem)))
}

function newNonce() {
  return generateKeyPairSync('x25519').privateKey
}
