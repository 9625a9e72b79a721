import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Stage, openStage } from '../../src/cli/stage.ts'
import { policyCheckName } from '../../src/core/automerge/policy-check-name.ts'
import { type BotProcess, botProcess } from '../support/bot-process.ts'
import { storyDatabase } from '../support/database.ts'
import { prepareDatabase } from '../support/prepared-database.ts'
import { type World, acme, startWorld } from '../support/world.ts'

const image = `Auto-release ${acme.image}`

/** What GitHub was asked to write about releases, by what people see of it. */
function written({ github }: World) {
  const count = (method: string, route: RegExp) =>
    github.requests.count((request) => request.method === method && route.test(request.route))
  return {
    pulls: count('POST', /\/pulls$/),
    edits: count('PATCH', /\/pulls\/\{pull_number\}$/),
    commits: count('POST', /\/git\/commits$/),
    comments: count('POST', /\/comments$/),
  }
}

// These stories are about time, so here it has to pass.
describe('a burst of tags', { concurrency: 3 }, () => {
  test('of fifty becomes one pull request with few edits, and ends with the newest', async (t) => {
    await using world = await startWorld()
    world.github.requests.reset()
    for (let patch = 1; patch <= 50; patch++) {
      await world.push(`1.2.${patch}`)
      await delay(100)
    }
    await world.rest()

    const seen = written(world)
    t.diagnostic(JSON.stringify(seen))
    assert.deepEqual(titles(world), [`open ${image}:1.2.50`])
    assert.ok((await world.changes(world.pull(1))).includes('+      tag: 1.2.50'))
    // Two, unless the machine is so busy that the burst takes longer than a minute.
    assert.ok(seen.edits <= 5)
    assert.deepEqual(seen, { pulls: 1, edits: seen.edits, commits: seen.edits + 1, comments: 0 })
  })

  test('is not merged half way: checks that succeed for a tag which is not the newest count for nothing', async () => {
    await withWaitingEdit(async ({ stage, bot }) => {
      const { head } = pullOf(stage)
      const ci = stage.github.ci(acme.repository)
      await ci.report(head, { name: 'ci', conclusion: 'success' })
      await until(() => /newer tags are out/i.test(policyTitle(stage, head)))
      assert.deepEqual(titles(stage), [`open ${image}:1.2.2`])
      await bot.rest()
      assert.deepEqual(titles(stage), [`open ${image}:1.2.3`])
      await ci.report(pullOf(stage).head, { name: 'ci', conclusion: 'success' })
      await bot.rest()
      assert.deepEqual(titles(stage), [`merged ${image}:1.2.3`])
    })
  })

  test('ends with the newest tag also when the bot is killed while an edit waits', async () => {
    await withWaitingEdit(async ({ stage, bot }) => {
      await bot.kill()
      assert.deepEqual(titles(stage), [`open ${image}:1.2.2`])
      await bot.rest()
      assert.deepEqual(titles(stage), [`open ${image}:1.2.3`])
    })
  })

  test('does not keep the next tag waiting when its pull request is closed', async () => {
    await using world = await startWorld()
    for (const tag of ['1.2.1', '1.2.2']) {
      await world.push(tag)
      await world.rest()
    }
    await world.github.person('bob').closePull(acme.repository, 1)
    await world.rest()
    await world.push('1.2.3')
    await until(() => world.pulls().length === 2)
    assert.deepEqual(titles(world), [`closed ${image}:1.2.2`, `open ${image}:1.2.3`])
  })
})

type Waiting = { readonly stage: Stage; readonly bot: BotProcess }

/** The first edit is made, and a second one waits for quiet; the bot is a process of its own. */
async function withWaitingEdit(story: (waiting: Waiting) => Promise<void>): Promise<void> {
  const stage = await openStage(storyDatabase())
  const waits = Promise.withResolvers<void>()
  const bot = botProcess(stage, (line) => {
    if (line.includes('release waits for the end of a burst')) waits.resolve()
  })
  try {
    await prepareDatabase(stage.settings.database)
    await bot.start()
    await bot.rest()
    for (const tag of ['1.2.1', '1.2.2']) {
      await stage.push(tag)
      await bot.rest()
    }
    await stage.push('1.2.3')
    await waits.promise
    await story({ stage, bot })
  } finally {
    await bot.kill()
    await stage.close()
  }
}

function titles({ github }: Stage): readonly string[] {
  const issues = [...github.repository(acme.repository).issues.values()]
  return issues.map(({ title, state, pull }) => `${pull?.merged === undefined ? state : 'merged'} ${title}`)
}

function pullOf({ github }: Stage): { readonly head: string } {
  const pull = github.repository(acme.repository).issues.get(1)?.pull
  assert.ok(pull !== undefined)
  return { head: pull.head.sha }
}

function policyTitle({ github }: Stage, head: string): string {
  const runs = [...github.repository(acme.repository).checkRuns.values()]
  return runs.find(({ name, suite }) => name === policyCheckName && suite.headSha === head)?.output.title ?? ''
}

/** Sooner than what waits for fifteen seconds of quiet would come true. */
async function until(holds: () => boolean): Promise<void> {
  const enough = performance.now() + 14_000
  while (!holds() && performance.now() < enough) await delay(20)
  assert.ok(holds(), `${holds.toString()} did not come true`)
}
