import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeFolder } from '../../../src/io/store/folder.ts'
import { lockFolder } from '../../../src/io/store/lock.ts'

const root = await mkdtemp(join(tmpdir(), 'lotse-folder-'))
after(async () => rm(root, { recursive: true }))

test('makeFolder makes what is missing above, and takes what is there', async () => {
  await makeFolder(join(root, 'a', 'b'))
  await makeFolder(join(root, 'a', 'b'))
  assert.ok(existsSync(join(root, 'a', 'b')))
})

await writeFile(join(root, 'file'), '')
// In `/proc` nobody can make a folder, not even root.
for (const folder of [join(root, 'file'), join(root, 'file', 'below'), '/proc/x/y']) {
  test(`makeFolder refuses ${folder.replace(root, '…')}, and names the setting`, async () => {
    await assert.rejects(makeFolder(folder), {
      name: 'UserError',
      message: /^expected a folder to keep data in, got `.*` \([A-Z]+\)$/,
      help: /DATA_DIR/,
    })
  })
}

test('lockFolder refuses a folder whose lock cannot be written, and names the setting', async () => {
  await mkdir(join(root, 'locked', 'lock'), { recursive: true })
  await assert.rejects(lockFolder(join(root, 'locked')), {
    name: 'UserError',
    message: /\(unable to open database file\)$/,
    help: /DATA_DIR/,
  })
})
