import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { personActor } from './caller.ts'
import { ciOf, type Ci } from './ci.ts'
import { timestamp, type GitHub } from './context.ts'
import { createFaults, type Faults, type FaultState } from './faults.ts'
import { createGitRepository } from './git.ts'
import { answerRequest } from './http/front.ts'
import { createObservers, type Observe } from './http/observe.ts'
import { createRateLimiter } from './http/rate-limit.ts'
import { createRouter } from './http/router.ts'
import { startServer } from './http/server.ts'
import { emptyState, findAccount, nextId, requireAccount, requireRepository } from './lookup.ts'
import { addAccount, addApp, addKey, addPersonToken } from './operations/accounts.ts'
import { changeRepositories, installApp, suspendInstallation, uninstallApp } from './operations/installations.ts'
import { addRepository, fillRepository, forkRepository } from './operations/repositories.ts'
import { personNamed, type Person } from './people.ts'
import { createRequestLog, type RequestLog } from './request-log.ts'
import { allRoutes } from './routes/all-routes.ts'
import { readBranchRules, type NewBranchRules, type NewRuleset } from './scene-rules.ts'
import {
  type App,
  type Delivery,
  type Installation,
  type MergeMethod,
  type Repository,
  type Role,
  type State,
} from './state.ts'
import { createOutbox } from './webhooks/deliver.ts'

/** A GitHub on this machine: stateful, over real HTTP, on real bare git repositories. */
export type SandboxGitHub = {
  /** `http://127.0.0.1:1234`: pages for people, and git's smart HTTP at `/OWNER/NAME.git`. */
  readonly webUrl: string
  /** REST; GraphQL is at `webUrl + '/api/graphql'`, as on GitHub Enterprise. */
  readonly apiUrl: string
  readonly state: State

  createOrganization(login: string): { readonly id: number; readonly login: string }
  /** `token` is theirs, for git and the API. */
  createUser(login: string): { readonly id: number; readonly login: string; readonly token: string }
  addMember(organization: string, login: string, role?: 'member' | 'admin'): void

  registerApp(manifest: AppManifest, options: AppOptions): RegisteredApp
  /** A second key while rotating; both are valid. */
  addPrivateKey(appId: number): string
  setWebhookUrl(appId: number, url: string): void
  /** Gives the installation's id; `installation.created` is sent. Without `repositories`: all of the account. */
  install(appId: number, account: string, options?: { readonly repositories?: readonly string[] }): Promise<number>
  uninstall(installationId: number): Promise<void>
  suspend(installationId: number): Promise<void>
  unsuspend(installationId: number): Promise<void>
  changeRepositories(installationId: number, change: RepositoriesChange): Promise<void>

  createRepository(fullName: string, options?: NewRepository): Promise<Repository>
  /** A fork that belongs to `owner`, so that pull requests can come from there. */
  createFork(fullName: string, owner: string): Promise<Repository>
  repository(fullName: string): Repository
  grant(repository: string, login: string, role: Role): void
  person(login: string): Person
  ci(repository: string): Ci

  addRuleset(repository: string, ruleset: NewRuleset): number
  removeRuleset(repository: string, id: number): void
  /** Classic protection: seen by GraphQL and by who may administrate, enforced all the same. */
  protectBranch(repository: string, branch: string, rules: NewBranchRules): void

  /** Oldest first. */
  readonly deliveries: readonly Delivery[]
  /** A new attempt with the same id. */
  redeliver(deliveryId: number): void
  /** Resolves when no webhook is under way. */
  settled(): Promise<void>
  readonly requests: RequestLog
  /** Every exchange over the REST API, with its bodies; gives a function that ends it. */
  readonly observe: Observe
  readonly faults: Faults
  close(): Promise<void>
}

/** `app.yml`, parsed. What is not here is ignored, as GitHub does. */
export type AppManifest = {
  readonly name: string
  readonly url?: string
  readonly description?: string
  readonly default_permissions?: Readonly<Record<string, string>>
  readonly default_events?: readonly string[]
}

export type AppOptions = {
  readonly webhookUrl?: string
  readonly webhookSecret: string
  /** The first organization unless one is named. */
  readonly owner?: string
}

export type RegisteredApp = {
  readonly appId: number
  readonly slug: string
  /** PEM, PKCS#1, as GitHub hands it out. */
  readonly privateKey: string
  readonly botUserId: number
  /** `slug[bot]` */
  readonly botLogin: string
}

export type NewRepository = {
  readonly files?: Readonly<Record<string, string>>
  readonly defaultBranch?: string
  readonly private?: boolean
  /** All three unless said otherwise; the first is what a person's merge takes. */
  readonly mergeMethods?: readonly MergeMethod[]
  readonly deleteBranchOnMerge?: boolean
  readonly allowAutoMerge?: boolean
}

export type RepositoriesChange = { readonly add?: readonly string[]; readonly remove?: readonly string[] }

export type SandboxOptions = {
  /** 0 (the default): any free one. */
  readonly port?: number
  /** Where the bare repositories go; a temporary folder, removed at the end, unless said. */
  readonly directory?: string
  readonly now?: () => Date
}

export async function startGitHub(options: SandboxOptions = {}): Promise<SandboxGitHub> {
  const directory = await openDirectory(options.directory)
  const faults = createFaults()
  const requests = createRequestLog()
  const urls = { web: '', api: '' }
  const github: GitHub = createContext({
    urls,
    directory: directory.path,
    faults,
    now: options.now ?? (() => new Date()),
  })
  const limiter = createRateLimiter(github)
  const deps = { github, router: createRouter(allRoutes), limiter, faults, requests }
  const observers = createObservers()
  const server = await startServer(options.port ?? 0, async (request) => {
    const answer = await answerRequest(deps, request)
    observers.tell(request, answer)
    return answer
  })
  urls.web = server.url
  urls.api = `${server.url}/api/v3`
  return {
    webUrl: urls.web,
    apiUrl: urls.api,
    state: github.state,
    ...accountsOf(github),
    ...appsOf(github),
    ...repositoriesOf(github),
    ...rulesOf(github),
    deliveries: github.state.deliveries,
    settled: () => github.outbox.settled(),
    requests,
    observe: observers.observe,
    faults,
    async close() {
      await server.close()
      await github.outbox.settled()
      await Promise.all([...github.state.repositories.values()].map(({ git }) => git.close()))
      await directory.remove()
    },
  }
}

async function openDirectory(given: string | undefined): Promise<{ readonly path: string; remove(): Promise<void> }> {
  if (given !== undefined) {
    await mkdir(given, { recursive: true })
    return { path: given, remove: async () => undefined }
  }
  const path = await mkdtemp(join(tmpdir(), 'sandbox-github-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

type ContextParts = Pick<GitHub, 'urls' | 'now'> & { readonly directory: string; readonly faults: FaultState }

function createContext({ urls, now, directory, faults }: ContextParts): GitHub {
  const github: GitHub = {
    state: emptyState(),
    now,
    urls,
    outbox: createOutbox(() => github, faults),
    looks: { takeUnknown: () => faults.takeUnknownMergeability() },
    createGit: (id, defaultBranch) => createGitRepository(join(directory, `${id}.git`), { defaultBranch }),
  }
  return github
}

type Part<K extends keyof SandboxGitHub> = Pick<SandboxGitHub, K>

function accountsOf(
  github: GitHub,
): Part<'createOrganization' | 'createUser' | 'addMember' | 'person' | 'ci' | 'grant'> {
  const { state } = github
  return {
    createOrganization: (login) => addAccount(github, login, 'Organization'),
    createUser(login) {
      const account = addAccount(github, login, 'User')
      return { id: account.id, login, token: addPersonToken(github, account) }
    },
    addMember(organization, login, role = 'member') {
      requireAccount(state, organization).members.set(requireAccount(state, login).id, role)
    },
    grant(name, login, role) {
      requireRepository(state, name).collaborators.set(requireAccount(state, login).id, role)
    },
    person: (login) => personNamed(github, login),
    ci: (name) => ciOf(github, name),
  }
}

type AppVerbs =
  | 'registerApp'
  | 'addPrivateKey'
  | 'setWebhookUrl'
  | 'install'
  | 'uninstall'
  | 'suspend'
  | 'unsuspend'
  | 'changeRepositories'
  | 'redeliver'

function appsOf(github: GitHub): Part<AppVerbs> {
  const { state } = github
  const appWith = (id: number): App => found(state.apps.get(id), `app ${id}`)
  const installationWith = (id: number): Installation => found(state.installations.get(id), `installation ${id}`)
  const named = (names: readonly string[]): readonly Repository[] => names.map((name) => requireRepository(state, name))
  return {
    registerApp: (manifest, options) => register(github, manifest, options),
    addPrivateKey: (appId) => addKey(appWith(appId)),
    setWebhookUrl(appId, url) {
      found(appWith(appId).hook, `webhook of app ${appId}`).url = url
    },
    async install(appId, login, { repositories } = {}) {
      const account = requireAccount(state, login)
      const chosen = repositories === undefined ? undefined : named(repositories)
      return (await installApp(github, { app: appWith(appId), account }, chosen)).id
    },
    uninstall: async (id) => uninstallApp(github, installationWith(id)),
    suspend: async (id) => suspendInstallation(github, installationWith(id), { suspended: true }),
    unsuspend: async (id) => suspendInstallation(github, installationWith(id), { suspended: false }),
    changeRepositories: async (id, { add = [], remove = [] }) =>
      changeRepositories(github, installationWith(id), { add: named(add), remove: named(remove) }),
    redeliver(id) {
      const delivery = state.deliveries.find((candidate) => candidate.id === id)
      github.outbox.redeliver(found(delivery, `delivery ${id}`))
    },
  }
}

function register(github: GitHub, manifest: AppManifest, options: AppOptions): RegisteredApp {
  const organization = [...github.state.accounts.values()].find(({ type }) => type === 'Organization')
  const owner = options.owner === undefined ? organization : findAccount(github.state, options.owner)
  const app = addApp(github, {
    name: manifest.name,
    ...(manifest.url === undefined ? {} : { url: manifest.url }),
    ...(manifest.description === undefined ? {} : { description: manifest.description }),
    owner: owner ?? addAccount(github, 'app-owner', 'Organization'),
    permissions: manifest.default_permissions ?? {},
    events: manifest.default_events ?? [],
    hook: { url: options.webhookUrl ?? '', secret: options.webhookSecret },
  })
  return {
    appId: app.id,
    slug: app.slug,
    privateKey: addKey(app),
    botUserId: app.bot.id,
    botLogin: app.bot.login,
  }
}

function repositoriesOf(github: GitHub): Part<'createRepository' | 'createFork' | 'repository'> {
  const { state } = github
  return {
    async createRepository(name, options = {}) {
      const {
        files = { 'README.md': `# ${name}\n` },
        defaultBranch = 'main',
        private: isPrivate = true,
        ...rest
      } = options
      const [login = '', short = ''] = name.split('/')
      const owner = requireAccount(state, login)
      const repository = await addRepository(github, { ...rest, owner, name: short, defaultBranch, private: isPrivate })
      await fillRepository(github, { repository, actor: personActor(owner) }, files)
      return repository
    },
    createFork: async (name, owner) =>
      forkRepository(github, requireRepository(state, name), requireAccount(state, owner)),
    repository: (name) => requireRepository(state, name),
  }
}

function rulesOf(github: GitHub): Part<'addRuleset' | 'removeRuleset' | 'protectBranch'> {
  const { state } = github
  return {
    addRuleset(name, { branch, name: title = `rules of ${branch}`, bypassApps = [], ...rules }) {
      const id = nextId(state)
      const createdAt = timestamp(github)
      const ruleset = { id, name: title, enforcement: 'active' as const, branch, bypassApps, createdAt }
      requireRepository(state, name).rulesets.set(id, { ...ruleset, rules: readBranchRules(rules) })
      return id
    },
    removeRuleset: (name, id) => void requireRepository(state, name).rulesets.delete(id),
    protectBranch: (name, branch, rules) =>
      void requireRepository(state, name).protections.set(branch, readBranchRules(rules)),
  }
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is no ${what}`)
  return value
}
