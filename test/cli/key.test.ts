import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { parseAgentKey } from '../../src/core/config/agent-key.ts'
import { lotse } from './run-cli.ts'

suite('lotse key', () => {
  test('writes a private key for its owner only, and prints the public line', async (t) => {
    const file = join(await folder(t), 'agent.key')
    const { code, stdout } = await lotse(['key', '--out', file])
    assert.equal(code, 0)
    assert.deepEqual(parseAgentKey(stdout.trimEnd()), { ok: true, value: stdout.trimEnd() })
    assert.match(await readFile(file, 'utf8'), /^-----BEGIN PRIVATE KEY-----\n/)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual(await lotse(['key', '--public', file]), { code: 0, stdout, stderr: '' })
  })

  test('never overwrites a file', async (t) => {
    const file = join(await folder(t), 'agent.key')
    await writeFile(file, 'dear')
    const { code, stdout, stderr } = await lotse(['key', '--out', file])
    assert.deepEqual([code, stdout, await readFile(file, 'utf8')], [1, '', 'dear'])
    assert.match(stderr, /^lotse: expected a new file, but `.*` is there already\n {2}Choose another file/)
  })

  test('refuses a key of another kind, and does not repeat it', async (t) => {
    const file = join(await folder(t), 'other.key')
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(file, privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const { code, stderr } = await lotse(['key', '--public', file])
    assert.equal(code, 1)
    assert.match(stderr, /expected an Ed25519 private key in PEM \(PKCS8\), got something else/)
    assert.doesNotMatch(stderr, /BEGIN/)
  })

  const wrong: readonly (readonly [what: string, args: readonly string[], code: number, says: RegExp])[] = [
    ['a file that is not there', ['--public', '/nowhere/key'], 1, /could not be read \(ENOENT\)/],
    ['a folder that is not there', ['--out', '/nowhere/key'], 1, /could not be written to `\/nowhere\/key` \(ENOENT\)/],
    ['both at once', ['--out', 'a', '--public', 'b'], 2, /expected `--out` or `--public`, got both/],
    ['a word', ['agent.key'], 2, /expected options only, got `agent.key`/],
  ]
  for (const [what, args, expected, says] of wrong) {
    test(`refuses ${what}`, async () => {
      const { code, stdout, stderr } = await lotse(['key', ...args])
      assert.deepEqual([code, stdout], [expected, ''])
      assert.match(stderr, says)
    })
  }
})

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'lotse-key-'))
  t.after(async () => rm(path, { recursive: true }))
  return path
}
