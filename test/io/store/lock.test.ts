import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openDatabase } from '../../../src/io/store/database.ts'
import { lockFolder } from '../../../src/io/store/lock.ts'

const folder = await mkdtemp(join(tmpdir(), 'lotse-lock-'))
after(async () => rm(folder, { recursive: true }))

test('a folder that another process holds is refused, with its id and what to do', async () => {
  const holder = await hold()
  await assert.rejects(lockFolder(folder), {
    name: 'UserError',
    message: `the data folder ${folder} is in use by process ${holder.pid} on ${hostname()}`,
    help: /DATABASE_URL/,
  })
  await kill(holder)
})

test('a folder whose holder was killed is free, whoever has its process id now', async () => {
  await kill(await hold())
  await writeFile(join(folder, 'lock.json'), JSON.stringify({ pid: process.pid, host: hostname() }))
  await (await lockFolder(folder)).release()
})

test('a folder is locked within one process too, and free after release', async () => {
  const lock = await lockFolder(folder)
  await assert.rejects(lockFolder(folder), { name: 'UserError' })
  await lock.release()
  await (await lockFolder(folder)).release()
})

test('a database in a folder keeps its rows, and its lock until it is closed', async () => {
  const place = { kind: 'folder', path: join(folder, 'data') } as const
  const first = await openDatabase(place, { schema: 'lotse' })
  await first.execute('create table kept (name text); insert into kept values (1)')
  await assert.rejects(openDatabase(place, { schema: 'lotse' }), { name: 'UserError' })
  await first.close()
  const second = await openDatabase(place, { schema: 'lotse' })
  assert.deepEqual([...(await second.query('select name from kept'))], [{ name: '1' }])
  await second.close()
})

async function hold(): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'lock-holder.ts')
  const holder = spawn(process.execPath, [script, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(holder.stdout, 'data')
  return holder
}

async function kill(holder: ChildProcess): Promise<void> {
  const exit = once(holder, 'exit')
  holder.kill('SIGKILL')
  await exit
}
