import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, readFile, readdir, watch } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { UserError } from '../../../src/core/user-error.ts'
import type { Progress } from '../../../src/sandbox/tools/progress.ts'
import { resolveTool } from '../../../src/sandbox/tools/resolve.ts'
import { type Machine, emptyMachine, greeter, saying, testWithGo } from './greeter.ts'

test('a setting is taken before everything else', async (t) => {
  const { deps, install } = await emptyMachine(t)
  await install('greeter', saying('1.2.9'))
  const path = await install('mine', saying('1.2.4'))
  const environment = { ...deps.environment, GREETER_BIN: path }
  assert.deepEqual(await resolveTool(greeter, { ...deps, environment }), { name: 'greeter', version: '1.2.4', path })
})

test('a setting of another version is refused, not worked around', async (t) => {
  const { deps, install } = await emptyMachine(t)
  await install('greeter', saying('1.2.9'))
  const path = await install('mine', saying('2.0.0'))
  const environment = { ...deps.environment, GREETER_BIN: path }
  await assert.rejects(resolveTool(greeter, { ...deps, environment }), (error) => {
    assert.ok(error instanceof UserError)
    assert.equal(error.message, `GREETER_BIN is ${path}, which is version 2.0.0; expected greeter ~1.2.0`)
    return true
  })
})

test('a setting that names nothing is refused', async (t) => {
  const { deps } = await emptyMachine(t)
  const environment = { ...deps.environment, GREETER_BIN: '/nowhere/greeter' }
  await assert.rejects(
    resolveTool(greeter, { ...deps, environment }),
    /GREETER_BIN is \/nowhere\/greeter, which does not/,
  )
})

test('a tool on the PATH is taken when its version fits', async (t) => {
  const { deps, install } = await emptyMachine(t)
  const path = await install('greeter', saying('1.2.0'))
  assert.deepEqual(await resolveTool(greeter, deps), { name: 'greeter', version: '1.2.0', path })
})

testWithGo('a tool is built from the pinned module, and found in the cache from then on', async (t) => {
  const { deps, folder, installGo, install } = await emptyMachine(t)
  await installGo()
  await install('greeter', saying('1.1.0'))
  const seen: Progress[] = []
  const built = await resolveTool(greeter, { ...deps, report: (progress) => seen.push(progress) })
  assert.deepEqual(built, {
    name: 'greeter',
    version: '1.2.3',
    path: join(folder, 'cache', 'lotse', 'tools', '1.2.3', 'greeter'),
  })
  const said = spawn(built.path, { stdio: ['ignore', 'pipe', 'ignore'] })
  assert.equal(await text(said.stdout), 'greeter version v1.2.3\n')
  assert.equal(seen.at(0)?.finished, false)
  assert.equal(seen.at(-1)?.finished, true)

  assert.deepEqual(await resolveTool(greeter, deps), built)
  assert.equal(await buildsOf(folder), 1)
})

test('a tool that cannot be had says all that was tried, and what to do', async (t) => {
  const { deps, folder, install } = await emptyMachine(t)
  const old = await install('greeter', saying('1.1.0'))
  await assert.rejects(resolveTool(greeter, deps), (error) => {
    assert.ok(error instanceof UserError)
    assert.deepEqual(error.message.split('\n'), [
      'greeter ~1.2.0 cannot be had on this machine; tried:',
      '  - GREETER_BIN is not set',
      `  - ${old} is version 1.1.0`,
      `  - ${join(folder, 'cache', 'lotse', 'tools')} has none`,
      '  - there is no release that we know how to check',
      '  - Go, to build it, is not on the PATH',
    ])
    assert.match(error.help, /^Install Go \(https:\/\/go\.dev\/dl\).* GREETER_BIN /)
    return true
  })
})

testWithGo('what Go says when it fails is in the error', async (t) => {
  const { deps, installGo } = await emptyMachine(t)
  await installGo()
  const broken = { ...greeter, source: { ...greeter.source, package: 'example.test/greeter/missing' } }
  await assert.rejects(resolveTool(broken, deps), /Go could not build it: .*example\.test\/greeter\/missing/)
})

testWithGo('two processes that want the same tool wait for one build', async (t) => {
  const { deps, folder, installGo } = await emptyMachine(t)
  await installGo()
  const answers = await Promise.all([resolveElsewhere(t, deps), resolveElsewhere(t, deps), resolveTool(greeter, deps)])
  const path = join(folder, 'cache', 'lotse', 'tools', '1.2.3', 'greeter')
  assert.deepEqual(answers, [`${path}\n`, `${path}\n`, { name: 'greeter', version: '1.2.3', path }])
  assert.equal(await buildsOf(folder), 1)
})

testWithGo('an abandoned build leaves no half tool, and the next one succeeds', async (t) => {
  const machine = await emptyMachine(t)
  const building = await installEndlessGo(machine)
  const stop = new AbortController()
  const abandoned = resolveTool(greeter, { ...machine.deps, signal: stop.signal })
  const outcome = assert.rejects(abandoned, { name: 'AbortError' })
  await appears(building)
  stop.abort()
  await outcome
  await assertBuildsAnew(machine)
})

testWithGo('a build whose process is killed leaves no half tool, no lock and no process', async (t) => {
  const machine = await emptyMachine(t)
  const building = await installEndlessGo(machine)
  const child = elsewhere(t, machine.deps)
  await appears(building)
  // Its standard error is with the build as well: it closes when nobody is left.
  const allGone = once(child, 'close')
  child.kill('SIGKILL')
  await allGone
  await assertBuildsAnew(machine)
})

async function assertBuildsAnew({ deps, folder, installGo }: Machine): Promise<void> {
  const cache = join(folder, 'cache', 'lotse', 'tools')
  assert.deepEqual(
    (await readdir(cache)).filter((entry) => entry === greeter.version),
    [],
  )
  await installGo()
  assert.equal((await resolveTool(greeter, deps)).path, join(cache, '1.2.3', 'greeter'))
}

/** A Go that writes half of the program and goes on for ever; gives the file that says that it has come so far. */
async function installEndlessGo({ folder, install }: Machine): Promise<string> {
  const halfBuilt = join(folder, 'half-built', 'yes')
  await mkdir(dirname(halfBuilt))
  await install(
    'go',
    `#!${process.execPath}
const { writeFileSync } = require('node:fs')
const args = process.argv.slice(2)
if (args[0] === 'build') {
  writeFileSync(args[args.indexOf('-o') + 1], 'half')
  process.on('SIGINT', () => process.exit(1))
  setInterval(() => undefined, 1000)
  writeFileSync(${JSON.stringify(halfBuilt)}, '')
}
`,
  )
  return halfBuilt
}

async function appears(file: string): Promise<void> {
  const stop = new AbortController()
  const changes = watch(dirname(file), { signal: stop.signal })
  // Watching begins with the first turn; whoever looks only then misses nothing.
  const next = changes[Symbol.asyncIterator]().next()
  if (!(await exists(file))) await next
  stop.abort()
  await next.catch(() => undefined)
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

async function buildsOf(folder: string): Promise<number> {
  const calls = (await readFile(join(folder, 'go-calls'), 'utf8')).split('\n')
  return calls.filter((call) => call === 'build').length
}

async function resolveElsewhere(t: TestContext, deps: Machine['deps']): Promise<string> {
  const child = elsewhere(t, deps)
  assert.ok(child.stdout)
  return text(child.stdout)
}

function elsewhere(t: TestContext, deps: Machine['deps']): ChildProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'resolve-greeter.ts'), JSON.stringify(deps)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  return child
}
