import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startOnLifeline } from '../../../src/sandbox/tools/lifeline.ts'

const environment = { PATH: process.env['PATH'] }

test('a program that ends by itself gives its exit code', async () => {
  const running = startOnLifeline({
    program: '/bin/sh',
    args: ['-c', 'exit 7'],
    environment,
    output: ['ignore', 'ignore'],
  })
  assert.equal(await running.ended, 7)
  await running.end()
})

test('a program that is not there gives the exit code of a shell that did not find it', async () => {
  const running = startOnLifeline({ program: '/nowhere', args: [], environment, output: ['ignore', 'ignore'] })
  assert.equal(await running.ended, 127)
})

test('end() ends a program that would go on for ever, and removes its folder', async () => {
  const folder = await temporaryFolder()
  const running = startOnLifeline({
    program: 'sleep',
    args: ['1000'],
    environment,
    output: ['ignore', 'ignore'],
    remove: folder,
  })
  await running.end()
  assert.equal(await running.ended, 137)
  await assert.rejects(access(folder))
})

test('end() ends what the program has started', async () => {
  const running = startOnLifeline({
    program: '/bin/sh',
    args: ['-c', 'sleep 1000 & echo up; wait'],
    environment,
    output: ['pipe', 'ignore'],
  })
  const { stdout } = running.process
  assert.ok(stdout)
  await once(stdout, 'data')
  // It closes when nobody is left who could write to it.
  const nobodyLeft = once(stdout, 'close')
  await running.end()
  await nobodyLeft
})

for (const [how, end] of [
  ['is killed with -9', 'process.kill(process.pid, "SIGKILL")'],
  ['throws', 'throw new Error("of the test")'],
  ['exits', 'process.exit(0)'],
] as const) {
  test(`a program and its folder go when its starter ${how}`, async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'data'), 'of the program')
    const starter = spawn(process.execPath, ['--input-type=module-typescript', '-e', starting(folder, end)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    starter.stdout.resume()
    // The program writes to the same pipe: it closes when both are gone, and the one who removes the folder.
    await once(starter.stdout, 'close')
    await assert.rejects(access(folder))
  })
}

function starting(remove: string, end: string): string {
  const module = new URL('../../../src/sandbox/tools/lifeline.ts', import.meta.url).href
  const options = { program: '/bin/sh', args: ['-c', 'echo up; sleep 1000'], environment, remove }
  return `
    import { startOnLifeline } from ${JSON.stringify(module)}
    const running = startOnLifeline({ ...${JSON.stringify(options)}, output: [1, 'ignore'] })
    setTimeout(() => { ${end} }, 50)
  `
}

function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'lotse-lifeline-'))
}
