import type { AgentState, BotMessage } from '../core/agent-protocol.ts'
import { type BotLink, connectToBot } from '../io/agent-link/connect.ts'
import type { ProxyEnvironment } from '../io/agent-link/dial.ts'
import type { AgentSettings, BotAccess } from '../runtime/agent-settings.ts'
import type { Deps } from './deps.ts'
import type { DiffQueue } from './diff-queue.ts'
import type { Loop } from './loop.ts'
import type { World } from './world.ts'

type Hearing = { readonly state: () => AgentState; readonly message: (message: BotMessage) => void }

export function connect(
  { cluster, git: { repository } }: AgentSettings,
  { url, key, publicKey }: BotAccess,
  { log, now, random, environment }: World,
  on: Hearing,
): BotLink {
  const proxy = proxyOf(environment)
  return connectToBot({ url, repository, cluster, key, botKey: publicKey, proxy }, { log, now, random, on })
}

/** Written in capitals or not, as everywhere. */
function proxyOf(environment: World['environment']): ProxyEnvironment {
  const said = (name: string): string | undefined => environment?.[name] ?? environment?.[name.toLowerCase()]
  const [HTTPS_PROXY, NO_PROXY] = [said('HTTPS_PROXY'), said('NO_PROXY')]
  return { ...(HTTPS_PROXY === undefined ? {} : { HTTPS_PROXY }), ...(NO_PROXY === undefined ? {} : { NO_PROXY }) }
}

type Listeners = {
  readonly loop: Loop
  readonly diffs: DiffQueue
  readonly deps: Deps
}

/** All that a bot can ask for; each is a reason to look, and none says what to find. */
export function heard(message: BotMessage, { loop, diffs, deps }: Listeners): void {
  switch (message.kind) {
    case 'fetch':
      return loop.ask('hint', { commit: message.commit })
    case 'sync':
      return loop.ask('command')
    case 'diff':
      return diffs.ask(message)
    case 'report':
      return deps.tellState()
    case 'token':
      return deps.repository.access.receive(message.token)
  }
}

export function stateOf(
  { settings, memory }: Pick<Deps, 'settings' | 'memory'>,
  loop: Loop,
  version: string,
): AgentState {
  const { branch, path } = settings.git
  const { lastReport, lastFull, trouble } = memory
  const syncing = loop.syncing()
  return {
    version,
    path,
    ...(branch === undefined ? {} : { branch }),
    ...(syncing === undefined ? {} : { syncing }),
    ...(lastReport === undefined ? {} : { lastReport }),
    ...(lastFull === undefined ? {} : { lastFull }),
    ...(trouble === undefined ? {} : { trouble }),
  }
}
