import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { acmeFiles } from '../../src/sandbox/acme.ts'
import { type World, acme, startWorld } from '../support/world.ts'

const run = promisify(execFile)
const worker = 'clusters/production/demo-worker.yaml'
const helm = 'clusters/production/demo-service.yaml'
const hourMs = 3_600_000

const released = (tag: string): readonly string[] => [
  worker,
  '-          image: eu.gcr.io/project/demo-service:1.2.0 # the same image as the web part',
  `+          image: eu.gcr.io/project/demo-service:${tag} # the same image as the web part`,
]
const configured = (release: string): string => (acmeFiles['.github/lotse.yaml'] ?? '').replace('merge: auto', release)
const committing = (more = ''): Record<string, string | null> => ({
  '.github/lotse.yaml': configured(`merge: commit${more}`),
  [helm]: null,
})

describe('a cluster that commits', () => {
  test('gets a new tag by a commit of one line, without a pull request', async () => {
    await using world = await startWorld({ files: committing() })
    const before = world.head('main')
    world.github.requests.reset()
    await world.push('1.2.1')
    await world.rest()
    assert.deepEqual(world.pulls(), [])
    assert.deepEqual(await changed(world, before), released('1.2.1'))
    assert.equal((await messages(world, before)).length, 1)
    const [message = ''] = await messages(world, before)
    assert.match(message, /^Auto-release eu\.gcr\.io\/project\/demo-service:1\.2\.1\n/)
    assert.match(message, /\nLotse-Release: \{"cluster":"production".*\}\n*$/)
    const asked = world.github.requests.byRoute()
    assert.equal(asked['POST /repos/{owner}/{repo}/git/commits'], 1, JSON.stringify(asked, undefined, 2))
  })

  test('is not committed to again by a restarted bot', async () => {
    await using world = await startWorld({ files: committing() })
    await world.push('1.2.1')
    await world.rest()
    const head = world.head('main')
    await world.restartBot()
    assert.equal(world.head('main'), head)
  })

  test('keeps what a person pushes while we commit', async () => {
    await using world = await startWorld({ files: committing() })
    const before = world.head('main')
    let pushes = 0
    world.github.faults.onWrite(async ({ route, phase }) => {
      if (pushes === 2 || phase !== 'before' || !route.startsWith('graphql updateRefs')) return
      pushes += 1
      await bobPushes(world, { 'README.md': `# Newer ${pushes}\n` })
    })
    await world.push('1.2.1')
    await world.rest()
    assert.equal(pushes, 2)
    const [ours = '', ...theirs] = await messages(world, before)
    assert.match(ours, /^Auto-release/)
    assert.deepEqual(theirs, ['Bob was here', 'Bob was here'])
    assert.deepEqual((await changed(world, before)).slice(-3), released('1.2.1'))
  })

  test('is not released to again what somebody took back; the next tag is', async () => {
    await using world = await startWorld({ files: committing() })
    const original = await world.file(worker)
    await world.push('1.2.1')
    await world.rest()
    await bobPushes(world, { [worker]: original })
    const reverted = world.head('main')
    await world.restartBot()
    assert.equal(world.head('main'), reverted)
    world.pass(hourMs)
    await world.push('1.2.2')
    await world.rest()
    assert.deepEqual(await changed(world, reverted), released('1.2.2'))
  })

  test('gets few commits of a burst of tags, the last of them with the newest', async () => {
    await using world = await startWorld({ files: committing() })
    const before = world.head('main')
    for (let patch = 1; patch <= 20; patch++) {
      await world.push(`1.2.${patch}`)
      if (patch === 1) await world.rest()
    }
    await world.rest()
    assert.deepEqual(await changed(world, before), released('1.2.20'))
    const count = (await messages(world, before)).length
    assert.ok(count <= 3, `${count} commits`)
  })

  test('stands still in a freeze, without asking GitHub, and goes on after it', async () => {
    const freeze = `, freeze: [{ from: ${instantIn(-hourMs)}, to: ${instantIn(hourMs)}, reason: audit }]`
    await using world = await startWorld({ files: committing(freeze) })
    const before = world.head('main')
    world.github.requests.reset()
    await world.push('1.2.1')
    await world.rest()
    assert.deepEqual(world.github.requests.byRoute(), {})
    assert.equal(world.head('main'), before)
    world.pass(2 * hourMs)
    await world.restartBot()
    assert.deepEqual(await changed(world, before), released('1.2.1'))
  })

  test('withdraws the pull request that was open before it committed', async () => {
    await using world = await startWorld({ files: { [helm]: null } })
    await world.push('1.2.1')
    await world.rest()
    const { branch } = world.pull(1)
    const before = await bobPushes(world, { '.github/lotse.yaml': configured('merge: commit') })
    await world.rest()
    assert.equal(world.pull(1).state, 'closed')
    assert.equal(world.head(branch), '')
    assert.deepEqual(await changed(world, before), released('1.2.1'))
  })

  test('leaves alone what a person works on', async () => {
    await using world = await startWorld({ files: { [helm]: null } })
    await world.push('1.2.1')
    await world.rest()
    const { branch } = world.pull(1)
    const bob = world.github.person('bob')
    await bob.push(acme.repository, { branch, files: { 'NOTE.md': 'mine' }, message: 'Mine' })
    const before = await bobPushes(world, { '.github/lotse.yaml': configured('merge: commit') })
    await world.rest()
    assert.equal(world.pull(1).state, 'open')
    assert.equal(world.head('main'), before)
  })

  test('of two clusters gets a commit each', async () => {
    const staging = 'clusters/staging/demo-worker.yaml'
    const files = {
      [helm]: null,
      [staging]: acmeFiles[worker] ?? '',
      '.github/lotse.yaml': configured('merge: commit').replace(
        /^clusters:$/m,
        'clusters:\n  staging: { path: clusters/staging, release: { merge: commit } }',
      ),
    }
    await using world = await startWorld({ files })
    const before = world.head('main')
    await world.push('1.2.1')
    await world.rest()
    assert.deepEqual(await changed(world, before), [...released('1.2.1'), staging, ...released('1.2.1').slice(1)])
    assert.equal((await messages(world, before)).length, 2)
  })
})

describe('a protected branch is not committed to', () => {
  const protections: Record<string, (world: World) => void> = {
    'by a ruleset that asks for a pull request': ({ github }) =>
      void github.addRuleset(acme.repository, { branch: 'main', requiredApprovals: 0 }),
    'by a ruleset that our app may bypass': ({ github, app }) =>
      void github.addRuleset(acme.repository, { branch: 'main', requiredApprovals: 1, bypassApps: [app.appId] }),
    'by a ruleset that asks for checks': ({ github }) =>
      void github.addRuleset(acme.repository, { branch: 'main', requiredChecks: [{ context: 'ci' }] }),
    'by classic protection': ({ github }) => github.protectBranch(acme.repository, 'main', { blockDeletions: true }),
  }
  for (const [name, protect] of Object.entries(protections)) {
    test(name, async () => {
      await using world = await startWorld({ files: committing() })
      protect(world)
      const before = world.head('main')
      await world.push('1.2.1')
      await world.rest()
      assert.equal(world.head('main'), before)
      assert.deepEqual(world.pulls(), [])
    })
  }

  test('until it is protected no more', async () => {
    await using world = await startWorld({ files: committing() })
    const id = world.github.addRuleset(acme.repository, { branch: 'main', requiredApprovals: 1 })
    await world.push('1.2.1')
    await world.rest()
    const before = world.head('main')
    world.github.removeRuleset(acme.repository, id)
    await world.restartBot()
    assert.deepEqual(await changed(world, before), released('1.2.1'))
  })

  test('but one that only keeps its history is', async () => {
    await using world = await startWorld({ files: committing() })
    const before = world.head('main')
    world.github.addRuleset(acme.repository, { branch: 'main', blockForcePushes: true, blockDeletions: true })
    await world.push('1.2.1')
    await world.rest()
    assert.deepEqual(await changed(world, before), released('1.2.1'))
  })
})

async function bobPushes(world: World, files: Record<string, string>): Promise<string> {
  return world.github.person('bob').push(acme.repository, { branch: 'main', files, message: 'Bob was here' })
}

/** The changed lines since a commit, under the name of their file. */
async function changed(world: World, since: string): Promise<readonly string[]> {
  const diff = await git(world, ['diff', '--unified=0', since, 'main'])
  return diff
    .split('\n')
    .filter((line) => /^[-+]/.test(line) && !line.startsWith('---'))
    .map((line) => line.replace(/^\+\+\+ b\//, ''))
}

/** Of the commits since, newest first. */
async function messages(world: World, since: string): Promise<readonly string[]> {
  const log = await git(world, ['log', '-z', '--format=%B', `${since}..main`])
  return log
    .split('\0')
    .map((message) => message.trim())
    .filter((message) => message !== '')
}

async function git({ github }: World, command: readonly string[]): Promise<string> {
  return (await run('git', ['-C', github.repository(acme.repository).git.path, ...command])).stdout
}

function instantIn(ms: number): string {
  return new Date(Date.now() + ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
