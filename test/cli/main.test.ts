import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, describe, test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')
const folder = await mkdtemp(join(tmpdir(), 'lotse-cli-'))
after(async () => rm(folder, { recursive: true }))

type Ended = { readonly code: number | string; readonly stdout: string; readonly stderr: string }

/** `lotse` as somebody types it, in an empty folder and with no setting but these. */
function lotse(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const env = { PATH: process.env['PATH'], TMPDIR: tmpdir(), ...environment }
  return new Promise((ended) => {
    execFile(
      process.execPath,
      [join(root, 'src/cli/main.ts'), ...args],
      { cwd: folder, env },
      (error, stdout, stderr) => ended({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}

describe('lotse', () => {
  for (const args of [['--help'], ['-h'], ['help'], []]) {
    test(`${args.join(' ') || 'without a word more'} lists its commands`, async () => {
      const { code, stdout, stderr } = await lotse(args)
      assert.deepEqual([code, stderr], [0, ''])
      assert.match(stdout, /^Usage: lotse COMMAND/m)
      assert.match(stdout, /^ {2}bot +\S/m)
      assert.match(stdout, /^ {2}demo +\S/m)
    })
  }

  test('--version is that of the package', async () => {
    const { version }: { version: string } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    assert.deepEqual(await lotse(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' })
  })

  for (const [command, usage] of [
    ['bot', /^Usage: lotse bot$/m],
    ['demo', /^Usage: lotse demo .*push TAG/m],
  ] as const) {
    test(`${command} --help says how it is called, and does not begin`, async () => {
      const { code, stdout, stderr } = await lotse([command, '--help'])
      assert.deepEqual([code, stderr], [0, ''])
      assert.match(stdout, usage)
    })
  }

  const wrong: readonly (readonly [name: string, args: readonly string[], says: RegExp])[] = [
    ['an unknown command', ['bott'], /there is no command `bott`\n {2}lotse --help lists them/],
    ['a command that every object has', ['constructor'], /there is no command `constructor`/],
    ['an unknown option', ['bot', '--port', '1'], /--port.*\n {2}lotse bot --help/s],
    ['a word too many', ['bot', 'now'], /now.*\n {2}lotse bot --help/s],
    ['an option without its value', ['demo', '--registry'], /--registry.*\n {2}lotse demo --help/s],
  ]
  for (const [name, args, says] of wrong) {
    test(`with ${name} says so on stderr, and ends with 2`, async () => {
      const { code, stdout, stderr } = await lotse(args)
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, says)
    })
  }
})

describe('lotse bot', () => {
  test('says every setting that is missing at once, and ends with 1', async () => {
    const { code, stdout, stderr } = await lotse(['bot'])
    assert.deepEqual([code, stdout], [1, ''])
    for (const name of ['APP_ID', 'PRIVATE_KEY', 'WEBHOOK_SECRET'])
      assert.match(stderr, new RegExp(`^ +${name}: `, 'm'))
    assert.match(stderr, /docs\/settings\.md/)
    assert.doesNotMatch(stderr, /^ +at /m)
  })

  test('says every setting that is wrong at once, and no secret', async () => {
    const settings = { APP_ID: 'one', PORT: '99999', PRIVATE_KEY: 'my private key', WEBHOOK_SECRET: 'my short secret' }
    const { code, stderr } = await lotse(['bot'], settings)
    assert.equal(code, 1)
    for (const name of Object.keys(settings)) assert.match(stderr, new RegExp(`^ +${name}: `, 'm'))
    assert.doesNotMatch(stderr, /my private key|my short secret/)
  })
})

describe('lotse demo', () => {
  test('push without a running demo says how to start one', async () => {
    const { code, stdout, stderr } = await lotse(['demo', 'push', '1.2.3', '--registry', await nowhere()])
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(
      stderr,
      /no image could be pushed to http:\/\/127\.0\.0\.1:\d+\n {2}start the demo in another terminal/,
    )
  })

  for (const args of [['push'], ['push', '1.2.3', '1.2.4'], ['dance']]) {
    test(`${args.join(' ')} says what it can do`, async () => {
      const { code, stderr } = await lotse(['demo', ...args])
      assert.notEqual(code, 0)
      assert.match(stderr, /lotse demo push TAG/)
    })
  }

  test('--once tells its story to the end, and ends with 0', async () => {
    const { code, stdout, stderr } = await lotse(['demo', '--once'])
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /#1 “Auto-release eu\.gcr\.io\/project\/demo-service:1\.2\.1” is merged/)
    assert.match(stdout, /#2 “Auto-release eu\.gcr\.io\/project\/demo-service:1\.2\.2” is open/)
  })
})

/** Where nobody listens: a port that was free a moment ago. */
async function nowhere(): Promise<string> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return `http://127.0.0.1:${port}`
}
