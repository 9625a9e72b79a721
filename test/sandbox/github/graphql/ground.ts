import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext } from 'node:test'
import { personActor, type Actor, type Caller } from '../../../../src/sandbox/github/caller.ts'
import { type GitHub } from '../../../../src/sandbox/github/context.ts'
import { executeGraphQL, type GraphQLAnswer } from '../../../../src/sandbox/github/graphql/execute.ts'
import { createGitRepository } from '../../../../src/sandbox/github/git.ts'
import { emptyState, nextId } from '../../../../src/sandbox/github/lookup.ts'
import { commitFiles } from '../../../../src/sandbox/github/operations/contents.ts'
import { createPull } from '../../../../src/sandbox/github/operations/pulls.ts'
import {
  type Account,
  type App,
  type Permissions,
  type Pull,
  type Repository,
} from '../../../../src/sandbox/github/state.ts'

const now = new Date('2026-11-22T18:00:00Z')
const at = '2026-11-22T18:00:00Z'

/** A GitHub without a server: the organisation `acme`, its repository `gitops`, the person `ann`, the app `lotse`. */
export type Ground = {
  readonly github: GitHub
  readonly repository: Repository
  readonly ann: Actor
  readonly lotse: Actor
  /** What the outbox was told: `push`, `pull_request.synchronize`. */
  readonly events: readonly string[]
  app(slug: string): App
  as(permissions: Permissions): Caller
  commit(branch: string, files: Readonly<Record<string, string | Buffer | null>>, message?: string): Promise<string>
  openPull(actor: Actor, head: string, title?: string, body?: string): Promise<Pull>
}

export async function breakGround(t: TestContext): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-github-'))
  const { github, events } = emptyGitHub(folder)
  const acme = account(github, 'acme', 'Organization')
  const ann = personActor(account(github, 'ann', 'User'))
  const repository = await newRepository(github, acme)
  t.after(async () => {
    await repository.git.close()
    await rm(folder, { recursive: true, force: true })
  })
  repository.collaborators.set(ann.account.id, 'write')
  const lotse = newApp(github, acme, 'lotse')
  const everything = { contents: 'write', pull_requests: 'write', checks: 'write', workflows: 'write' } as const
  const installation = {
    id: nextId(github.state),
    app: lotse,
    account: acme,
    selection: 'all',
    repositories: new Set<number>(),
    permissions: everything,
    events: [],
    suspendedAt: undefined,
    createdAt: at,
    updatedAt: at,
  } as const
  const ground: Ground = {
    github,
    repository,
    ann,
    lotse: { account: lotse.bot, app: lotse, permissions: everything },
    events,
    app: (slug) => newApp(github, acme, slug),
    as: (permissions) => ({ kind: 'installation', installation, permissions, repositories: undefined }),
    commit: (branch, files, message = 'Change') =>
      commitFiles(
        github,
        { repository, actor: ann },
        {
          branch,
          message,
          files: new Map(
            Object.entries(files).map(([path, content]) => [path, content === null ? null : Buffer.from(content)]),
          ),
          ...(branch === 'main' ? {} : { startAt: repository.git.refs.get('refs/heads/main') ?? '' }),
        },
      ),
    openPull: (actor, head, title = 'Auto-release', body) =>
      createPull(
        github,
        { repository, actor },
        { title, body: body ?? null, head, base: 'main', draft: false, maintainerCanModify: true },
      ),
  }
  await ground.commit('main', { 'README.md': '# gitops\n', 'clusters/staging/app.yaml': 'tag: 1.2.0\n' }, 'Start')
  return ground
}

function emptyGitHub(folder: string): { readonly github: GitHub; readonly events: string[] } {
  const events: string[] = []
  const github: GitHub = {
    state: emptyState(),
    now: () => now,
    urls: { web: 'http://github.test', api: 'http://github.test/api/v3' },
    outbox: {
      emit: async ({ name, action, payload }) => {
        events.push(action === undefined ? name : `${name}.${action}`)
        await payload()
      },
      redeliver: () => undefined,
      settled: async () => undefined,
    },
    looks: { takeUnknown: () => false, takeForgottenBlob: () => false },
    createGit: (id, defaultBranch) => createGitRepository(join(folder, `${id}.git`), { defaultBranch }),
  }
  return { github, events }
}

function account(github: GitHub, login: string, type: Account['type']): Account {
  const made: Account = { id: nextId(github.state), login, type, createdAt: at, members: new Map() }
  github.state.accounts.set(made.id, made)
  return made
}

function newApp(github: GitHub, owner: Account, slug: string): App {
  const app: App = {
    id: nextId(github.state),
    slug,
    name: slug,
    description: null,
    externalUrl: 'http://bot.test',
    owner,
    bot: account(github, `${slug}[bot]`, 'Bot'),
    permissions: {},
    events: [],
    publicKeys: [],
    hook: undefined,
    createdAt: at,
  }
  github.state.apps.set(app.id, app)
  return app
}

async function newRepository(github: GitHub, owner: Account): Promise<Repository> {
  const id = nextId(github.state)
  const repository: Repository = {
    id,
    owner,
    name: 'gitops',
    private: true,
    archived: false,
    description: undefined,
    defaultBranch: 'main',
    parent: undefined,
    createdAt: at,
    updatedAt: at,
    pushedAt: at,
    mergeMethods: ['squash', 'merge'],
    deleteBranchOnMerge: false,
    allowAutoMerge: false,
    git: await github.createGit(id, 'main'),
    collaborators: new Map(),
    issues: new Map(),
    comments: new Map(),
    labels: new Map(),
    checkSuites: new Map(),
    checkRuns: new Map(),
    deployments: new Map(),
    statuses: [],
    rulesets: new Map(),
    protections: new Map(),
  }
  github.state.repositories.set(id, repository)
  return repository
}

export const all: Permissions = {
  metadata: 'read',
  contents: 'write',
  pull_requests: 'write',
  checks: 'read',
  statuses: 'read',
}
export const noFaults = <T>(_: string, effect: () => Promise<T>): Promise<T> => effect()

export function ask(
  ground: Ground,
  query: string,
  { permissions = all, variables = {} }: { permissions?: Permissions; variables?: Record<string, unknown> } = {},
): Promise<GraphQLAnswer> {
  return executeGraphQL(
    { query, variables },
    { github: ground.github, caller: ground.as(permissions), write: noFaults },
  )
}

/** The data, as a client parses it; an error is a failure of the test. */
export async function tell(ground: Ground, query: string, variables: Record<string, unknown> = {}): Promise<unknown> {
  const { data, errors } = await ask(ground, query, { variables })
  assert.equal(errors, undefined)
  return JSON.parse(JSON.stringify(data))
}

export function inRepository(fields: string): string {
  return `{ repository(owner: "ACME", name: "gitops") { ${fields} } }`
}
