import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listOverlookedPulls } from '../../../src/io/github/overlooked-pulls.ts'
import { fullName, name, openGround } from './ground.ts'

const { sandbox, octokit, app } = await openGround()
const bob = sandbox.person('bob')
const own = { appId: app.appId, checkName: 'lotse/policy' }

test('open pull requests without our check are listed, on all pages', async () => {
  const numbers: number[] = []
  for (let i = 0; i < 102; i++) {
    const head = `topic-${i}`
    await bob.push(fullName, { branch: head, create: true, files: { [`${i}.md`]: head } })
    numbers.push((await bob.openPull(fullName, { head, title: head })).issue.number)
  }
  const [closed = 0, checked = 0, otherwise = 0, ...others] = numbers
  await bob.closePull(fullName, closed)
  await check(checked, 'lotse/policy')
  await check(otherwise, 'lotse/diff (production)')
  await sandbox.ci(fullName).report(headOf(otherwise), { name: 'lotse/policy', conclusion: 'success' })
  sandbox.requests.reset()
  const { open, overlooked } = await listOverlookedPulls(octokit, name, own)
  assert.deepEqual(overlooked, [otherwise, ...others])
  assert.deepEqual(
    open.map(({ number, head }) => [number, head] as const),
    [checked, otherwise, ...others].map((number) => [number, headOf(number)] as const),
  )
  assert.equal(sandbox.requests.count(), 5)
})

function headOf(number: number): string {
  return sandbox.repository(fullName).issues.get(number)?.pull?.head.sha ?? ''
}

async function check(number: number, called: string): Promise<void> {
  await octokit.rest.checks.create({ owner: 'acme', repo: 'gitops', name: called, head_sha: headOf(number) })
}
