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
    name: 'images',
    summary: 'List the images that the workloads of a folder name',
    usage: 'images DIR [--json]',
    details: [
      'Every container of every workload in the YAML files below DIR, and the images in the values of HelmReleases. Charts are',
      'left alone, symbolic links are not followed. What is wrong in a file goes to stderr and hides nothing of the others.',
      '',
      '  --json  as JSON: docs/cli.md',
    ],
    load: async () => (await import('./images.ts')).runImages,
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
  {
    name: 'plan',
    summary: 'Say what would be released from a folder now, and why the rest would not',
    usage: 'plan DIR [--json]',
    details: [
      'Reads the registries in REGISTRIES or REGISTRIES_FILE (docs/settings.md) and changes nothing. .github/lotse.yaml of DIR',
      'is honoured; without it all of DIR is one cluster. Ends with 1 when the manifests have problems, whatever is released.',
      '',
      '  --json  as JSON: docs/cli.md',
    ],
    load: async () => (await import('./plan.ts')).runPlan,
  },
  {
    name: 'policy',
    summary: 'Set what a workload follows, as annotations in its manifest',
    usage:
      'policy DIR --workload ID [--tag C=PATTERN] [--automate|--deautomate|--lock|--unlock] [--message TEXT] [--json]',
    details: [
      'Changes the annotations and no other byte. Ends with 1 when nothing was changed.',
      '',
      '  --workload ID      namespace:kind/name',
      '  --tag C=PATTERN    the tag policy of container C: web=semver:~1.2; `web=` takes it away; may be repeated',
      '  --automate         release new tags as they come; --deautomate takes that away',
      '  --lock             release nothing, whoever asks; --unlock takes that away',
      '  --message TEXT     why it is locked',
      '  --json             the changes as JSON: docs/cli.md',
    ],
    load: async () => (await import('./policy.ts')).runPolicy,
  },
  {
    name: 'release',
    summary: 'Give an image another tag in the files of a folder',
    usage: 'release DIR --image REF:TAG [--workload ID] [--container C] [--json]',
    details: [
      'Changes the tag wherever DIR uses the image, and no other byte. What is locked, ignored or pinned to a digest is left as',
      'it is. Ends with 1 when nothing was changed, or not everything could be.',
      '',
      '  --image REF:TAG  the image, and the tag that it shall have',
      '  --workload ID    only in this workload: namespace:kind/name',
      '  --container C    only in containers of this name',
      '  --json           the changes as JSON: docs/cli.md',
    ],
    load: async () => (await import('./release.ts')).runRelease,
  },
  {
    name: 'tags',
    summary: 'Try a tag policy: which tags match, in which order, which wins',
    usage: 'tags --policy PATTERN [--image REF | TAG…] [--json]',
    details: [
      'Newest first. `*` wins, `+` matches, `-` does not, each with the reason. Ends with 1 when none wins.',
      '',
      '  --policy PATTERN  semver:~1.2, glob:main-*, regexp:^v[0-9]+$',
      '  --image REF       the tags of this image, from its registry: REGISTRIES or REGISTRIES_FILE (docs/settings.md)',
      '  TAG…              these tags, without asking anybody',
      '  --json            as JSON: docs/cli.md',
    ],
    load: async () => (await import('./tags.ts')).runTags,
  },
]

/** What this installation can do. */
export const commands = known.filter(({ needs }) => needs === undefined || existsSync(new URL(needs, import.meta.url)))
