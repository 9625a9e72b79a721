import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { createGitRepository, type GitRepository } from '../../../src/sandbox/github/git.ts'
import { readCommit, writeCommit } from '../../../src/sandbox/github/git/commit.ts'
import { diffFiles } from '../../../src/sandbox/github/git/diff.ts'
import { noCommit } from '../../../src/sandbox/github/git/refs.ts'
import { git } from '../../../src/sandbox/github/git/run.ts'
import { changeTree, emptyTree, walkTree } from '../../../src/sandbox/github/git/tree.ts'

async function openRepository(t: TestContext): Promise<GitRepository> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-git-'))
  const repository = await createGitRepository(join(folder, 'one.git'), { defaultBranch: 'main' })
  t.after(async () => {
    await repository.close()
    await rm(folder, { recursive: true, force: true })
  })
  return repository
}

async function treeOf({ objects }: GitRepository, files: Readonly<Record<string, string>>): Promise<string> {
  const changes = Object.entries(files).map(async ([path, text]) => {
    const sha = await objects.write('blob', Buffer.from(text))
    return { path, put: { mode: '100644' as const, sha } }
  })
  const changed = await changeTree(objects, undefined, await Promise.all(changes))
  return changed.kind === 'written' ? changed.sha : assert.fail()
}

async function commitOf(repository: GitRepository, files: Readonly<Record<string, string>>): Promise<string> {
  const who = { name: 'ann', email: 'ann@example.org', at: new Date(1_700_000_000_000) }
  const tree = await treeOf(repository, files)
  return writeCommit(repository.objects, { tree, parents: [], author: who, committer: who, message: 'one' })
}

/** Two levels of a few names, some of which git orders otherwise than by their letters. */
const name = fc.constantFrom('a', 'a.b', 'a-b', 'ab', 'ü', 'z')
const filesOf = fc.dictionary(
  fc.oneof(
    name.map((one) => `f${one}`),
    fc.tuple(name, name).map(([folder, file]) => `${folder}/${file}`),
  ),
  fc.string(),
  { minKeys: 1, maxKeys: 8 },
)

suite('git', () => {
  test('a tree reads the same for git, in its order', async (t) => {
    const repository = await openRepository(t)
    await fc.assert(
      fc.asyncProperty(filesOf, async (files) => {
        const tree = await treeOf(repository, files)
        const entries = await walkTree(repository.objects, tree)
        const lines = entries
          .filter(({ mode }) => mode !== '040000')
          .map(({ mode, sha, name: path }) => `${mode} blob ${sha}\t${path}\0`)
        const listed = await git(repository.path, ['ls-tree', '-r', '-z', tree])
        assert.equal(listed, lines.join(''))
      }),
      { numRuns: 15 },
    )
  })

  test('what is put in and taken out again leaves nothing', async (t) => {
    const repository = await openRepository(t)
    await fc.assert(
      fc.asyncProperty(filesOf, async (files) => {
        const tree = await treeOf(repository, files)
        const nothing = Object.keys(files).map((path) => ({ path, put: null }))
        assert.deepEqual(await changeTree(repository.objects, tree, nothing), { kind: 'written', sha: emptyTree })
      }),
      { numRuns: 30 },
    )
  })

  test('a commit is read as it was written', async (t) => {
    const repository = await openRepository(t)
    const sha = await commitOf(repository, { a: 'b' })
    const commit = await readCommit(repository.objects, sha)
    assert.deepEqual(
      [commit?.message, commit?.author.email, commit?.author.at.getTime()],
      ['one', 'ann@example.org', 1_700_000_000_000],
    )
    assert.equal(await git(repository.path, ['fsck', '--strict', '--no-dangling']), '')
  })

  test('refs move all or not at all', async (t) => {
    const { refs, ...repository } = await openRepository(t)
    const one = await commitOf({ refs, ...repository }, { a: '1' })
    const two = await commitOf({ refs, ...repository }, { a: '2' })
    await refs.update([{ name: 'refs/heads/a', after: one }])
    const moved = await refs.update([
      { name: 'refs/heads/b', before: noCommit, after: two },
      { name: 'refs/heads/a', before: two, after: two },
    ])
    assert.deepEqual(moved, { kind: 'moved', name: 'refs/heads/a', actual: one })
    assert.equal(refs.get('refs/heads/b'), undefined)
    assert.equal((await refs.update([{ name: 'refs/heads/a/b', after: two }])).kind, 'refused')
    await refs.update([{ name: 'refs/heads/a', after: noCommit }])
    assert.equal(refs.all().size, 0)
  })

  test('a diff knows what was added, renamed, changed and removed', async (t) => {
    const repository = await openRepository(t)
    const long = 'a text\nof lines\nthat moves\n'
    const from = await treeOf(repository, { old: long, changed: 'x\n', gone: 'only here: 1\n' })
    const to = await treeOf(repository, { 'sub/new': long, changed: 'y\n', 'added ü.txt': '' })
    const files = await diffFiles(repository.path, from, to)
    assert.deepEqual(
      files.map(({ path, status, previousPath, additions, deletions }) => [
        path,
        status,
        previousPath,
        additions,
        deletions,
      ]),
      [
        ['added ü.txt', 'added', undefined, 0, 0],
        ['changed', 'modified', undefined, 1, 1],
        ['gone', 'removed', undefined, 0, 1],
        ['sub/new', 'renamed', 'old', 0, 0],
      ],
    )
    assert.equal(files[1]?.patch, '@@ -1 +1 @@\n-x\n+y')
    assert.deepEqual(await diffFiles(repository.path, to, to), [])
  })
})
