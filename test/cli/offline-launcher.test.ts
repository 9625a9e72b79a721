import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { suite, test, type TestContext } from 'node:test'

const launcher = resolve(import.meta.dirname, '../../bin/lotse.js')

suite('bin/lotse.js', () => {
  test('runs the program in a Node that is new enough', async (t) => {
    const folder = await checkout(t, '>=18')
    assert.deepEqual(await run(folder, ['a', 'b c']), { code: 3, stdout: `${process.version} a,b c\n`, stderr: '' })
  })

  test('hands over to the Node of the checkout where its own is too old', async (t) => {
    const folder = await checkout(t, '>=999.1')
    await mkdir(join(folder, 'node_modules/node/bin'), { recursive: true })
    await symlink(process.execPath, join(folder, 'node_modules/node/bin/node'))
    assert.deepEqual(await run(folder, ['a', 'b c']), { code: 3, stdout: `${process.version} a,b c\n`, stderr: '' })
  })

  test('says which Node it needs where there is none', async (t) => {
    const { code, stdout, stderr } = await run(await checkout(t, '>=999.1'), [])
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^lotse: expected Node >=999\.1, got \d+\.\d+\.\d+\n {2}Install a newer one/)
  })
})

/** A checkout whose program says which Node runs it with which arguments, and ends with 3. */
async function checkout(t: TestContext, node: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-launcher-'))
  t.after(async () => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'src/cli'), { recursive: true })
  await mkdir(join(folder, 'bin'))
  await cp(launcher, join(folder, 'bin/lotse.js'))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', engines: { node } }))
  const program =
    'process.exitCode = 3\nprocess.stdout.write(`${process.version} ${process.argv.slice(2).toString()}\\n`)\n'
  await writeFile(join(folder, 'src/cli/main.ts'), program)
  return folder
}

async function run(folder: string, args: readonly string[]) {
  const child = spawn(process.execPath, [join(folder, 'bin/lotse.js'), ...args], { stdio: 'pipe' })
  const ended = once(child, 'close') as Promise<[number | null]>
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, stdout, stderr }
}
