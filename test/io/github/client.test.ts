import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, test } from 'node:test'
import { parseRepoId } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { openMirror } from '../../../src/io/git/mirror.ts'
import { type TokenProfile, profiles } from '../../../src/io/github/client.ts'
import { mainHead, openGround } from './ground.ts'

const ground = await openGround()
const { sandbox, github, installation, repository, clock } = ground
const other = guaranteed(parseRepoId((await sandbox.createRepository('acme/other')).id))

const mint = 'POST /app/installations/{installation_id}/access_tokens'
const minutesMs = 60_000
let hours = 0

beforeEach(() => {
  // What earlier tests were given has run out by now.
  hours += 2
  clock.client = new Date(Date.now() + hours * 60 * minutesMs)
  sandbox.requests.reset()
  sandbox.faults.clear()
})

function minted(): number {
  return sandbox.requests.byRoute()[mint] ?? 0
}

/** What the sandbox would let the last token do. */
function lastToken(): unknown {
  const token = [...sandbox.state.tokens.values()].at(-1)
  assert.ok(token?.kind === 'installation')
  return { permissions: token.permissions, repositories: token.repositories && [...token.repositories] }
}

describe('a token', () => {
  for (const profile of Object.keys(profiles) as TokenProfile[]) {
    test(`for ${profile} may do that on one repository, and no more`, async () => {
      await github.as({ installation, repository, profile })
      assert.deepEqual(lastToken(), { permissions: profiles[profile], repositories: [repository] })
    })
  }

  test('for the list of repositories may do nothing else', async () => {
    const octokit = await github.asInstallation(installation)
    assert.deepEqual(lastToken(), { permissions: { metadata: 'read' }, repositories: undefined })
    const { data } = await octokit.rest.apps.listReposAccessibleToInstallation()
    assert.deepEqual(data.repositories.map(({ full_name }) => full_name).toSorted(), ['acme/gitops', 'acme/other'])
    const file = { owner: 'acme', repo: 'gitops', path: 'README.md' }
    await assert.rejects(octokit.rest.repos.getContent(file), { name: 'UserError', message: /contents=read/ })
  })

  test('does not see another repository of the same installation', async () => {
    const octokit = await github.as({ installation, repository, profile: 'release' })
    const head = { owner: 'acme', repo: 'gitops', ref: 'heads/main' }
    await octokit.rest.git.getRef(head)
    await assert.rejects(octokit.rest.git.getRef({ ...head, repo: 'other' }), { status: 404 })
  })

  test('that only reads cannot write', async () => {
    const octokit = await github.as({ installation, repository, profile: 'read' })
    const label = octokit.rest.pulls.create({ owner: 'acme', repo: 'gitops', head: 'x', base: 'main', title: 'x' })
    await assert.rejects(label, { name: 'UserError', message: /pull_requests=write/ })
  })

  test('is minted once for its scope, also when many ask at once', async () => {
    const scope = { installation, repository, profile: 'release' } as const
    const clients = await Promise.all(Array.from({ length: 5 }, () => github.as(scope)))
    clients.push(await github.as(scope))
    assert.deepEqual([new Set(clients).size, minted()], [1, 1])
  })

  test('is another for another profile, repository or the whole installation', async () => {
    await github.as({ installation, repository, profile: 'release' })
    await github.as({ installation, repository, profile: 'read' })
    await github.as({ installation, repository: other, profile: 'read' })
    await github.asInstallation(installation)
    assert.equal(minted(), 4)
  })

  test('is minted again before it runs out after an hour', async () => {
    const scope = { installation, repository, profile: 'release' } as const
    const begin = clock.client?.getTime() ?? 0
    await github.as(scope)
    clock.client = new Date(begin + 49 * minutesMs)
    await github.as(scope)
    assert.equal(minted(), 1)
    clock.client = new Date(begin + 51 * minutesMs)
    await github.as(scope)
    assert.equal(minted(), 2)
  })

  test('that GitHub knows no more is minted again', async () => {
    const scope = { installation, repository, profile: 'release' } as const
    const octokit = await github.as(scope)
    await octokit.rest.apps.revokeInstallationAccessToken()
    const head = { owner: 'acme', repo: 'gitops', ref: 'heads/main' }
    await assert.rejects(octokit.rest.git.getRef(head), { status: 401 })
    await (await github.as(scope)).rest.git.getRef(head)
    assert.equal(minted(), 2)
  })

  test('that could not be minted is asked for again', async () => {
    const scope = { installation, repository, profile: 'release' } as const
    sandbox.faults.refuse(mint, 502)
    await assert.rejects(github.as(scope), { name: 'GitHubUnavailable' })
    await github.as(scope)
    assert.equal(minted(), 2)
  })

  test('stays when a request of it is limited', async () => {
    const scope = { installation, repository, profile: 'release' } as const
    const octokit = await github.as(scope)
    const head = { owner: 'acme', repo: 'gitops', ref: 'heads/main' }
    sandbox.faults.limitRate('primary')
    await assert.rejects(octokit.rest.git.getRef(head), (error: unknown) => {
      assert.ok(error instanceof Error && 'retryAfterMs' in error && typeof error.retryAfterMs === 'number')
      // The sandbox fills a budget an hour after it was first spent from.
      assert.ok(error.retryAfterMs > 50 * minutesMs && error.retryAfterMs <= 60 * minutesMs, `${error.retryAfterMs}`)
      return true
    })
    sandbox.faults.limitRate('secondary')
    await assert.rejects(octokit.rest.git.getRef(head), { name: 'GitHubUnavailable', retryAfterMs: 60_000 })
    await (await github.as(scope)).rest.git.getRef(head)
    assert.equal(minted(), 1)
  })
})

describe('an agent’s token', () => {
  test('reads one repository by git, and nothing else', async () => {
    const { token, expiresAt } = await github.mintGitToken(installation, repository)
    assert.ok(expiresAt.getTime() > Date.now())
    assert.deepEqual(lastToken(), { permissions: { contents: 'read', metadata: 'read' }, repositories: [repository] })
    assert.ok(sandbox.state.tokens.has(token.reveal()))
  })

  test('is one that git takes', async (t) => {
    const { token } = await github.mintGitToken(installation, repository)
    const folder = await mkdtemp(join(tmpdir(), 'lotse-token-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const open = (url: string) =>
      openMirror({ url, folder, credential: async () => ({ kind: 'token', token }) }, { log: { warn: () => {} } })
    assert.equal((await open(`${sandbox.webUrl}/acme/gitops`).fetchBranch(undefined)).head, mainHead(ground))
    await assert.rejects(open(`${sandbox.webUrl}/acme/other`).fetchBranch(undefined), { class: 'not-found' })
  })

  test('is another one each time', async () => {
    const tokens = [
      await github.mintGitToken(installation, repository),
      await github.mintGitToken(installation, repository),
    ]
    assert.equal(new Set(tokens.map(({ token }) => token.reveal())).size, 2)
  })
})
