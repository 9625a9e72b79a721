import type { KubernetesSettings } from '../io/kubernetes/settings.ts'
import type { Logger } from '../runtime/log.ts'

/** What the agent's process has besides its settings. */
export type World = {
  readonly log: Logger
  readonly now: () => Date
  /** In [0, 1), for jitter. */
  readonly random: () => number
  /** How the machine reaches its network: `HTTPS_PROXY`, `NO_PROXY`, and what git takes of the kind. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Another way to the API server than the settings': a kubeconfig's. */
  readonly kubernetes?: KubernetesSettings
}
