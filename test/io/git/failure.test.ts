import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { localEnvironment } from '../../../src/io/git/environment.ts'
import { failureOf, readable } from '../../../src/io/git/failure.ts'
import type { GitErrorClass } from '../../../src/io/git/git-error.ts'
import { runGit } from '../../../src/io/git/run.ts'
import { bareRepository, temporaryFolder } from './ground.ts'

const url = 'https://github.com/acme/gitops'
const nothing = Buffer.from('')

describe('failureOf reads what git says', () => {
  const rows: readonly (readonly [stderr: string, GitErrorClass | undefined, turn?: 'operator' | 'time'])[] = [
    ["remote: Repository not found.\nfatal: repository 'https://github.com/a/b/' not found", 'not-found', 'operator'],
    ["fatal: could not read Username for 'https://github.com': terminal prompts disabled", 'denied', 'operator'],
    ["fatal: Authentication failed for 'https://github.com/a/b/'", 'denied', 'operator'],
    ["fatal: unable to access 'https://x/': The requested URL returned error: 403", 'denied', 'operator'],
    ["fatal: unable to access 'https://x/': The requested URL returned error: 503", 'unreachable', 'time'],
    ["fatal: unable to access 'https://x/': Could not resolve host: x", 'unreachable', 'time'],
    [
      "fatal: unable to access 'https://x/': Failed to connect to x port 443: Connection refused",
      'unreachable',
      'time',
    ],
    ["fatal: unable to access 'https://x/': SSL certificate problem: self-signed certificate", 'untrusted', 'operator'],
    ["fatal: unable to access 'https://x/': server certificate verification failed.", 'untrusted', 'operator'],
    ['Host key verification failed.\nfatal: Could not read from remote repository.', 'untrusted', 'operator'],
    [
      'git@github.com: Permission denied (publickey).\nPlease make sure you have the correct access rights',
      'denied',
      'operator',
    ],
    ['ERROR: Repository not found.\nPlease make sure you have the correct access rights', 'not-found', 'operator'],
    ['ssh: connect to host x port 22: Connection timed out', 'unreachable', 'time'],
    ['fatal: remote error: upload-pack: not our ref aaaa', 'not-found', 'time'],
    ["fatal: transport 'ext' not allowed", 'denied', 'operator'],
    ['fatal: write error: No space left on device', 'disk-full', 'operator'],
    ['error: index-pack died of signal 25\nfatal: fetch-pack: invalid index-pack output', 'too-large', 'operator'],
    ['fatal: the remote end hung up unexpectedly', 'unreachable', 'time'],
    ['error: RPC failed; curl 28 Operation too slow.', 'unreachable', 'time'],
    ['fatal: bad object refs/lotse/newest', undefined],
    ['', undefined],
  ]
  for (const [stderr, kind, turn] of rows) {
    test(`${JSON.stringify(stderr.slice(0, 70))} is ${kind ?? 'nothing known'}`, () => {
      const error = failureOf({ code: 128, stdout: nothing, stderr }, url, undefined)
      assert.deepEqual([error?.class, error?.turn], [kind, turn])
    })
  }

  test('and that it was too slow', () => {
    const error = failureOf({ code: 128, stdout: nothing, stderr: '', cut: 'late' }, url, undefined)
    assert.deepEqual([error?.class, error?.retry], ['unreachable', true])
  })
})

test('readable is one line without the credential', () => {
  const stderr = `${'x'.repeat(600)}\n\u001B[31mfatal:\t\u0000token ghp_secret\n`
  const said = readable(stderr, 'ghp_secret')
  assert.match(said, /^git: x+ \[31mfatal: token •••$/)
  assert.ok(said.length < 520)
})

test('a pack beyond the limit is refused, not kept', async (t) => {
  const remote = await bareRepository(t)
  await remote.commit([{ path: 'large', bytes: randomBytes(3_000_000) }])
  const folder = await temporaryFolder(t)
  const environment = localEnvironment({ home: folder, environment: process.env })
  const mirror = join(folder, 'mirror.git')
  await runGit(['init', '--bare', '--quiet', mirror], { environment })
  const fetch = ['--git-dir', mirror, '-c', 'protocol.file.allow=always', 'fetch', '--depth=1', remote.url, 'main']
  const answer = await runGit(fetch, { environment, mostFileBytes: 100_000 })
  assert.equal(failureOf(answer, remote.url, undefined)?.class, 'too-large')
})

test('a git that takes too long is ended with all that it started', async (t) => {
  const folder = await temporaryFolder(t)
  const environment = { ...localEnvironment({ home: folder, environment: process.env }), GIT_PAGER: 'cat' }
  const answer = await runGit(['-c', 'alias.wait=!sleep 600 & sleep 600', 'wait'], { environment, timeoutMs: 50 })
  assert.deepEqual([answer.cut, answer.code === 0], ['late', false])
})
