import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CommitSha, parseCommitSha } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { UserError } from '../../../src/core/user-error.ts'
import { type TagMove, moveTag, readTag } from '../../../src/io/github/tags.ts'
import { fullName, mainHead, name, openGround } from './ground.ts'

const ground = await openGround()
const { sandbox, github, installation, repository } = ground
const octokit = await github.as({ installation, repository, profile: 'deployment' })
const bob = sandbox.person('bob')
const node = (await octokit.rest.repos.get({ owner: 'acme', repo: 'gitops' })).data.node_id
const one = mainHead(ground)
const two = await push({ 'app.yaml': '2' })
const three = await push({ 'app.yaml': '3' })

async function push(files: Readonly<Record<string, string | null>>): Promise<CommitSha> {
  return guaranteed(parseCommitSha(await bob.push(fullName, { branch: 'main', files })))
}

function move(tag: string, from: TagMove['from'], to: CommitSha): Promise<'moved' | 'moved-by-others'> {
  return moveTag(octokit, { name, node }, { tag, from, to })
}

describe('moveTag', () => {
  test('makes a tag, and moves it on and back', async () => {
    assert.deepEqual(await readTag(octokit, name, 'lotse/a'), { kind: 'absent' })
    assert.equal(await move('lotse/a', undefined, two), 'moved')
    assert.equal(await move('lotse/a', two, three), 'moved')
    assert.equal(await move('lotse/a', three, one), 'moved')
    assert.deepEqual(await readTag(octokit, name, 'lotse/a'), { kind: 'at', commit: one })
  })

  test('leaves one that somebody has moved or made', async () => {
    await move('lotse/b', undefined, two)
    assert.equal(await move('lotse/b', one, three), 'moved-by-others')
    assert.equal(await move('lotse/b', undefined, three), 'moved-by-others')
    assert.deepEqual(await readTag(octokit, name, 'lotse/b'), { kind: 'at', commit: two })
  })

  test('leaves one that somebody has removed', async () => {
    assert.equal(await move('lotse/c', one, two), 'moved-by-others')
    assert.deepEqual(await readTag(octokit, name, 'lotse/c'), { kind: 'absent' })
  })

  test('is content when it is there already', async () => {
    await move('lotse/d', undefined, two)
    assert.equal(await move('lotse/d', one, two), 'moved')
  })

  test('leaves an annotated tag, which somebody made', async () => {
    const text = `object ${two}\ntype commit\ntag x\ntagger bob <bob@example.org> 1700000000 +0000\n\nby hand\n`
    const { git } = sandbox.repository(fullName)
    const tag = await git.objects.write('tag', Buffer.from(text))
    await git.refs.update([{ name: 'refs/tags/lotse/e', after: tag }])
    assert.deepEqual(await readTag(octokit, name, 'lotse/e'), { kind: 'foreign' })
    assert.equal(await move('lotse/e', undefined, two), 'moved-by-others')
    assert.equal(await move('lotse/e', two, three), 'moved-by-others')
    assert.equal(git.refs.get('refs/tags/lotse/e'), tag)
  })

  test('says what to do when GitHub refuses', async () => {
    const withWorkflow = await push({ '.github/workflows/ci.yaml': 'on: push' })
    await push({ '.github/workflows/ci.yaml': null })
    await assert.rejects(move('lotse/f', undefined, withWorkflow), UserError)
  })
})
