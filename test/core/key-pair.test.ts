import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { suite, test } from 'node:test'
import { parseKeyPair, verifierOf } from '../../src/core/key-pair.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { Secret } from '../../src/core/secret.ts'

// From RFC 8032, 7.1, test 1; the line is what OpenSSH makes of its public key.
const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'
const known = {
  pem: pemOf(Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(seed, 'hex')])),
  line: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea',
}

suite('parseKeyPair', () => {
  test('gives the public key as OpenSSH writes it', () => {
    assert.equal(guaranteed(parseKeyPair(new Secret(known.pem))).publicKey, known.line)
  })

  test('gives a key whose signatures the public line verifies', () => {
    const { privateKey, publicKey } = guaranteed(parseKeyPair(new Secret(known.pem)))
    const said = Buffer.from('said')
    assert.ok(verify(undefined, said, verifierOf(publicKey), sign(undefined, said, privateKey)))
  })

  const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { publicKey } = generateKeyPairSync('ed25519')
  for (const [what, pem] of [
    ['nothing', ''],
    ['a text', 'geheim'],
    ['a key of another kind', ec.export({ format: 'pem', type: 'pkcs8' }).toString()],
    ['a public key', publicKey.export({ format: 'pem', type: 'spki' }).toString()],
    ['a cut key', known.pem.slice(0, 60)],
  ] as const) {
    test(`refuses ${what}, and says how to make one`, () => {
      assert.deepEqual(parseKeyPair(new Secret(pem)), {
        ok: false,
        problems: [
          {
            message: 'expected an Ed25519 private key in PEM (PKCS8), got something else',
            help: 'make one with `lotse key`',
          },
        ],
      })
    })
  }
})

function pemOf(der: Buffer): string {
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`
}
