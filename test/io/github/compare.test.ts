import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CommitSha, parseCommitSha } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { compareCommits } from '../../../src/io/github/compare.ts'
import { commitEntries, fullName, mainHead, name, openGround } from './ground.ts'

const ground = await openGround()
const { sandbox, github, installation, repository } = ground
const octokit = await github.as({ installation, repository, profile: 'diff' })
const bob = sandbox.person('bob')

async function push(branch: string, files: Readonly<Record<string, string | null>>): Promise<CommitSha> {
  const create = branch !== 'main'
  return guaranteed(parseCommitSha(await bob.push(fullName, { branch, files, create })))
}

describe('compareCommits', () => {
  test('names what was touched since the merge base, whatever the base does', async () => {
    const long = Array.from({ length: 20 }, (_, i) => `line ${i}`).join('\n')
    const parted = await push('main', { 'old.yaml': long, 'gone.yaml': 'x', 'same.yaml': 'y', 'main.yaml': '1' })
    const head = await push('topic', { 'old.yaml': null, 'new/name.yaml': long, 'gone.yaml': null, 'added.yaml': 'z' })
    const base = await push('main', { 'main.yaml': '2' })
    const comparison = await compareCommits(octokit, name, { base, head })
    assert.deepEqual(
      { ...comparison, touched: comparison?.touched.toSorted() },
      {
        mergeBase: parted,
        aheadBy: 1,
        touched: ['added.yaml', 'gone.yaml', 'new/name.yaml', 'old.yaml'],
        complete: true,
      },
    )
  })

  test('says that nothing differs', async () => {
    const head = mainHead(ground)
    assert.deepEqual(await compareCommits(octokit, name, { base: head, head }), {
      mergeBase: head,
      aheadBy: 0,
      touched: [],
      complete: true,
    })
  })

  test('says when there may be more', async () => {
    const base = mainHead(ground)
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`m/${i}.yaml`, `${i}`]))
    const few = await compareCommits(octokit, name, { base, head: await push('few', many(299)) })
    assert.deepEqual([few?.touched.length, few?.complete], [299, true])
    const lots = await compareCommits(octokit, name, { base, head: await push('lots', many(300)) })
    assert.deepEqual([lots?.touched.length, lots?.complete], [300, false])
  })

  test('says that there is nothing to compare', async () => {
    const base = mainHead(ground)
    const gone = guaranteed(parseCommitSha('e'.repeat(40)))
    assert.equal(await compareCommits(octokit, name, { base, head: gone }), undefined)
    const writer = { ...ground, octokit: await github.as({ installation, repository, profile: 'release' }) }
    const unrelated = await commitEntries(writer, { 'a.yaml': { bytes: '1' } })
    assert.equal(await compareCommits(octokit, name, { base, head: unrelated }), undefined)
  })
})
