import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deps, Memory } from '../../src/agent/deps.ts'
import { headToSync } from '../../src/agent/journeys/head.ts'
import type { Turn } from '../../src/agent/loop.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { parseBranchName, parseCommitSha } from '../../src/core/ids.ts'
import { UserError } from '../../src/core/user-error.ts'
import { GitError } from '../../src/io/git/git-error.ts'
import { silentLogger } from '../../src/runtime/log.ts'

const noToken = new UserError('the git token cannot be read', { help: 'see GIT_TOKEN_FILE' })

test('headToSync lets a refused agent call again when there is a new commit', async () => {
  const remote = openRemote()
  remote.says('a')
  await remote.head()
  await remote.head()
  assert.equal(remote.retries(), 0, 'the first commit was there when it called')
  remote.says('b')
  await remote.head()
  assert.equal(remote.retries(), 1)
})

const failures: readonly (readonly [string, Error, 'operator' | 'time'])[] = [
  ['a token that is not there', noToken, 'operator'],
  ['a network that is away', new GitError('unreachable', 'no route to host'), 'time'],
  ['a bug', new TypeError('undefined is not a function'), 'operator'],
]
for (const [name, error, turn] of failures) {
  test(`headToSync holds the cluster to the last commit at ${name}, and says so`, async () => {
    const remote = openRemote()
    remote.says('a')
    const { head } = await remote.head()
    remote.says(error)
    for (const _time of ['once', 'twice']) {
      const held = await remote.head()
      assert.deepEqual(held.head, head)
      assert.match(held.unsure?.message ?? '', /^git cannot be read since 2026-01-01T00:00:00.000Z, so there may be/)
      assert.equal(held.unsure?.turn, turn)
      assert.equal(remote.memory.fetched, false)
    }
    assert.equal(remote.memory.gitFailures, 2)
    remote.says('b')
    assert.equal((await remote.head()).unsure, undefined)
    assert.equal(remote.memory.fetched, true)
  })
}

test('headToSync tells once why nothing can begin, and once that it can', async () => {
  const remote = openRemote()
  remote.says(noToken)
  await assert.rejects(remote.head(), noToken)
  await assert.rejects(remote.head(), noToken)
  assert.deepEqual(remote.memory.trouble, {
    since: '2026-01-01T00:00:00.000Z',
    says: 'the git token cannot be read',
    help: 'see GIT_TOKEN_FILE',
  })
  assert.equal(remote.told(), 1)
  remote.says(new GitError('not-found', 'no such repository'))
  await assert.rejects(remote.head())
  assert.equal(remote.told(), 2)
  remote.says('a')
  await remote.head()
  assert.equal(remote.memory.trouble, undefined)
  assert.equal(remote.told(), 3)
})

test('headToSync calls no stop a failure of git', async () => {
  const remote = openRemote()
  remote.says(new Error('aborted'))
  await assert.rejects(remote.head(AbortSignal.abort()))
  assert.equal(remote.memory.gitFailures, 0)
})

/** What it answers with: a commit of this digit, or an error. */
function openRemote() {
  let answer: string | Error = 'a'
  const count = { retries: 0, told: 0, seconds: 0 }
  const memory: Pick<Memory, 'head' | 'fetched' | 'gitFailures' | 'trouble' | 'blindSince'> = {
    fetched: false,
    gitFailures: 0,
  }
  const branch = guaranteed(parseBranchName('main'))
  const deps = {
    repository: {
      access: { refused: async () => false },
      mirror: {
        async fetchBranch() {
          if (answer instanceof Error) throw answer
          return { branch, head: guaranteed(parseCommitSha(answer.repeat(40))) }
        },
      },
    },
    settings: { git: {} },
    memory,
    link: { retry: () => void (count.retries += 1) },
    tellState: () => void (count.told += 1),
    log: silentLogger,
    now: () => new Date(Date.UTC(2026, 0, 1, 0, 0, count.seconds++)),
  }
  return {
    memory,
    says: (next: string | Error) => void (answer = next),
    head: (signal: AbortSignal = new AbortController().signal) =>
      headToSync(deps as unknown as Deps, { signal } as Turn),
    retries: () => count.retries,
    told: () => count.told,
  }
}
