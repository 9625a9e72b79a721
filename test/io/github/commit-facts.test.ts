import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseFilePath } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { type NewRuleset } from '../../../src/sandbox/github/scene/rules.ts'
import { readCommitFacts } from '../../../src/io/github/commit-facts.ts'
import { branch, fullName, main, name, openGround } from './ground.ts'

const ground = await openGround()
const { octokit, sandbox } = ground
const bob = sandbox.person('bob')
const bobId = [...sandbox.repository(fullName).collaborators.keys()][1]
const path = (text: string) => guaranteed(parseFilePath(text))
const where = { repository: name, branch: main }

describe('readCommitFacts finds the branch', () => {
  const rows: Readonly<Record<string, readonly [Omit<NewRuleset, 'branch'>, readonly string[]]>> = {
    'free where only its history is kept': [{ blockForcePushes: true, blockDeletions: true }, []],
    'protected by pull requests, also without approvals': [{ requiredApprovals: 0 }, ['pull request']],
    'protected by checks': [{ requiredChecks: [{ context: 'ci' }] }, ['required status checks']],
    'protected by linear history': [{ linearHistory: true }, ['required linear history']],
  }
  for (const [title, [rules, protectedBy]] of Object.entries(rows)) {
    test(title, async (t) => {
      const id = sandbox.addRuleset(fullName, { branch: 'main', ...rules })
      t.after(() => sandbox.removeRuleset(fullName, id))
      assert.deepEqual(
        (await readCommitFacts(octokit, { ...where, files: [path('README.md')] })).protectedBy,
        protectedBy,
      )
    })
  }

  test('free where nothing is asked', async () => {
    assert.deepEqual((await readCommitFacts(octokit, { ...where, files: [path('README.md')] })).protectedBy, [])
  })

  test('protected where it is not there', async () => {
    const gone = { ...where, branch: branch('gone'), files: [path('README.md')] }
    assert.deepEqual((await readCommitFacts(octokit, gone)).protectedBy, ['gone'])
  })

  test('protected classically, whatever that asks for', async () => {
    sandbox.protectBranch(fullName, 'release', { blockDeletions: true })
    await bob.push(fullName, { branch: 'release', create: true, files: { 'release.md': 'x' } })
    const release = { ...where, branch: branch('release'), files: [path('README.md')] }
    assert.deepEqual((await readCommitFacts(octokit, release)).protectedBy, ['branch protection'])
  })
})

test('readCommitFacts tells who touched each file, and with which trailer, newest first', async () => {
  const files = [...Array(51).keys()].map((index) => path(`files/${index}.yaml`))
  await bob.push(fullName, {
    branch: 'main',
    files: Object.fromEntries(files.map((file) => [file, 'a'])),
    message: 'All',
  })
  const trailer = 'Lotse-Release: {"cluster":"production","all":true,"uses":["a.b"]}'
  const first = await bob.push(fullName, {
    branch: 'main',
    files: { 'files/50.yaml': 'b' },
    message: `One\n\n${trailer}`,
  })
  const { history } = await readCommitFacts(octokit, { ...where, files })
  assert.deepEqual([...history.keys()], files)
  assert.ok(files.slice(0, 50).every((file) => history.get(file)?.length === 1))
  const [newest, ...older] = history.get(path('files/50.yaml')) ?? []
  assert.equal(newest?.head, first)
  assert.deepEqual([newest?.author, newest?.committer], [bobId, bobId])
  assert.deepEqual(newest?.marker?.uses, ['a.b'])
  assert.deepEqual(
    older.map(({ marker }) => marker),
    [undefined],
  )
})
