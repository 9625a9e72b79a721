import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, watch } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, describe, test } from 'node:test'
import { UserError } from '../../src/core/user-error.ts'
import { startCluster } from '../../src/sandbox/cluster/cluster.ts'
import { getTools, sayMissing } from './shared-cluster.ts'

// A cluster of one's own: how it starts and ends. What it serves is in cluster.test.ts.

type Tools = Exclude<Awaited<ReturnType<typeof getTools>>, UserError>

const tools = await getTools()
if (tools instanceof UserError) {
  sayMissing('test/cluster/life.test.ts', `${tools.message}\n${tools.help}`)
} else {
  describe('the life of a cluster', () => lifeOfACluster(tools))
}

function lifeOfACluster(tools: Tools): void {
  for (const how of ['closes it', 'forgets to close it', 'throws', 'is killed with -9']) {
    test(`nothing is left of a cluster when its process ${how}`, async (t) => {
      const folder = await temporaryFolder(t)
      const script = join(import.meta.dirname, 'start-and-end.ts')
      const child = spawn(process.execPath, [script, JSON.stringify(tools), how], {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, TMPDIR: folder },
      })
      const url = (await text(child.stdout)).trim()
      assert.match(url, /^https:\/\/127\.0\.0\.1:\d+$/)
      await becomesEmpty(folder)
      await assert.rejects(fetch(url), (error: Error) => /ECONNREFUSED/.test(String(error.cause)))
    })
  }

  test('a start that is given up leaves nothing', async (t) => {
    const folder = await temporaryFolder(t)
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = folder
    t.after(() => {
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
    })
    const stop = new AbortController()
    const starting = startCluster({ tools, signal: stop.signal })
    const givenUp = assert.rejects(starting, { name: 'AbortError' })
    await becomesTrue(folder, (entries) => entries.some((entry) => entry.startsWith('lotse-kube-apiserver-')))
    stop.abort()
    await givenUp
    assert.deepEqual(await readdir(folder), [])
  })

  test('an etcd that does not start says why', async () => {
    const broken = { ...tools, etcd: { path: '/bin/false' } }
    await assert.rejects(startCluster({ tools: broken }), /^Error: etcd ended with 1/)
  })

  test('an API server that does not start says why', async (t) => {
    const taken = createServer()
    taken.listen(0, '127.0.0.1')
    await once(taken, 'listening')
    t.after(() => taken.close())
    const address = taken.address()
    assert.ok(typeof address === 'object' && address !== null)
    await assert.rejects(
      startCluster({ tools, port: address.port }),
      /kube-apiserver ended with 1:\n[^]*address already in use/,
    )
  })
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-life-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A daemon's folder goes after the daemon, so an empty folder means that no process is left. */
function becomesEmpty(folder: string): Promise<void> {
  return becomesTrue(folder, (entries) => entries.length === 0)
}

async function becomesTrue(folder: string, holds: (entries: readonly string[]) => boolean): Promise<void> {
  const stop = new AbortController()
  const changes = watch(folder, { signal: stop.signal })
  for (;;) {
    const next = changes[Symbol.asyncIterator]().next()
    // When it is aborted, nobody waits for it any more.
    next.catch(() => undefined)
    if (holds(await readdir(folder))) break
    await next
  }
  stop.abort()
}
