import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseAgentKey } from '../../../src/core/config/agent-key.ts'
import { agentKey, opensshKey } from './agent-keys.ts'

const key = agentKey('one')

suite('parseAgentKey', () => {
  test('reads a key that node:crypto has made', () => {
    const { publicKey } = generateKeyPairSync('ed25519')
    const made = opensshKey('ssh-ed25519', Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'))
    assert.deepEqual(parseAgentKey(made), { ok: true, value: made })
  })

  test('leaves the comment away', () => {
    assert.deepEqual(parseAgentKey(`${key} lotse agent, production`), { ok: true, value: key })
  })

  test('reads every key of 32 bytes, and none of another length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 28, maxLength: 36 }), (bytes) => {
        assert.equal(parseAgentKey(opensshKey('ssh-ed25519', bytes)).ok, bytes.length === 32)
      }),
    )
  })

  const refusals: readonly [what: string, text: string, message: RegExp][] = [
    ['nothing', '', /expected a public key/],
    ['an RSA key', opensshKey('ssh-rsa', Buffer.alloc(256)), /expected a public key/],
    ['another kind under our name', `ssh-ed25519 ${opensshKey('ssh-ed448', Buffer.alloc(32)).split(' ')[1]}`, /whole/],
    ['the blob alone', key.split(' ')[1] ?? '', /expected a public key/],
    ['two blanks', key.replace(' ', '  '), /whole/],
    ['a tab', key.replace(' ', '\t'), /whole/],
    ['a no-break space', key.replace(' ', '\u00a0'), /whole/],
    ['a blank before', ` ${key}`, /expected a public key/],
    ['a blank behind', `${key} `, /whole/],
    ['a line break behind', `${key}\n`, /whole/],
    ['two keys', `${key}\n${agentKey('two')}`, /whole/],
    ['a key cut off', key.slice(0, -1), /whole/],
    ['a key with one character more', `${key}A`, /whole/],
    ['options before the key', `command="x" ${key}`, /expected a public key/],
    ['base64 for URLs', key.replace(/.$/, '_'), /whole/],
    ['letters that only look alike', key.replace(/.$/, 'А'), /whole/],
  ]
  for (const [what, text, message] of refusals) {
    test(`refuses ${what}`, () => {
      const result = parseAgentKey(text)
      assert.ok(!result.ok)
      assert.match(result.problems[0].message, message)
      assert.ok(result.problems[0].help !== undefined)
    })
  }

  test('refuses a private key without repeating it', () => {
    const result = parseAgentKey(
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----',
    )
    assert.ok(!result.ok)
    assert.equal(result.problems[0].message, 'expected the public key of an agent, got a private key')
    assert.doesNotMatch(JSON.stringify(result), /b3Blb/)
  })
})
