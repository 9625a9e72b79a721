import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { provesSecret } from '../../../src/core/image/registry-notification-proof.ts'
import { Secret } from '../../../src/core/secret.ts'

const secret = 'a secret of thirty-two bytes or more'
const body = Buffer.from('{"events":[]}')
const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`
const signature = (algorithm: string, key = secret, of = body): string =>
  createHmac(algorithm, key).update(of).digest('hex')

const rows: readonly (readonly [
  name: string,
  headers: Readonly<Record<string, string | string[]>>,
  proves: boolean,
])[] = [
  ['a bearer token', { authorization: `Bearer ${secret}` }, true],
  ['the secret alone', { authorization: secret }, true],
  ['a password of anybody', { authorization: basic(`registry:${secret}`) }, true],
  ['a password of nobody', { authorization: basic(`:${secret}`) }, true],
  ['a signature of GitHub', { 'x-hub-signature-256': `sha256=${signature('sha256')}` }, true],
  ['a signature of Nexus', { 'x-nexus-webhook-signature': signature('sha1') }, true],
  ['a header of its own', { 'x-webhook-secret': secret }, true],
  ['the right one beside a wrong one', { authorization: 'Bearer x', 'x-webhook-secret': secret }, true],
  ['a scheme in small letters', { authorization: `bearer ${secret}` }, true],
  ['a scheme in capital letters, and two spaces', { authorization: `BEARER  ${secret}` }, true],
  ['a user name and password in small letters', { authorization: basic(`registry:${secret}`).replace('B', 'b') }, true],
  ['a scheme without a space', { authorization: `Bearer${secret}` }, false],
  ['a scheme alone', { authorization: 'bearer' }, false],
  ['nothing', {}, false],
  ['an empty header', { authorization: '' }, false],
  ['another token', { authorization: 'Bearer another' }, false],
  ['the beginning of the secret', { authorization: `Bearer ${secret.slice(0, -1)}` }, false],
  ['more than the secret', { authorization: `Bearer ${secret}x` }, false],
  ['the secret as user name', { authorization: basic(`${secret}:`) }, false],
  ['a user name and no password', { authorization: basic('registry') }, false],
  ['a password that begins like the secret', { authorization: basic(`registry:${secret}:x`) }, false],
  ['the secret of several headers', { 'x-webhook-secret': [secret, secret] }, false],
  ['a signature by another secret', { 'x-hub-signature-256': `sha256=${signature('sha256', 'x')}` }, false],
  [
    'a signature of another body',
    { 'x-hub-signature-256': `sha256=${signature('sha256', secret, Buffer.from('{}'))}` },
    false,
  ],
  ['a weaker signature of GitHub', { 'x-hub-signature': `sha1=${signature('sha1')}` }, false],
  ['a weaker signature where the stronger one belongs', { 'x-hub-signature-256': `sha1=${signature('sha1')}` }, false],
]

for (const [name, headers, proves] of rows) {
  test(`provesSecret says ${proves ? 'yes' : 'no'} to ${name}`, () => {
    assert.equal(provesSecret(new Secret(secret), { headers, body }), proves)
  })
}

test('provesSecret believes nobody who does not know it', () => {
  const name = fc.constantFrom('authorization', 'x-hub-signature-256', 'x-nexus-webhook-signature', 'x-webhook-secret')
  fc.assert(
    fc.property(
      fc.dictionary(
        name,
        fc.oneof(
          fc.string(),
          fc.base64String().map((text) => `Basic ${text}`),
        ),
      ),
      (headers) => {
        assert.equal(provesSecret(new Secret(secret), { headers, body }), false)
      },
    ),
  )
})
