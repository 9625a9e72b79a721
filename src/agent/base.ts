import { join } from 'node:path'
import { syncLabel } from '../core/sync/mark.ts'
import { syncIdOf } from '../core/sync/sync-id.ts'
import { UserError } from '../core/user-error.ts'
import type { BotLink } from '../io/agent-link/connect.ts'
import { openMirror } from '../io/git/mirror.ts'
import { createKubernetes } from '../io/kubernetes/client.ts'
import type { KubernetesSettings } from '../io/kubernetes/settings.ts'
import type { AgentSettings } from '../runtime/agent-settings.ts'
import type { Deps, Memory } from './deps.ts'
import { createGitAccess } from './git-access.ts'
import { createInventoryStore } from './inventory-store.ts'
import type { World } from './world.ts'

/** All that needs nobody else. */
export function createBase(
  settings: AgentSettings,
  { log, now, environment, kubernetes: elsewhere }: World,
  bot: { readonly link?: BotLink },
): Omit<Deps, 'follow' | 'tellState'> {
  const { cluster, namespace, git } = settings
  const id = syncIdOf({ repository: git.repository, cluster })
  const selector = `${syncLabel}=${id}`
  const kubernetes = createKubernetes(elsewhere ?? kubernetesSettings(settings))
  const access = createGitAccess(git.access, () => {
    if (bot.link?.connected() !== true) return false
    bot.link.say({ kind: 'token-wanted' })
    return true
  })
  const folder = join(settings.dataDir, 'repository')
  const mirror = openMirror(
    { url: git.url, folder, credential: access.credential },
    { log, environment: environment ?? {} },
  )
  const memory: Memory = {
    parsed: new Map(),
    narrow: new Set(),
    durations: new Map(),
    isStale: false,
    fetched: false,
    looked: false,
    gitFailures: 0,
  }
  return {
    settings,
    id,
    selector,
    kubernetes,
    repository: { mirror, access },
    inventory: createInventoryStore({ kubernetes, namespace, cluster, id, selector, log }),
    memory,
    say: (message) => bot.link?.say(message),
    link: { retry: () => bot.link?.retry() },
    log,
    now,
  }
}

function kubernetesSettings({ kubernetes }: AgentSettings): KubernetesSettings {
  if (kubernetes === undefined) {
    throw new UserError('expected KUBERNETES_SERVER, for this is no pod', {
      help: 'Run it in a cluster, or give it a kubeconfig: lotse agent --kubeconfig',
    })
  }
  const { server, caFile, tokenFile } = kubernetes
  return { server, ca: { file: caFile }, credentials: { kind: 'token', token: { file: tokenFile } } }
}
