import type { Client } from '../../io/github/client.ts'
import {
  type Configuration,
  clusterOf,
  configurationPath,
  parseConfiguration,
} from '../../core/config/configuration.ts'
import type { BlobSha, CommitSha, RepoId } from '../../core/ids.ts'
import { chartFiles } from '../../core/manifest/charts.ts'
import { type ManifestReading, readManifest } from '../../core/manifest/workload.ts'
import { type Parsed, type Problem, inFile, refused } from '../../core/parsed.ts'
import { UserError } from '../../core/user-error.ts'
import { type FileAtCommit, listFiles, readHead, readTexts } from '../../io/github/repository-files.ts'
import {
  type KnownRepository,
  confirmHead,
  isWhollyRead,
  keepReadings,
  keepRepositoryReading,
  readRepository,
  unreadBlobs,
} from '../../io/store/repositories.ts'
import type { Deps } from '../deps.ts'
import { headMoved } from './head-moved.ts'

/** More at once save no time, and cost memory. */
const readingsAtOnce = 500

export type ReadRepository = KnownRepository & { readonly head: CommitSha }

/**
 * The repository as its default branch's head says, read again only if that may have moved and has. A blob that was read
 * before, in whatever repository, is not read again. undefined: unknown, archived or empty.
 */
export async function currentRepository(deps: Deps, id: RepoId): Promise<ReadRepository | undefined> {
  const known = await readRepository(deps.database, id)
  if (known === undefined || known.archived) return undefined
  if (known.head !== undefined && known.headIsCurrent) return { ...known, head: known.head }
  const octokit = await deps.github.as({ installation: known.installation, repository: id, profile: 'release' })
  const head = await readHead(octokit, known.name, known.defaultBranch)
  if (head === undefined) return undefined
  // A newer reader reads everything once more, also where nothing moved.
  const isRead = head === known.head && (await isWhollyRead(deps.database, id))
  if (isRead) await confirmHead(deps.database, id, { head, doubts: known.doubts })
  else await read(deps, octokit, known, head)
  const reread = await readRepository(deps.database, id)
  return reread === undefined ? undefined : { ...reread, head }
}

async function read(deps: Deps, octokit: Client, known: KnownRepository, head: CommitSha): Promise<void> {
  const { id, name, doubts } = known
  const { files, complete } = await listFiles(octokit, name, head)
  if (!complete) {
    throw new UserError(`${name} has more files than GitHub lists in one answer`, {
      help: 'move the manifests into a repository of their own',
    })
  }
  const { configuration, configurationBlob } = await readConfiguration(octokit, known, files)
  const manifests = configuration?.ok === true ? manifestsOf(configuration.value, files) : []
  const unread = await unreadBlobs(deps.database, unique(manifests))
  const large = new Set(manifests.filter(({ bytes }) => bytes > largestManifest).map(({ blob }) => blob))
  const texts = await readTexts(
    octokit,
    name,
    unread.filter((blob) => !large.has(blob)),
  )
  const readingOf = (blob: BlobSha): ManifestReading =>
    large.has(blob) ? { images: [], problems: [tooLarge] } : readingOfText(texts.get(blob))
  await deps.database.transaction(async (database) => {
    for (let start = 0; start < unread.length; start += readingsAtOnce) {
      const page = unread.slice(start, start + readingsAtOnce)
      await keepReadings(database, new Map(page.map((blob) => [blob, readingOf(blob)])))
    }
    const reading = { head, doubts, configuration, configurationBlob, files: manifests }
    await keepRepositoryReading(database, id, reading)
  })
  deps.log.info({ repository: name, head, files: manifests.length, read: unread.length }, 'repository read')
  await headMoved(deps, known, { head, configuration })
}

type ReadConfiguration = Pick<KnownRepository, 'configuration' | 'configurationBlob'>

/** Most commits leave it alone, and then it is not read again. */
async function readConfiguration(
  octokit: Client,
  known: KnownRepository,
  files: readonly FileAtCommit[],
): Promise<ReadConfiguration> {
  const blob = files.find(({ path }) => path === configurationPath)?.blob
  if (blob === undefined) return { configuration: undefined, configurationBlob: undefined }
  if (blob === known.configurationBlob) return known
  const text = (await readTexts(octokit, known.name, [blob])).get(blob)
  return { configuration: readConfigurationText(text), configurationBlob: blob }
}

/** undefined: it is no text. */
export function readConfigurationText(text: string | undefined): Parsed<Configuration> {
  const configuration = text === undefined ? refused(noText) : parseConfiguration(text)
  if (configuration.ok) return configuration
  const [first, ...others] = configuration.problems
  return refused(inFile(first, configurationPath), ...others.map((problem) => inFile(problem, configurationPath)))
}

const noText: Problem = { message: 'the file is not text', help: 'write it in UTF-8' }

/** As everywhere. To read YAML takes time that grows with it, and meanwhile nothing else is done. */
const largestManifest = 1024 * 1024
const tooLarge: Problem = { message: 'expected at most 1 MiB, and it has more', help: 'split the file' }

function readingOfText(text: string | undefined): ManifestReading {
  return text === undefined ? { images: [], problems: [noText] } : readManifest(text)
}

/** Of the clusters only, and of no chart: what the configuration does not name is none of our business, and costs nothing. */
function manifestsOf(configuration: Configuration, files: readonly FileAtCommit[]): readonly FileAtCommit[] {
  const isOfChart = chartFiles(files.map(({ path }) => path))
  return files.filter(
    ({ path }) => /\.ya?ml$/.test(path) && clusterOf(configuration, path) !== undefined && !isOfChart(path),
  )
}

function unique(files: readonly FileAtCommit[]): readonly BlobSha[] {
  return [...new Set(files.map(({ blob }) => blob))]
}
