import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PolicyCheck } from '../../../src/core/automerge/policy-check.ts'
import { parseCommitSha, parseFilePath } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { type CheckAnnotation, findCheck, readCheck, writeCheck } from '../../../src/io/github/checks.ts'
import { readMergeState } from '../../../src/io/github/merge-facts.ts'
import { fullName, headOf, mainHead, name, openGround, pullNumber } from './ground.ts'

const ground = await openGround()
const { octokit, sandbox, app } = ground
const checkName = 'lotse/policy'
const bob = sandbox.person('bob')

const waiting: PolicyCheck = { conclusion: undefined, title: 'Waits', summary: 'For CI.' }
const longer: PolicyCheck = { ...waiting, summary: 'For CI and a review.' }
const held: PolicyCheck = { conclusion: 'success', title: 'All rules hold', summary: '✅' }
const broken: PolicyCheck = { conclusion: 'failure', title: 'A check failed', summary: '❌' }

const create = 'POST /repos/{owner}/{repo}/check-runs'
const update = 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}'

let pulls = 0

/** A pull request of its own, whose check is written in turn; what each time was asked for, and what it says in the end. */
async function write(
  checks: readonly PolicyCheck[],
): Promise<{ asked: readonly string[]; says: PolicyCheck; runs: number }> {
  pulls += 1
  const branch = `topic-${pulls}`
  await bob.push(fullName, { branch, create: true, files: { [`${branch}.md`]: branch } })
  const { issue } = await bob.openPull(fullName, { head: branch, title: 'Note' })
  const number = pullNumber(issue.number)
  const head = headOf(ground, branch)
  assert.ok(head !== undefined)
  const own = { appId: app.appId, checkName }
  const asked: string[] = []
  for (const check of checks) {
    const state = await readMergeState(octokit, name, number, own)
    sandbox.requests.reset()
    await writeCheck(octokit, name, state?.policyRun, { name: checkName, head, check })
    asked.push(Object.keys(sandbox.requests.byRoute()).join() || 'nothing')
  }
  const run = (await readMergeState(octokit, name, number, own))?.policyRun
  assert.ok(run !== undefined)
  const says = { conclusion: run.conclusion as PolicyCheck['conclusion'], title: run.title, summary: run.summary }
  const runs = [...sandbox.repository(fullName).checkRuns.values()].filter(({ suite }) => suite.headSha === head).length
  return { asked, says, runs }
}

describe('writeCheck', () => {
  const rows: readonly (readonly [
    name: string,
    checks: readonly PolicyCheck[],
    asked: readonly string[],
    runs: number,
  ])[] = [
    ['makes one that is in progress', [waiting], [create], 1],
    ['makes one that is done', [held], [create], 1],
    ['leaves what says the same', [waiting, waiting], [create, 'nothing'], 1],
    ['leaves what is done and says the same', [held, held], [create, 'nothing'], 1],
    ['updates what says something else', [waiting, longer], [create, update], 1],
    ['completes what was in progress', [waiting, held], [create, update], 1],
    ['changes its mind', [held, broken], [create, update], 1],
    ['makes another one to be in progress again', [held, waiting], [create, create], 2],
    ['goes on with the newest of two', [held, waiting, broken], [create, create, update], 2],
  ]
  for (const [title, checks, asked, runs] of rows) {
    test(title, async () => {
      assert.deepEqual(await write(checks), { asked, says: checks.at(-1), runs })
    })
  }
})

describe('findCheck', () => {
  const main = mainHead(ground)
  const own = { name: checkName, head: main, appId: app.appId }

  test('sees only what we said, by its name', async () => {
    await sandbox.ci(fullName).report(main, { name: checkName, conclusion: 'success' })
    await writeCheck(octokit, name, undefined, { name: 'lotse/diff', head: main, check: held })
    assert.equal(await findCheck(octokit, name, own), 'missing')
    await writeCheck(octokit, name, undefined, { name: checkName, head: main, check: held })
    assert.equal(await findCheck(octokit, name, own), 'there')
  })

  test('says when the commit is gone', async () => {
    const head = guaranteed(parseCommitSha('e'.repeat(40)))
    assert.equal(await findCheck(octokit, name, { ...own, head }), 'no-commit')
  })
})

describe('readCheck', () => {
  test('gives our newest, with what it says', async () => {
    const head = guaranteed(parseCommitSha(await bob.push(fullName, { branch: 'main', files: { 'check.md': '1' } })))
    const own = { name: 'lotse/sync (staging)', head, appId: app.appId }
    assert.equal(await readCheck(octokit, name, own), 'missing')
    await writeCheck(octokit, name, undefined, { ...own, check: broken })
    await writeCheck(octokit, name, undefined, { ...own, check: held })
    const run = await readCheck(octokit, name, own)
    assert.ok(typeof run !== 'string')
    assert.deepEqual([run.conclusion, run.title, run.summary], [held.conclusion, held.title, held.summary])
  })
})

describe('a check with annotations', () => {
  const path = guaranteed(parseFilePath('clusters/staging/app.yaml'))
  const annotate = (line: number): CheckAnnotation => ({ path, line, level: 'failure', message: `wrong at ${line}` })

  test('has them at their lines, no more than GitHub takes, and only those of now', async () => {
    const head = guaranteed(parseCommitSha(await bob.push(fullName, { branch: 'main', files: { 'check.md': '2' } })))
    const own = { name: 'lotse/sync (staging)', head, appId: app.appId }
    const many = Array.from({ length: 60 }, (_, i) => annotate(i + 1))
    await writeCheck(octokit, name, undefined, { ...own, check: { ...broken, annotations: many } })
    const run = await readCheck(octokit, name, own)
    assert.ok(typeof run !== 'string')
    await writeCheck(octokit, name, run, { ...own, check: { ...longer, annotations: [annotate(7)] } })
    const ours = [...sandbox.repository(fullName).checkRuns.values()].filter(({ suite }) => suite.headSha === head)
    assert.deepEqual(
      ours.map(({ output }) => output.annotations.length),
      [50, 1],
    )
    const { start_line: start, end_line: end, message } = ours[1]?.output.annotations[0] ?? {}
    assert.deepEqual([start, end, message], [7, 7, 'wrong at 7'])
  })

  test('has none any more when what it says now has none', async () => {
    const head = guaranteed(parseCommitSha(await bob.push(fullName, { branch: 'main', files: { 'check.md': '3' } })))
    const own = { name: 'lotse/sync (staging)', head, appId: app.appId }
    const first = await writeCheck(octokit, name, undefined, {
      ...own,
      check: { ...broken, annotations: [annotate(7)] },
    })
    const seen = await readCheck(octokit, name, own)
    assert.ok(typeof seen !== 'string')
    assert.deepEqual(seen, first)
    await writeCheck(octokit, name, seen, { ...own, check: held })
    const ours = [...sandbox.repository(fullName).checkRuns.values()].filter(({ suite }) => suite.headSha === head)
    assert.deepEqual(
      ours.map(({ output }) => output.annotations.length),
      [1, 0],
    )
  })
})
