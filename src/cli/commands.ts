import { existsSync } from 'node:fs'

export type CliCommand = {
  readonly name: string
  readonly summary: string
  readonly usage: string
  readonly details: readonly string[]
  /** Loaded when it is called, so that `--help` is quick. */
  /** What it cannot do without, though it may be missing: the image has no sandbox. */
  readonly needs?: '../sandbox'
  readonly load: () => Promise<(args: readonly string[]) => Promise<number>>
}

const known: readonly CliCommand[] = [
  {
    name: 'agent',
    summary: 'Run the agent of a cluster',
    usage: 'agent [--kubeconfig [FILE]] [--context NAME]',
    details: [
      'Its settings are environment variables: docs/agent.md.',
      '',
      '  --kubeconfig [FILE]  reach the cluster as kubectl does; without FILE, by KUBECONFIG or ~/.kube/config',
      '  --context NAME       another context than the current one',
    ],
    load: async () => (await import('./agent.ts')).runAgent,
  },
  {
    name: 'bot',
    summary: 'Run the GitHub App',
    usage: 'bot',
    details: ['Its settings are environment variables: docs/settings.md, and .env.example to start from.'],
    load: async () => (await import('./bot.ts')).runBot,
  },
  {
    name: 'demo',
    summary: 'Show the whole on this machine: a GitHub, a registry, the bot, a Kubernetes API server and its agent',
    usage: 'demo [--once] [--verbose] [--no-cluster] | demo push TAG [--registry URL]',
    details: [
      '  --once          end after the story, with exit code 0',
      '  --verbose       show the log of the bot and of the agent, too',
      '  --no-cluster    the bot’s half alone, where an API server cannot be had',
      '  push TAG        push another tag of the demo’s image, from a second terminal',
      '  --registry URL  where the running demo’s registry is; the demo prints it',
    ],
    needs: '../sandbox',
    load: async () => (await import('./demo.ts')).runDemo,
  },
  {
    name: 'key',
    summary: 'Make the key that an agent or the bot proves itself with',
    usage: 'key [--out FILE] | key --public FILE',
    details: [
      'Prints the public line, for `agents` in .github/lotse.yaml or for the agent’s settings.',
      '',
      '  --out FILE     where the private key goes, readable by you only; lotse.key without it; never overwrites',
      '  --public FILE  print the public line of a private key that is there',
    ],
    load: async () => (await import('./key.ts')).runKey,
  },
]

/** What this installation can do. */
export const commands = known.filter(({ needs }) => needs === undefined || existsSync(new URL(needs, import.meta.url)))
