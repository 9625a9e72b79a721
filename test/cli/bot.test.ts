import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { lotse } from './run-cli.ts'

const folder = await mkdtemp(join(tmpdir(), 'lotse-bot-'))
const taken = createServer().listen(0, '127.0.0.1')
await once(taken, 'listening')
after(async () => {
  taken.close()
  await rm(folder, { recursive: true })
})
await writeFile(join(folder, 'file'), '')
const { port } = taken.address() as AddressInfo

const healthy = {
  APP_ID: '1',
  PRIVATE_KEY: generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  }).privateKey,
  WEBHOOK_SECRET: 'x'.repeat(32),
  HOST: '127.0.0.1',
  PORT: '0',
  DATA_DIR: join(folder, 'data'),
}

const wrong: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  ['a port that is taken', { PORT: `${port}` }, /^lotse: expected a free port, but \d+ on 127.0.0.1 is in use\n.*PORT/],
  ['a data folder that is a file', { DATA_DIR: join(folder, 'file') }, /^lotse: .*\/file` \(ENOTDIR\)\n.*DATA_DIR/],
  [
    'a database that does not answer',
    { DATABASE_URL: 'postgres://lotse:hidden@127.0.0.1:1/lotse' },
    /^lotse: the PostgreSQL server on 127.0.0.1:1 cannot be reached \(ECONNREFUSED\)\n.*DATABASE_URL/,
  ],
  ['a blank setting', { WEBHOOK_SECRET: ' ' }, /^lotse: the settings are wrong:\n {2}WEBHOOK_SECRET: expected a value/],
]
for (const [name, variables, message] of wrong) {
  test(`lotse bot ends with a sentence that names the setting: ${name}`, async () => {
    const { code, stdout, stderr } = await lotse(['bot'], { environment: { ...healthy, ...variables } })
    assert.match(stderr, message)
    assert.deepEqual([code, stdout], [1, ''])
    assert.doesNotMatch(stderr, /hidden|^ +at /m)
  })
}
