import { createAppAuth } from '@octokit/auth-app'
import { Octokit } from '@octokit/rest'
import type { InstallationId, RepoId } from '../../core/ids.ts'
import { Secret } from '../../core/secret.ts'
import { type ContentLimits, createContentLimits } from './content-limit.ts'
import { translateError } from './errors.ts'

export type GitHubSettings = {
  readonly appId: number
  readonly privateKey: Secret
  /** Where the REST API answers: `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise Server. */
  readonly apiUrl: string
}

/** What a token may do. Each journey asks for the least that carries it, for one repository. */
export const profiles = {
  read: { contents: 'read', metadata: 'read', checks: 'read', statuses: 'read', pull_requests: 'read' },
  release: { contents: 'write', pull_requests: 'write', checks: 'write', statuses: 'read', metadata: 'read' },
  /** Only where a team is named: the release must not fail where the organisation keeps its teams to itself. */
  reviewers: { pull_requests: 'write', members: 'read', metadata: 'read' },
  chat: {
    issues: 'write',
    pull_requests: 'write',
    metadata: 'read',
    contents: 'read',
    checks: 'read',
    statuses: 'read',
  },
  deployment: { deployments: 'write', checks: 'write', contents: 'write', metadata: 'read' },
  diff: { checks: 'write', issues: 'write', pull_requests: 'write', contents: 'read', metadata: 'read' },
} as const

export type TokenProfile = keyof typeof profiles
export type TokenScope = {
  readonly installation: InstallationId
  readonly repository: RepoId
  readonly profile: TokenProfile
}

export type Client = Octokit

export type GitHub = {
  /** As the app itself (a signed JWT): installations, tokens, deliveries. */
  readonly app: Octokit
  /** As one installation of the app, held to one repository and one profile. */
  as(scope: TokenScope): Promise<Octokit>
  /** As an installation with all it was granted to see; for the list of its repositories only. */
  asInstallation(installation: InstallationId): Promise<Octokit>
  /** As an installation that reads code and pull requests of all that it may see; for a glance at many only. */
  asReader(installation: InstallationId): Promise<Octokit>
  /** For an agent: reads this one repository by git and can do nothing else. Never one that another agent has. */
  mintGitToken(installation: InstallationId, repository: RepoId): Promise<GitToken>
  /** Throws `ContentLimit` while no release may be opened; asked before anything of it is written. */
  readonly expectContentRoom: ContentLimits['expectRoom']
}

export type GitToken = { readonly token: Secret; readonly expiresAt: Date }

type Deps = { readonly now: () => Date }
/** What a token is held to. */
type Held = Omit<
  NonNullable<Parameters<Octokit['rest']['apps']['createInstallationAccessToken']>[0]>,
  'installation_id'
>
type CachedToken = { readonly octokit: Promise<Octokit>; readonly expiresAt: number }

const tokenLifeMs = 50 * 60_000
const requestTimeoutMs = 30_000

/**
 * Octokit without its throttling and retry plugins: those wait seconds for each write and repeat a POST that GitHub
 * has carried out and answered with 502. A job that fails is run again instead, and looks before it writes.
 */
export function createGitHub(settings: GitHubSettings, deps: Deps): GitHub {
  const tokens = new Map<string, CachedToken>()
  const contentLimits = createContentLimits(deps.now)
  const app = octokit(settings.apiUrl, {
    authStrategy: createAppAuth,
    auth: { appId: settings.appId, privateKey: settings.privateKey.reveal() },
  })

  function cached(key: string, installation: InstallationId, held: Held): Promise<Octokit> {
    const known = tokens.get(key)
    if (known !== undefined && known.expiresAt > deps.now().getTime()) return known.octokit
    const client = mint(installation, held).then(({ token }) => {
      const own = withToken(token, () => tokens.delete(key))
      own.hook.before('request', (request) => contentLimits.spend(installation, request))
      return own
    })
    tokens.set(key, { octokit: client, expiresAt: deps.now().getTime() + tokenLifeMs })
    client.catch(() => tokens.delete(key))
    return client
  }

  function withToken(token: string, forget: () => void): Octokit {
    const client = octokit(settings.apiUrl, { auth: token })
    client.hook.error('request', (error) => {
      if ('status' in error && error.status === 401) forget()
      throw error
    })
    return client
  }

  async function mint(installation: InstallationId, held: Held) {
    return (await app.rest.apps.createInstallationAccessToken({ installation_id: installation, ...held })).data
  }

  return {
    app,
    as: ({ installation, repository, profile }) =>
      cached(`${installation}/${repository}/${profile}`, installation, {
        repository_ids: [repository],
        permissions: profiles[profile],
      }),
    asInstallation: (installation) => cached(`${installation}`, installation, { permissions: { metadata: 'read' } }),
    asReader: (installation) =>
      cached(`${installation}/*/read`, installation, {
        permissions: { contents: 'read', pull_requests: 'read', metadata: 'read' },
      }),
    async mintGitToken(installation, repository) {
      const permissions = { contents: 'read', metadata: 'read' } as const
      const { token, expires_at: end } = await mint(installation, { repository_ids: [repository], permissions })
      return { token: new Secret(token), expiresAt: new Date(end) }
    },
    expectContentRoom: contentLimits.expectRoom,
  }
}

function octokit(baseUrl: string, options: ConstructorParameters<typeof Octokit>[0]): Octokit {
  const client = new Octokit({ ...options, baseUrl, userAgent: 'lotse', log: silent })
  client.hook.wrap('request', async (request, requestOptions) => {
    try {
      return await request({
        ...requestOptions,
        request: { ...requestOptions.request, signal: AbortSignal.timeout(requestTimeoutMs) },
      })
    } catch (error) {
      throw translateError(error, `${requestOptions.method} ${requestOptions.url}`)
    }
  })
  return client
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
