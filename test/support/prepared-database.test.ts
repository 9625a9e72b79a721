import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { copyPrepared } from './prepared-database.ts'

test('copyPrepared makes once, and copies each time', async (t) => {
  const ground = await openGround(t)
  await ground.copy('one')
  await ground.copy('two')
  assert.equal(ground.made(), 1)
  assert.deepEqual(await ground.seen('two'), ['empty', 'text made 1'])
})

test('copyPrepared makes again what lost a file', async (t) => {
  const ground = await openGround(t)
  await ground.copy('one')
  await rm(join(ground.cache, 'folder/text'))
  await ground.copy('two')
  assert.deepEqual(await ground.seen('two'), ['empty', 'text made 2'])
})

test('copyPrepared makes again what lost its empty folder, the end of a file, or its list', async (t) => {
  const ground = await openGround(t)
  await ground.copy('one')
  await rm(join(ground.cache, 'folder/empty'), { recursive: true })
  await ground.copy('two')
  await truncate(join(ground.cache, 'folder/text'), 3)
  await ground.copy('three')
  await rm(join(ground.cache, 'files.json'))
  await ground.copy('four')
  assert.deepEqual(await ground.seen('four'), ['empty', 'text made 4'])
})

test('copyPrepared by many at once gives each a whole one, and leaves nothing behind', async (t) => {
  const ground = await openGround(t)
  const names = ['one', 'two', 'three', 'four', 'five']
  await Promise.all(names.map((name) => ground.copy(name)))
  for (const name of names) assert.equal((await ground.seen(name)).length, 2)
  assert.deepEqual((await readdir(ground.folder)).toSorted(), [...names, 'cache'].toSorted())
})

type Ground = {
  readonly folder: string
  readonly cache: string
  copy(name: string): Promise<void>
  seen(name: string): Promise<readonly string[]>
  made(): number
}

async function openGround(t: TestContext): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-prepared-'))
  t.after(() => rm(folder, { recursive: true }))
  const cache = join(folder, 'cache')
  let made = 0
  const make = async (to: string): Promise<void> => {
    made += 1
    await mkdir(join(to, 'empty'), { recursive: true })
    await writeFile(join(to, 'text'), `made ${made}`)
  }
  return {
    folder,
    cache,
    copy: (name) => copyPrepared({ cache, make, to: join(folder, name) }),
    seen: async (name) => {
      const names = (await readdir(join(folder, name))).toSorted()
      return Promise.all(
        names.map(async (file) =>
          file === 'text' ? `${file} ${await readFile(join(folder, name, file), 'utf8')}` : file,
        ),
      )
    },
    made: () => made,
  }
}
