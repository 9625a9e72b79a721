import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type GitHub } from './context.ts'
import { createFaults, type Faults, type FaultState } from './faults.ts'
import { createGitRepository } from './git.ts'
import { answerRequest } from './http/front.ts'
import { createObservers, type Observe } from './http/observe.ts'
import { createRateLimiter } from './http/rate-limit.ts'
import { createRouter } from './http/router.ts'
import { startServer } from './http/server.ts'
import { emptyState } from './lookup.ts'
import { createRequestLog, type RequestLog } from './request-log.ts'
import { allRoutes } from './routes/all-routes.ts'
import { accountsOf, type Accounts } from './scene/accounts.ts'
import { appsOf, type Apps } from './scene/apps.ts'
import { repositoriesOf, type Repositories } from './scene/repositories.ts'
import { type Delivery, type State } from './state.ts'
import { createOutbox } from './webhooks/deliver.ts'

export { type AppManifest, type RegisteredApp } from './scene/apps.ts'

/** A GitHub on this machine: stateful, over real HTTP, on real bare git repositories. */
export type SandboxGitHub = Accounts &
  Apps &
  Repositories & {
    /** `http://127.0.0.1:1234`: pages for people, and git's smart HTTP at `/OWNER/NAME.git`. */
    readonly webUrl: string
    /** REST; GraphQL is at `webUrl + '/api/graphql'`, as on GitHub Enterprise. */
    readonly apiUrl: string
    readonly state: State

    /** Oldest first. */
    readonly deliveries: readonly Delivery[]
    /** Resolves when no webhook is under way. */
    settled(): Promise<void>
    readonly requests: RequestLog
    /** Every exchange over the REST API, with its bodies; gives a function that ends it. */
    readonly observe: Observe
    readonly faults: Faults
    close(): Promise<void>
  }

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
  const stop = new AbortController()
  const urls = { web: '', api: '' }
  const github: GitHub = createContext({
    urls,
    directory: directory.path,
    faults,
    stopped: stop.signal,
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
    deliveries: github.state.deliveries,
    settled: () => github.outbox.settled(),
    requests,
    observe: observers.observe,
    faults,
    async close() {
      await server.close()
      stop.abort()
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

type ContextParts = Pick<GitHub, 'urls' | 'now'> & {
  readonly directory: string
  readonly faults: FaultState
  readonly stopped: AbortSignal
}

function createContext({ urls, now, directory, faults, stopped }: ContextParts): GitHub {
  const github: GitHub = {
    state: emptyState(),
    now,
    urls,
    outbox: createOutbox(() => github, { faults, stopped }),
    looks: {
      takeUnknown: () => faults.takeUnknownMergeability(),
      takeForgottenBlob: () => faults.takeForgottenBlob(),
    },
    createGit: (id, defaultBranch) => createGitRepository(join(directory, `${id}.git`), { defaultBranch }),
  }
  return github
}
