import { startAgent } from '../agent/main.ts'
import type { KubernetesSettings } from '../io/kubernetes/settings.ts'
import { readAgentSettings } from '../runtime/agent-settings.ts'
import { createLogger } from '../runtime/log.ts'
import { untilShutdown } from '../runtime/shutdown.ts'
import { WrongCall, readArguments } from './arguments.ts'

export async function runAgent(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments(args, { kubeconfig: { type: 'boolean' }, context: { type: 'string' } })
  const [file, another] = words
  if (another !== undefined) throw new WrongCall(`expected at most one file, got \`${another}\` too`)
  const { kubeconfig = false, context } = values
  if (!kubeconfig && file !== undefined) throw new WrongCall(`expected nothing after \`lotse agent\`, got \`${file}\``)
  if (!kubeconfig && context !== undefined) throw new WrongCall('expected `--kubeconfig` with `--context`')

  const settings = readAgentSettings(process.env)
  const log = createLogger(settings.log)
  const kubernetes = kubeconfig ? await fromKubeconfig(file, context) : undefined
  const world = { log, now: () => new Date(), random: Math.random, environment: process.env }
  const agent = await startAgent(settings, { ...world, ...(kubernetes === undefined ? {} : { kubernetes }) })
  await untilShutdown({ log, stop: agent.stop })
  return 0
}

/** Loaded only here: what reads kubeconfigs takes more memory than the whole agent. */
async function fromKubeconfig(file?: string, context?: string): Promise<KubernetesSettings> {
  const { kubernetesFromKubeconfig } = await import('./kubeconfig.ts')
  return kubernetesFromKubeconfig(file, context)
}
