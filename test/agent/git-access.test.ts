import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Secret } from '../../src/core/secret.ts'
import { createGitAccess } from '../../src/agent/git-access.ts'

test('createGitAccess reads a token anew each time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-token-'))
  try {
    const file = join(folder, 'token')
    const access = createGitAccess({ kind: 'token', file }, () => true)
    for (const token of ['one', 'two']) {
      await writeFile(file, `${token}\n`)
      const credential = await access.credential()
      assert.equal(credential.kind === 'token' && credential.token.reveal(), token)
    }
    assert.equal(await access.refused(), false)
    await rm(file)
    await assert.rejects(access.credential(), /^UserError: the git token in .* cannot be read/)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('createGitAccess asks the bot after a refusal, and again after the next', async () => {
  const tokens = ['one', 'two']
  const access = createGitAccess({ kind: 'asked' }, () => {
    setImmediate(() => access.receive(new Secret(tokens.shift() ?? '')))
    return true
  })
  assert.deepEqual(await access.credential(), { kind: 'none' })
  for (const token of ['one', 'two']) {
    assert.equal(await access.refused(), true)
    const credential = await access.credential()
    assert.equal(credential.kind === 'token' && credential.token.reveal(), token)
  }
})

test('createGitAccess has nothing more to give when no bot is there', async () => {
  assert.equal(await createGitAccess({ kind: 'asked' }, () => false).refused(), false)
})
