import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCommitSha } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { type Loop, type Turn, createLoop } from '../../src/agent/loop.ts'
import { silentLogger } from '../../src/runtime/log.ts'

const [one, two] = ['1', '2'].map((digit) => guaranteed(parseCommitSha(digit.repeat(40))))

test('ask runs one sync at a time, and one for all that asked meanwhile', async () => {
  const { loop, turns, finish } = loopOf()
  loop.ask('start')
  loop.ask('timer')
  loop.ask('hint')
  loop.ask('command')
  assert.equal(turns.length, 1)
  finish('done')
  await turned()
  assert.deepEqual(turns.map(said), ['start', 'timer, verify'])
  finish('done')
  await loop.settled()
  assert.equal(turns.length, 2)
})

test('a hint supersedes the sync of another commit', async () => {
  const { loop, turns, finish } = loopOf()
  loop.ask('start')
  if (one !== undefined) turns[0]?.takes(one)
  assert.equal(turns[0]?.ends(), undefined)
  loop.ask('hint', hinted(two))
  assert.equal(turns[0]?.ends(), 'superseded')
  finish('done')
  await turned()
  assert.deepEqual(turns.map(said), ['start', 'hint'])
  finish('done')
})

test('a hint of the commit that is being synced is nothing new', async () => {
  const { loop, turns, finish } = loopOf()
  loop.ask('start')
  if (one !== undefined) turns[0]?.takes(one)
  loop.ask('hint', hinted(one))
  assert.equal(turns[0]?.ends(), undefined)
  finish('done')
  await loop.settled()
  assert.equal(turns.length, 1)
})

test('a hint that comes before the fetch is answered by what is fetched', async () => {
  const { loop, turns, finish } = loopOf()
  loop.ask('start')
  loop.ask('hint', hinted(one))
  if (one !== undefined) turns[0]?.takes(one)
  assert.equal(turns[0]?.ends(), undefined)
  finish('done')
  await loop.settled()
  assert.equal(turns.length, 1)
})

test('a command that comes before the fetch is a sync of its own', async () => {
  const { loop, turns, finish } = loopOf()
  loop.ask('start')
  loop.ask('command')
  loop.ask('hint', hinted(one))
  if (one !== undefined) turns[0]?.takes(one)
  finish('done')
  await turned()
  assert.deepEqual(turns.map(said), ['start', 'command, verify'])
  finish('done')
})

for (const [name, failure] of [
  ['something was a matter of time', 'again'],
  ['something was thrown', new Error('no API server')],
] as const) {
  test(`a sync is tried again when ${name}`, async () => {
    const { loop, turns, finish } = loopOf()
    loop.ask('timer')
    const settled = loop.settled()
    finish(failure)
    await until(() => turns.length === 2)
    assert.deepEqual(turns.map(said), ['timer', 'retry'])
    finish('done')
    await settled
  })
}

test('askSoon asks once for many, and only if it is still so', async () => {
  const { loop, turns, finish } = loopOf()
  loop.askSoon(() => false)
  await loop.settled()
  assert.equal(turns.length, 0)
  loop.askSoon(() => true)
  loop.askSoon(() => true)
  await until(() => turns.length === 1)
  assert.deepEqual(turns.map(said), ['watch'])
  finish('done')
  await loop.settled()
})

test('askSoon waits for the sync that runs, for it may be the cause', async () => {
  const { loop, turns, finish } = loopOf()
  let still = true
  loop.ask('start')
  loop.askSoon(() => still)
  still = false
  finish('done')
  await loop.settled()
  assert.equal(turns.length, 1)
})

test('stop ends the sync that runs, and lets no other begin', async () => {
  const { loop, turns, finish } = loopOf()
  loop.ask('start')
  loop.ask('timer')
  const stopped = loop.stop()
  assert.equal(turns[0]?.ends(), 'stopping')
  finish('again')
  await stopped
  loop.ask('timer')
  await loop.settled()
  assert.equal(turns.length, 1)
})

type Outcome = 'done' | 'again' | Error

function loopOf(): {
  readonly loop: Loop
  readonly turns: readonly Turn[]
  readonly finish: (outcome: Outcome) => void
} {
  const turns: Turn[] = []
  let settle = (_outcome: Outcome): void => {}
  const loop = createLoop({
    log: silentLogger,
    random: () => 0,
    backoff: { firstMs: 2, mostMs: 4 },
    soonMs: 2,
    sync: (turn) =>
      new Promise((resolve, reject) => {
        turns.push(turn)
        settle = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome))
      }),
  })
  return { loop, turns, finish: (outcome) => settle(outcome) }
}

function said({ trigger, verify }: Turn): string {
  return verify ? `${trigger}, verify` : trigger
}

function hinted(commit: typeof one): object {
  return commit === undefined ? {} : { commit }
}

function turned(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turned()
}
