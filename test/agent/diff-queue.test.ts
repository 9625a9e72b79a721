import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AgentMessage } from '../../src/core/agent-protocol.ts'
import type { LiveDiff } from '../../src/core/diff/live-diff.ts'
import { type CommitSha, parsePullNumber } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { GitError } from '../../src/io/git/git-error.ts'
import { silentLogger } from '../../src/runtime/log.ts'
import { createDiffQueue } from '../../src/agent/diff-queue.ts'

const nothing: LiveDiff = { changes: [], drift: [], dangers: [], problems: [], unchanged: 0, omitted: 0 }

test('a diff is told once, of the newest head of each pull request', async () => {
  const { queue, asked, said, go } = queueOf(async () => nothing)
  queue.ask(question(1, 'a'))
  queue.ask(question(2, 'a'))
  queue.ask(question(1, 'b'))
  queue.ask(question(1, 'c'))
  go()
  await queue.settled()
  assert.deepEqual(asked, ['1a', '2a', '1c'])
  assert.deepEqual(
    said.map((message) => message.kind === 'diffed' && message.result.kind),
    ['diff', 'diff', 'diff'],
  )
})

const failures: readonly (readonly [string, Error, string])[] = [
  ['in its own words', new GitError('not-found', 'there is no such commit'), 'there is no such commit'],
  ['without what a bug would tell', new Error('internal'), 'the agent has failed; its log says why'],
]
for (const [name, error, because] of failures) {
  test(`a diff that fails is told ${name}`, async () => {
    const { queue, said, go } = queueOf(() => Promise.reject(error))
    queue.ask(question(1, 'a'))
    go()
    await queue.settled()
    assert.deepEqual(
      said.map((message) => message.kind === 'diffed' && message.result),
      [{ kind: 'failed', because }],
    )
  })
}

test('stop ends the diff that runs, and tells nothing of it', async () => {
  const { queue, said, go } = queueOf(
    (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
  )
  go()
  queue.ask(question(1, 'a'))
  await new Promise((resolve) => setImmediate(resolve))
  await queue.stop()
  queue.ask(question(2, 'a'))
  await queue.settled()
  assert.deepEqual(said, [])
})

function queueOf(diff: (signal: AbortSignal) => Promise<LiveDiff>) {
  const asked: string[] = []
  const said: AgentMessage[] = []
  const begun = Promise.withResolvers<void>()
  const queue = createDiffQueue({
    log: silentLogger,
    say: (message) => void said.push(message),
    async diff({ pull, head }, signal) {
      asked.push(`${pull}${head[0]}`)
      await begun.promise
      return diff(signal)
    },
  })
  return { queue, asked, said, go: begun.resolve }
}

function question(pull: number, digit: string) {
  const commit = digit.repeat(40) as CommitSha
  return { kind: 'diff', pull: guaranteed(parsePullNumber(pull)), base: commit, head: commit } as const
}
