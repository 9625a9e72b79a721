import assert from 'node:assert/strict'
import { readFile, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type BranchName, parseBranchName, parseCommitSha } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { Secret } from '../../../src/core/secret.ts'
import { localEnvironment, remoteEnvironment } from '../../../src/io/git/environment.ts'
import { runGit } from '../../../src/io/git/run.ts'
import {
  bareRepository,
  fullName,
  hostRepository,
  main,
  openAt,
  put,
  refusal,
  serve,
  startCounter,
  temporaryFolder,
} from './ground.ts'

const files = { 'app.yaml': 'a: 1' }

describe('a remote that says no', () => {
  test('for there is no such repository', async (t) => {
    const hosted = await hostRepository(t, files)
    const { mirror } = await openAt(t, `${hosted.sandbox.webUrl}/acme/absent`, hosted)
    const { class: kind, turn, help } = await refusal(mirror.fetchBranch(main))
    assert.deepEqual([kind, turn, help], ['not-found', 'operator', 'look at GIT_URL, and at the deploy key or token'])
  })

  test('for there is no credential, or a wrong one', async (t) => {
    const hosted = await hostRepository(t, files)
    const wrong = new Secret('ghp_a-token-that-nobody-has')
    for (const credential of [{ kind: 'none' }, { kind: 'token', token: wrong }] as const) {
      const { mirror } = await openAt(t, hosted.url, { credential: async () => credential })
      const { class: kind, turn, message, cause } = await refusal(mirror.fetchBranch(main))
      assert.deepEqual([kind, turn], ['denied', 'operator'])
      assert.ok(!`${message} ${String(cause)}`.includes(wrong.reveal()))
    }
  })

  test('for the branch is gone', async (t) => {
    const hosted = await hostRepository(t, files)
    await hosted.push({ 'app.yaml': 'a: 2' }, 'deep/topic')
    const { mirror } = await openAt(t, hosted.url, hosted)
    const { class: kind, message } = await refusal(mirror.fetchBranch(branch('topic')))
    assert.deepEqual([kind, message], ['branch-gone', `${hosted.url} has no branch topic`])
    assert.equal((await mirror.fetchBranch(branch('deep/topic'))).branch, 'deep/topic')
  })

  test('for there is no commit at all', async (t) => {
    const { mirror } = await openAt(t, (await bareRepository(t)).url)
    assert.equal((await refusal(mirror.fetchBranch(undefined))).class, 'branch-gone')
  })

  test('for it does not have the commit', async (t) => {
    const hosted = await hostRepository(t, files)
    const { mirror } = await openAt(t, hosted.url, hosted)
    const { class: kind, retry } = await refusal(mirror.fetchCommit(guaranteed(parseCommitSha('c'.repeat(40)))))
    assert.deepEqual([kind, retry], ['not-found', true])
  })

  const statuses = [
    [403, 'denied', 'operator'],
    [404, 'not-found', 'operator'],
    [429, 'unreachable', 'time'],
    [500, 'unreachable', 'time'],
    [502, 'unreachable', 'time'],
  ] as const
  for (const [status, kind, turn] of statuses) {
    test(`by ${status}`, async (t) => {
      const url = await serve(t, (_, answer) => answer(status, new Headers(), Buffer.from('no')))
      const { mirror } = await openAt(t, `${url}/acme/gitops`)
      const error = await refusal(mirror.fetchBranch(main))
      assert.deepEqual([error.class, error.turn, error.retry], [kind, turn, turn === 'time'])
    })
  }
})

describe('a remote that cannot be talked to', () => {
  test('has no address', async (t) => {
    const { mirror } = await openAt(t, 'http://host.invalid/acme/gitops')
    assert.equal((await refusal(mirror.fetchBranch(main))).class, 'unreachable')
  })

  test('does not listen', async (t) => {
    const { mirror } = await openAt(t, `http://127.0.0.1:${await closedPort()}/acme/gitops`)
    assert.equal((await refusal(mirror.fetchBranch(main))).class, 'unreachable')
  })

  test('does not speak TLS', async (t) => {
    const url = await serve(t, (_, answer) => answer(200, new Headers(), Buffer.from('')))
    const { mirror } = await openAt(t, `${url.replace('http:', 'https:')}/acme/gitops`)
    assert.equal((await refusal(mirror.fetchBranch(main))).class, 'untrusted')
  })

  // Git takes any text for the list of an old server, and finds nothing in it.
  test('answers something else than git', async (t) => {
    const url = await serve(t, (_, answer) =>
      answer(200, new Headers({ 'content-type': 'text/html' }), Buffer.from('<p>Log in')),
    )
    const { mirror } = await openAt(t, `${url}/acme/gitops`)
    assert.equal((await refusal(mirror.fetchBranch(main))).class, 'branch-gone')
  })

  test('leaves what is known as it was', async (t) => {
    const remote = await bareRepository(t)
    const commit = await remote.commit([{ path: 'app.yaml', bytes: 'a: 1' }])
    const { mirror } = await openAt(t, remote.url)
    const [file] = await mirror.listFiles(commit, '.')
    assert.ok(file !== undefined)
    await mirror.readBlobs([file.blob])
    await rm(remote.path, { recursive: true })
    assert.equal((await refusal(mirror.fetchBranch(main))).class, 'not-found')
    assert.deepEqual([...(await mirror.readBlobs([file.blob])).values()], [{ kind: 'text', text: 'a: 1' }])
  })

  test('is left when the caller has no more time for it', async (t) => {
    const asked = Promise.withResolvers<void>()
    const url = await serve(t, () => asked.resolve())
    const { mirror } = await openAt(t, `${url}/acme/gitops`)
    const stop = new AbortController()
    const fetching = mirror.fetchBranch(main, stop.signal)
    await asked.promise
    stop.abort(new Error('the agent stops'))
    await assert.rejects(fetching, { message: 'the agent stops' })
  })
})

describe('a credential', () => {
  test('stands neither in the mirror nor in the arguments of git', async (t) => {
    const hosted = await hostRepository(t, files)
    const { mirror, folder } = await openAt(t, hosted.url, hosted)
    await mirror.fetchBranch(main)
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    for (const entry of entries.filter((each) => each.isFile())) {
      const bytes = await readFile(join(entry.parentPath, entry.name))
      assert.ok(!bytes.includes(hosted.token.reveal()), entry.name)
    }
  })

  test('is not shown to where a redirect leads', async (t) => {
    const hosted = await hostRepository(t, files)
    const elsewhere = await startCounter(t, hosted.url)
    const url = await serve(t, ({ url: path, headers }, answer) => {
      const ready = headers.authorization !== undefined
      const location = new URL(path ?? '/', elsewhere.url).href
      if (ready) answer(302, new Headers({ location }), Buffer.from(''))
      else answer(401, new Headers({ 'www-authenticate': 'Basic realm="Git"' }), Buffer.from(''))
    })
    const { mirror } = await openAt(t, `${url}/${fullName}`, hosted)
    assert.equal((await refusal(mirror.fetchBranch(main))).class, 'denied')
    assert.deepEqual(
      elsewhere.authorizations.filter((header) => header !== undefined),
      [],
    )
  })

  test('is asked for anew at each conversation', async (t) => {
    const hosted = await hostRepository(t, files)
    let asked = 0
    const { mirror } = await openAt(t, hosted.url, {
      credential: async () => {
        asked += 1
        return asked === 1 ? { kind: 'none' } : { kind: 'token', token: hosted.token }
      },
    })
    await refusal(mirror.fetchBranch(main))
    await mirror.fetchBranch(main)
  })

  test('that cannot be had says so itself', async (t) => {
    const hosted = await hostRepository(t, files)
    const { mirror } = await openAt(t, hosted.url, { credential: () => Promise.reject(new Error('no file')) })
    await assert.rejects(mirror.fetchBranch(main), { message: 'no file' })
  })

  test('for ssh is a key that is shown to known hosts only', () => {
    const url = 'git@github.com:acme/gitops.git'
    const machine = { home: '/data', environment: {} }
    const key = { kind: 'ssh-key', path: "/keys/it's" } as const
    const own = remoteEnvironment(machine, url, key)['GIT_SSH_COMMAND'] ?? ''
    assert.match(own, /'-i' '\/keys\/it'\\''s'/)
    assert.match(own, /'StrictHostKeyChecking=yes'/)
    assert.match(own, /'UserKnownHostsFile="\/data\/known_hosts"'/)
    const given = remoteEnvironment(machine, url, { ...key, knownHosts: '/keys/hosts' })['GIT_SSH_COMMAND'] ?? ''
    assert.match(given, /'UserKnownHostsFile="\/keys\/hosts"'/)
    assert.throws(() => remoteEnvironment(machine, url, { kind: 'none' }), { class: 'denied' })
  })
})

test('a folder that cannot be written is somebody’s turn', async (t) => {
  const folder = join(await temporaryFolder(t), 'file')
  await put(folder, '')
  const { mirror } = await openAt(t, (await bareRepository(t)).url, { folder })
  await assert.rejects(mirror.fetchBranch(main), {
    name: 'UserError',
    message: `the folder ${folder} cannot be written`,
  })
})

test('without git on the PATH it says so', async (t) => {
  const environment = localEnvironment({ home: await temporaryFolder(t), environment: { PATH: '/nowhere' } })
  await assert.rejects(runGit(['version'], { environment }), { message: 'the program `git` is not on the PATH' })
})

test('git is given of our environment only how the network is reached', () => {
  const ours = { PATH: '/bin', HTTPS_PROXY: 'http://proxy:3128', GIT_DIR: '/elsewhere', AGENT_KEY: 'secret' }
  const given = localEnvironment({ home: '/data', environment: ours })
  assert.deepEqual([given['PATH'], given['HTTPS_PROXY'], given['HOME']], ['/bin', 'http://proxy:3128', '/data'])
  assert.ok(!('GIT_DIR' in given) && !('AGENT_KEY' in given))
})

test('a remote may only be what its address says', async (t) => {
  const remote = await bareRepository(t)
  const { mirror } = await openAt(t, `ext::sh -c echo% ${remote.path}`, {
    credential: async () => ({ kind: 'ssh-key', path: '/nowhere' }),
  })
  assert.notEqual((await refusal(mirror.fetchBranch(main))).class, 'branch-gone')
})

function branch(name: string): BranchName {
  return guaranteed(parseBranchName(name))
}

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}
