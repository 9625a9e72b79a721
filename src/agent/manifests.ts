import { setImmediate as untilOthersRan } from 'node:timers/promises'
import { type ClusterPath, isIn } from '../core/config/cluster-path.ts'
import { clusterNamed, configurationPath, parseConfiguration } from '../core/config/configuration.ts'
import type { BlobSha, ClusterName, CommitSha } from '../core/ids.ts'
import type { KubernetesObject, WantedObject } from '../core/manifest/kubernetes-object.ts'
import { isKustomization, readObjects } from '../core/manifest/kubernetes-yaml.ts'
import { type Problem, inFile } from '../core/parsed.ts'
import type { SyncProblem } from '../core/sync/report.ts'
import type { BlobContent, Mirror, TreeFile } from '../io/git/mirror.ts'

/** What a commit says of one cluster. */
export type Manifests = {
  readonly wanted: readonly WantedObject[]
  /** What git says to ignore: it is not applied, and it is not superfluous either. */
  readonly ignored: readonly KubernetesObject[]
  /** The repository says otherwise than our settings what belongs here: nothing of it is applied. Among `problems`, too. */
  readonly notOurs?: SyncProblem
  /** Each means that something may be missing from `wanted`, so that nothing may be called superfluous. */
  readonly problems: readonly SyncProblem[]
  /** How many of `problems` are about an object, or a file that may have had one. */
  readonly unread: number
  /** How many objects a sync may remove without being asked. */
  readonly pruneBudget: number
}

export type ManifestsDeps = {
  readonly mirror: Mirror
  readonly cluster: ClusterName
  readonly path: ClusterPath
  /** What was read before: a file that did not change is parsed once. */
  readonly parsed: ParsedFiles
}

export type ParsedFiles = Map<BlobSha, ReturnType<typeof readObjects>>

const defaultPruneBudget = 10

export async function readManifests(deps: ManifestsDeps, commit: CommitSha, signal?: AbortSignal): Promise<Manifests> {
  const { mirror, path, parsed } = deps
  const files = (await mirror.listFiles(commit, path, signal)).filter((file) => !isIn(file.path, '.github'))
  const manifests = manifestsAmong(files)
  const [configuration] = await mirror.listFiles(commit, configurationPath, signal)
  const unparsed = manifests.filter(({ kind, blob }) => kind === 'file' && !parsed.has(blob)).map(({ blob }) => blob)
  const blobs = await mirror.readBlobs(
    [...unparsed, ...(configuration === undefined ? [] : [configuration.blob])],
    signal,
  )
  const read: ReadManifest[] = []
  for (const file of manifests) {
    // One file can take a second. In between, the bot hears that we are alive, and so does the kubelet.
    if (!parsed.has(file.blob)) await untilOthersRan(undefined, { signal })
    read.push(readManifest(file, parsed, blobs))
  }
  forgetOthers(parsed, manifests)
  const unread = read.flatMap((one) => one.problems)
  const { problems, ...rules } = readConfiguration(deps, configuration, blobs)
  return {
    wanted: read.flatMap(({ objects }) => objects),
    ignored: read.flatMap(({ ignored }) => ignored),
    problems: [...unread, ...problems],
    unread: unread.length,
    ...rules,
  }
}

/** YAML outside of Helm charts, where there are templates and their values, and what is not kustomize's own. */
export function manifestsAmong(files: readonly TreeFile[]): readonly TreeFile[] {
  const charts = files.flatMap(({ path }) =>
    /(?:^|\/)Chart\.yaml$/.test(path) ? [path.slice(0, -'Chart.yaml'.length)] : [],
  )
  // What a submodule holds nobody knows, so it is not passed over like a file of another kind.
  const isManifest = ({ path, kind }: TreeFile): boolean =>
    kind === 'submodule' || (/\.ya?ml$/.test(path) && !isKustomization(path))
  return files.filter((file) => isManifest(file) && !charts.some((chart) => file.path.startsWith(chart)))
}

type ReadManifest = {
  readonly objects: readonly WantedObject[]
  readonly ignored: readonly KubernetesObject[]
  readonly problems: readonly SyncProblem[]
}

function readManifest(
  { path, blob, kind }: TreeFile,
  parsed: ParsedFiles,
  blobs: ReadonlyMap<BlobSha, BlobContent>,
): ReadManifest {
  const refused = (message: string): ReadManifest => ({
    objects: [],
    ignored: [],
    problems: [authors({ message }, path)],
  })
  if (kind !== 'file') return refused(notFollowed[kind])
  const content = blobs.get(blob)
  const reading = parsed.get(blob) ?? (content?.kind === 'text' ? readObjects(content.text) : undefined)
  if (reading === undefined) return refused(unreadable(content))
  parsed.set(blob, reading)
  return {
    objects: reading.objects.map(({ object, at }) => ({ object, at: { ...at, file: path } })),
    ignored: reading.ignored.map(({ object }) => object),
    problems: reading.problems.map((problem) => authors(problem, path)),
  }
}

const notFollowed: Readonly<Record<Exclude<TreeFile['kind'], 'file'>, string>> = {
  symlink: 'expected a file, got a symbolic link, which is not followed',
  submodule: 'expected a file, got a submodule, which is not fetched',
  'oddly-named': 'expected a file name of printable characters',
}

function unreadable(content: BlobContent | undefined): string {
  switch (content?.kind) {
    case 'binary':
      return 'expected UTF-8 text'
    case 'lfs-pointer':
      return 'expected YAML, got a pointer of Git LFS'
    case 'too-large':
      return `expected a smaller file, got ${content.bytes} bytes`
    case 'text':
    case undefined:
      return 'the file could not be read'
  }
}

type Rules = Pick<Manifests, 'pruneBudget' | 'problems' | 'notOurs'>

/** What the settings say is synced, the repository says the rules. Without it all is as by default. */
function readConfiguration(
  { cluster, path }: ManifestsDeps,
  file: TreeFile | undefined,
  blobs: ReadonlyMap<BlobSha, BlobContent>,
): Rules {
  if (file === undefined) return { pruneBudget: defaultPruneBudget, problems: [] }
  const unclear = (...problems: Rules['problems']): Rules => ({ pruneBudget: 0, problems })
  const content = blobs.get(file.blob)
  if (content?.kind !== 'text') return unclear(authors({ message: unreadable(content) }, configurationPath))
  const configuration = parseConfiguration(content.text)
  if (!configuration.ok) return unclear(...configuration.problems.map((one) => authors(one, configurationPath)))
  const found = clusterNamed(configuration.value, cluster)
  if (found === undefined) return disagrees(`expected a cluster \`${cluster}\`, the CLUSTER of the agent, got none`)
  if (found.path !== path) {
    return disagrees(
      `the path of \`${cluster}\` is \`${found.path}\`, and the GIT_PATH of its agent is \`${path}\``,
      `set GIT_PATH to \`${found.path}\`, or mend the path here; nothing is applied until both say the same`,
    )
  }
  return { pruneBudget: found.prune.budget, problems: [] }
}

function authors(problem: Problem, file: string): SyncProblem {
  return { ...inFile(problem, file), turn: 'author' }
}

/** With the folder of another cluster, that one's manifests would be applied here. */
function disagrees(message: string, help = nameless): Rules {
  const problem: SyncProblem = { ...inFile({ message, help }, configurationPath), turn: 'operator' }
  return { pruneBudget: 0, problems: [problem], notOurs: problem }
}

const nameless = 'correct CLUSTER, or add the cluster here; nothing is applied until both say the same'

/** What no file has any more is not kept. */
function forgetOthers(parsed: ParsedFiles, manifests: readonly TreeFile[]): void {
  const present = new Set(manifests.map(({ blob }) => blob))
  for (const blob of parsed.keys()) if (!present.has(blob)) parsed.delete(blob)
}
