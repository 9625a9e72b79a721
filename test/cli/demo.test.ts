import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, describe, test } from 'node:test'
import { lotse, startLotse } from './run-cli.ts'

describe('lotse demo', () => {
  test('stays up, merges what is pushed to it, and leaves nothing behind', async (t) => {
    const demo = await startDemo(t)
    const story = await demo.untilSaid(/Ctrl-C ends it/)
    assert.match(story, /git clone http:\/\/alice:\w+@127\.0\.0\.1:\d+\/acme\/gitops\.git/)
    const registry = /(http:\S+)\/v2\/_catalog/.exec(story)?.[1] ?? ''
    assert.equal((await lotse(['demo', 'push', '1.2.3', '--registry', registry])).code, 0)
    await demo.untilSaid(/● CI says yes to #2\n(?:● .*\n)*● #2 “[^”]+:1\.2\.3” is merged\n/)
    assert.equal(await demo.end(() => demo.process.kill('SIGINT')), 0)
    assert.deepEqual(await readdir(demo.folder), [])
  })

  test('ends in the middle of its story, too, and leaves nothing behind', async (t) => {
    const demo = await startDemo(t)
    await demo.untilSaid(/are up/)
    assert.equal(await demo.end(() => demo.process.kill('SIGINT')), 130)
    assert.deepEqual(await readdir(demo.folder), [])
  })

  test('ends when nobody reads any more, and leaves nothing behind', async (t) => {
    const demo = await startDemo(t)
    await demo.untilSaid(/Lotse/)
    await demo.end(() => demo.process.stdout.destroy())
    assert.deepEqual(await readdir(demo.folder), [])
  })

  test('removes what killed demos have left, and nothing else', async (t) => {
    const demo = await startDemo(t, async (folder) => {
      await mkdir(join(folder, 'lotse-demo-dead'))
      await writeFile(join(folder, 'lotse-demo-dead', 'lock'), '')
      await mkdir(join(folder, 'lotse-demo-new'))
      await mkdir(join(folder, 'other'))
    })
    await demo.untilSaid(/are up/)
    const others = (await readdir(demo.folder)).filter((name) => /-(?:dead|new)$|^other$/.test(name))
    assert.deepEqual(others.toSorted(), ['lotse-demo-new', 'other'])
    await demo.end(() => demo.process.kill('SIGTERM'))
  })

  const wrong: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [['a b'], /expected a tag such as `1\.2\.3`, got `a b`\n {2}see `lotse demo --help`/],
    [['1.2.3', '--registry', 'here'], /expected an address such as `.*` after `--registry`, got `here`/],
  ]
  for (const [args, says] of wrong) {
    test(`push refuses ${args.join(' ')}`, async () => {
      const { code, stderr } = await lotse(['demo', 'push', ...args])
      assert.equal(code, 2)
      assert.match(stderr, says)
    })
  }
})

type Demo = {
  readonly process: ChildProcessWithoutNullStreams
  /** Where it makes its temporary folder. */
  readonly folder: string
  /** All that it has said, once that matches. */
  untilSaid(pattern: RegExp): Promise<string>
  /** Its exit code. */
  end(how: () => unknown): Promise<number | null>
}

async function startDemo(t: TestContext, prepare: (folder: string) => Promise<void> = async () => {}): Promise<Demo> {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-test-demo-'))
  await prepare(folder)
  const child = startLotse(['demo', '--no-cluster'], { environment: { TMPDIR: folder } })
  const ended = once(child, 'exit') as Promise<[number | null]>
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true })
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  return {
    process: child,
    folder,
    async untilSaid(pattern) {
      while (!pattern.test(said)) {
        const over = await Promise.race([
          once(child.stdout, 'data', { signal: t.signal }).then(() => false),
          ended.then(() => true),
        ])
        if (over && !pattern.test(said)) assert.fail(`the demo ended without ${String(pattern)}:\n${said}`)
      }
      return said
    },
    async end(how) {
      how()
      return (await ended)[0]
    },
  }
}
