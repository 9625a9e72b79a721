import { type ClusterName, type FilePath, parseClusterName } from '../ids.ts'
import { type Parsed, type Problem, guaranteed, parsed, refused } from '../parsed.ts'
import { type AgentKey, parseAgentKey, sharedAgentKeys } from './agent-key.ts'
import { type ClusterPath, isIn, overlappingPaths, parseClusterPath } from './cluster-path.ts'
import { parseDuration } from './duration.ts'
import { type Freeze, freezeShape } from './freeze.ts'
import { type ImageRule, imageRuleShape, pathPatterns, unknownClusters } from './image-rule.ts'
import type { PathPattern } from './path-pattern.ts'
import { type PullRequestRules, pullRequestsShape } from './pull-requests.ts'
import { type ReleaseWindow, windowShape } from './release-window.ts'
import { type Shape, checked, listOf, mapOf, oneOf, recordOf, textOf, wholeNumber } from './shape.ts'
import { readSource } from './source.ts'

export type { Freeze } from './freeze.ts'
export type { ImageRule } from './image-rule.ts'
export type { PathPattern } from './path-pattern.ts'
export type { PullRequestRules, Reviewer } from './pull-requests.ts'
export type { ReleaseWindow, Weekday } from './release-window.ts'

/** What `.github/lotse.yaml` says, defaults applied. Plain JSON: the store keeps it. */
export type Configuration = {
  readonly version: 1
  /** Look names that come from elsewhere up with `clusterNamed`: `constructor` is in every record. */
  readonly clusters: Readonly<Record<ClusterName, Cluster>>
  /** The default of every cluster. */
  readonly release: ReleaseRules
  readonly pullRequests: PullRequestRules
  /** The first that fits counts: ask `imageRuleFor`. */
  readonly images: readonly ImageRule[]
}

export type Cluster = {
  readonly path: ClusterPath
  /** Public keys that may speak for this cluster; two while rotating. */
  readonly agents: readonly AgentKey[]
  /** The GitHub environment of its deployments. */
  readonly environment?: string
  readonly prune: PruneRules
  /** What the cluster says, and where it is silent what `release` says. */
  readonly release: ReleaseRules
}

export type PruneRules = {
  /** How many objects a sync may delete by itself; where more are gone from git, somebody must agree. */
  readonly budget: number
}

export type ReleaseRules = {
  readonly merge: MergeRule
  readonly mergeMethod: MergeMethod
  readonly checks: ChecksRule
  readonly group: GroupRule
  /** How long a digest must have been known before it is released. */
  readonly minimumAgeMs: number
  /** In a freeze, and outside the window, nothing is merged or committed by itself. */
  readonly freeze: readonly Freeze[]
  /** undefined: always. */
  readonly window?: ReleaseWindow
  /** How many pull requests of releases may be open for one cluster. */
  readonly maxOpen: number
  /** Files in which nothing is released. */
  readonly ignore: readonly PathPattern[]
}

/** `commit`: written to the branch itself, without a pull request. */
export type MergeRule = 'manual' | 'auto' | 'commit'
/** What travels together in one pull request, always within one cluster. */
export type GroupRule = 'image' | 'workload' | 'all'
export type MergeMethod = 'merge' | 'squash' | 'rebase'
export type ChecksRule = 'required' | 'none'

/** Where the configuration stands in a repository. */
export const configurationPath = '.github/lotse.yaml'

const defaultBudget = 10
const defaultCluster = 'default'
const defaults: ReleaseRules = {
  merge: 'manual',
  mergeMethod: 'squash',
  checks: 'required',
  group: 'image',
  minimumAgeMs: 0,
  freeze: [],
  maxOpen: 10,
  ignore: [],
}

const release = mapOf(
  {
    merge: oneOf('manual', 'auto', 'commit'),
    'merge-method': oneOf('merge', 'squash', 'rebase'),
    checks: oneOf('required', 'none'),
    group: oneOf('image', 'workload', 'all'),
    'minimum-age': textOf('a duration like `90m`, `2h` or `3d`', parseDuration),
    freeze: listOf(freezeShape, { atMost: 50 }),
    window: windowShape,
    'max-open': wholeNumber({ atLeast: 1, atMost: 100 }),
    ignore: pathPatterns,
  },
  [],
)

const cluster = mapOf(
  {
    path: textOf('a path', parseClusterPath),
    agents: listOf(textOf('text, a public key', parseAgentKey), { atMost: 2 }),
    environment: textOf('text, the name of a GitHub environment', parseEnvironment),
    prune: mapOf({ budget: wholeNumber({ atLeast: 0, atMost: 1000 }) }, []),
    release,
  },
  ['path'],
)

/** The whole file, a row per key: a new key is a new row, here and in `schema/v1.json`. */
export const configurationShape = checked(
  mapOf(
    {
      version: oneOf(1),
      clusters: recordOf(cluster, {
        parseKey: parseClusterName,
        together: (all) => [...overlappingPaths(all), ...sharedAgentKeys(all)],
      }),
      release,
      'pull-requests': pullRequestsShape,
      images: listOf(imageRuleShape, { atMost: 100 }),
    },
    ['version'],
  ),
  (root) => unknownClusters(root, defaultCluster),
)

/** Without clusters the repository is one: `version: 1` alone is a whole configuration, and annotations do the rest. */
const wholeRepository: Readonly<Record<ClusterName, WrittenCluster>> = {
  [guaranteed(parseClusterName(defaultCluster))]: { path: '.' },
}

/** Nobody reads more at once, and a hostile file has tens of thousands. */
const mostProblems = 100

type Written<S> = S extends Shape<infer T> ? T : never
type WrittenCluster = Written<typeof cluster>

/** All problems at once, in the order of the file, each with line and column. */
export function parseConfiguration(text: string): Parsed<Configuration> {
  const { root, problems } = readSource(text)
  const written = configurationShape.read(root)
  // What is unclear is in both.
  const all = new Set([...problems, ...(written.ok ? [] : written.problems)])
  const [first, ...others] = [...all].toSorted(byPlace)
  if (first !== undefined) return refused(first, ...others.slice(0, mostProblems - 1))
  return written.ok ? parsed(toConfiguration(written.value)) : written
}

/** The cluster of this name, for names that come from elsewhere. */
export function clusterNamed(configuration: Configuration, name: string): Cluster | undefined {
  const { clusters } = configuration
  return Object.hasOwn(clusters, name) ? clusters[name as ClusterName] : undefined
}

/** The cluster that a file belongs to. What lies in `.github` is for GitHub and for us, and belongs to none. */
export function clusterOf(configuration: Configuration, file: FilePath): ClusterName | undefined {
  if (isIn(file, '.github')) return undefined
  const found = Object.entries(configuration.clusters).find(([, { path }]) => isIn(file, path))
  return found?.[0] as ClusterName | undefined
}

function toConfiguration(written: Written<typeof configurationShape>): Configuration {
  const release = releaseRules(written.release, defaults)
  const clusters = Object.entries<WrittenCluster>(written.clusters ?? wholeRepository).map(
    ([name, own]): [string, Cluster] => [name, toCluster(own, release)],
  )
  const { labels, reviewers, 'commit-prefix': commitPrefix } = written['pull-requests'] ?? {}
  return {
    version: written.version,
    clusters: Object.fromEntries<Cluster>(clusters),
    release,
    pullRequests: { labels: labels ?? [], reviewers: reviewers ?? [], commitPrefix: commitPrefix ?? '' },
    images: written.images ?? [],
  }
}

function toCluster({ path, agents, environment, prune, release }: WrittenCluster, otherwise: ReleaseRules): Cluster {
  return {
    path,
    agents: agents ?? [],
    ...(environment === undefined ? {} : { environment }),
    prune: { budget: prune?.budget ?? defaultBudget },
    release: releaseRules(release, otherwise),
  }
}

/** Key by key, the most specific word wins: the cluster's, else the repository's, else the default. */
function releaseRules(written: Written<typeof release> | undefined, otherwise: ReleaseRules): ReleaseRules {
  const window = written?.window ?? otherwise.window
  return {
    merge: written?.merge ?? otherwise.merge,
    mergeMethod: written?.['merge-method'] ?? otherwise.mergeMethod,
    checks: written?.checks ?? otherwise.checks,
    group: written?.group ?? otherwise.group,
    minimumAgeMs: written?.['minimum-age'] ?? otherwise.minimumAgeMs,
    freeze: written?.freeze ?? otherwise.freeze,
    ...(window === undefined ? {} : { window }),
    maxOpen: written?.['max-open'] ?? otherwise.maxOpen,
    ignore: written?.ignore ?? otherwise.ignore,
  }
}

/** GitHub's limit is 255; leading or trailing blanks would name an environment that nobody can see. */
function parseEnvironment(text: string): Parsed<string> {
  return text.length <= 255 && /^\S(?:[^\n]*\S)?$/.test(text)
    ? parsed(text)
    : refused('expected the name of a GitHub environment, at most 255 characters on one line')
}

function byPlace(a: Problem, b: Problem): number {
  return (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0)
}
