import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, test } from 'node:test'
import { lotse } from './run-cli.ts'

const root = resolve(import.meta.dirname, '../..')

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
      assert.deepEqual(await lotse(['help', command]), { code, stdout, stderr })
    })
  }

  test('does not offer the demo where the sandbox is not, as in the image', async (t) => {
    const image = await mkdtemp(join(tmpdir(), 'lotse-image-'))
    t.after(async () => rm(image, { recursive: true }))
    const filter = (source: string): boolean => source !== join(root, 'src/sandbox')
    await cp(join(root, 'src'), join(image, 'src'), { recursive: true, filter })
    await writeFile(join(image, 'package.json'), '{ "type": "module" }')
    const program = join(image, 'src/cli/main.ts')
    assert.doesNotMatch((await lotse(['--help'], { program })).stdout, /demo/)
    assert.match((await lotse(['demo'], { program })).stderr, /there is no command `demo`/)
  })

  const wrong: readonly (readonly [name: string, args: readonly string[], says: RegExp])[] = [
    ['an unknown command', ['bott'], /there is no command `bott`\n {2}see `lotse --help`/],
    ['a command that every object has', ['constructor'], /there is no command `constructor`/],
    ['an unknown option', ['bot', '--port', '1'], /there is no option `--port`\n {2}see `lotse bot --help`/],
    ['a word too many', ['bot', 'now'], /expected nothing after `lotse bot`, got `now`\n {2}see `lotse bot --help`/],
    [
      'an option without its value',
      ['demo', '--registry'],
      /the option `--registry` needs a value\n {2}see `lotse demo --help`/,
    ],
    ['an option in the place of a value', ['demo', '--registry', '--once'], /`--registry` needs a value/],
    ['an option with a value that takes none', ['demo', '--once=yes'], /the option `--once` takes no value/],
    ['help of an unknown command', ['help', 'bott'], /there is no command `bott`/],
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
    const { code, stderr } = await lotse(['bot'], { environment: settings })
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
    const { code, stdout, stderr } = await lotse(['demo', '--once', '--no-cluster'])
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
