import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublicAddress, whyNotPublic } from '../../../src/io/registry/public-address.ts'
import { RegistryUnavailable } from '../../../src/io/registry/unavailable.ts'

const inside = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '::ffff:8.8.8.8',
  '::127.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b::10.1.2.3',
  '64:ff9b::7f00:1',
  '64:ff9b::',
  '64:ff9b::1:808:808',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:a9fe:a9fe::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  'not an address',
  '',
]
const outside = [
  '1.1.1.1',
  '8.8.8.8',
  '172.15.0.1',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700::1111',
  '64:ff9b::808:808',
  '64:ff9b::8.8.8.8',
  '64:ff9b::172.15.0.1',
  '2a00:1450:4001::1',
]

for (const address of inside)
  test(`isPublicAddress says no to ${JSON.stringify(address)}`, () => assert.equal(isPublicAddress(address), false))
for (const address of outside)
  test(`isPublicAddress says yes to ${address}`, () => assert.equal(isPublicAddress(address), true))

const rows: readonly (readonly [
  name: string,
  url: string,
  addresses: readonly string[],
  expected: RegExp | undefined,
])[] = [
  ['a public host', 'https://storage.example.org/x', ['8.8.8.8', '2606:4700::1'], undefined],
  ['a public address', 'https://8.8.8.8/x', [], undefined],
  ['plain http', 'http://storage.example.org/x', ['8.8.8.8'], /not https/],
  ['a file', 'file:///etc/passwd', [], /not https/],
  ['credentials', 'https://a:b@storage.example.org/', ['8.8.8.8'], /credentials/],
  ['a name for an address inside', 'https://metadata.example.org/', ['169.254.169.254'], /not a public one/],
  ['a name for addresses inside and outside', 'https://x.example.org/', ['8.8.8.8', 'fd00::1'], /not a public one/],
  ['a name without addresses', 'https://x.example.org/', [], /not a public one/],
  ['an address as one number', 'https://2852039166/', [], /not a public one/],
  ['an octal address', 'https://0251.0376.0251.0376/', [], /not a public one/],
  ['a hexadecimal address', 'https://0xa9fea9fe/', [], /not a public one/],
  ['a short address', 'https://127.1/', [], /not a public one/],
  ['a mapped address', 'https://[::ffff:169.254.169.254]/', [], /not a public one/],
  ['a translated address', 'https://[64:ff9b::169.254.169.254]/', [], /not a public one/],
  ['a public host where all is IPv6', 'https://x.example.org/', ['64:ff9b::808:808'], undefined],
  ['the address of this machine', 'https://[::1]:8443/', [], /not a public one/],
]

for (const [name, url, addresses, expected] of rows) {
  test(`whyNotPublic knows ${name}`, async () => {
    const why = await whyNotPublic(new URL(url), () => Promise.resolve(addresses))
    if (expected === undefined) assert.equal(why, undefined)
    else assert.match(why ?? '', expected)
  })
}

test('nothing is known of a name that cannot be looked up', async () => {
  const lookup = (): Promise<never> => Promise.reject(new Error('no name server'))
  await assert.rejects(whyNotPublic(new URL('https://x.example.org'), lookup), RegistryUnavailable)
})
