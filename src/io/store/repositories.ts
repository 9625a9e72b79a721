import type { Configuration } from '../../core/config/configuration.ts'
import {
  type BlobSha,
  type BranchName,
  type CommitSha,
  type FilePath,
  type InstallationId,
  type RepoId,
  type RepoName,
} from '../../core/ids.ts'
import type { ImageName } from '../../core/image/ref.ts'
import type { ManifestReading } from '../../core/manifest/workload.ts'
import type { Parsed } from '../../core/parsed.ts'
import type { Queryable } from './database.ts'

export type KnownRepository = {
  readonly id: RepoId
  readonly installation: InstallationId
  readonly name: RepoName
  readonly defaultBranch: BranchName
  readonly archived: boolean
  /** The commit that was read; undefined: none yet. */
  readonly head: CommitSha | undefined
  /** false: the default branch may have moved since, and is to be looked at before the next decision. */
  readonly headIsCurrent: boolean
  /** How often the head was in doubt so far: what is read counts only while nobody doubts it again. */
  readonly doubts: number
  /** Of that commit; undefined: it has no configuration. */
  readonly configuration: Parsed<Configuration> | undefined
  /** What it was read from. */
  readonly configurationBlob: BlobSha | undefined
  /** The last one that could be read, for the keys of agents alone: a typo cuts none of them off. */
  readonly readable: Configuration | undefined
  /** The open pull requests, when each had our check; undefined: one had none, or nobody looked. */
  readonly lookedOver: string | undefined
}

export type RepositoryReading = {
  readonly head: CommitSha
  /** What they were when the reading began. */
  readonly doubts: number
  readonly configuration: Parsed<Configuration> | undefined
  readonly configurationBlob?: BlobSha | undefined
  readonly files: readonly { readonly path: FilePath; readonly blob: BlobSha }[]
}

/** Raised whenever `readManifest` or `parseConfiguration` reads something differently: all is then read again. */
export const readerVersion = 6

type RepositoryRow = {
  readonly id: RepoId
  readonly installation: InstallationId
  readonly name: RepoName
  readonly default_branch: BranchName
  readonly archived: boolean
  readonly head: CommitSha | null
  readonly doubts: number
  readonly settled_doubts: number | null
  readonly reader: number | null
  readonly configuration: Parsed<Configuration> | null
  readonly configuration_blob: BlobSha | null
  readonly readable: Configuration | null
  readonly looked_over: string | null
}

export async function knowRepository(
  database: Queryable,
  repository: Pick<KnownRepository, 'id' | 'installation' | 'name' | 'defaultBranch' | 'archived'>,
): Promise<void> {
  await database.query(
    `insert into repository (id, installation, name, default_branch, archived) values ($1, $2, $3, $4, $5)
     on conflict (id) do update set
       installation = excluded.installation, name = excluded.name, archived = excluded.archived,
       default_branch = excluded.default_branch,
       doubts = repository.doubts + (repository.default_branch <> excluded.default_branch)::int`,
    [repository.id, repository.installation, repository.name, repository.defaultBranch, repository.archived],
  )
}

/** With what they own, in one statement. Readings stay: they belong to blobs, which other repositories may have. */
export async function forgetRepositoriesExcept(
  database: Queryable,
  installation: InstallationId,
  kept: readonly RepoId[],
): Promise<void> {
  await database.query(
    `with gone as (delete from repository where installation = $1 and not id = any($2::bigint[]) returning id),
       comments as (delete from comment where repository in (select id from gone) returning id)
     delete from done_command where comment in (select id from comments)`,
    [installation, [...kept]],
  )
}

/** The installations that some repository came with. */
export async function knownInstallations(database: Queryable): Promise<readonly InstallationId[]> {
  const rows = await database.query<{ installation: InstallationId }>(
    'select distinct installation from repository order by 1',
  )
  return rows.map(({ installation }) => installation)
}

export async function readRepository(database: Queryable, id: RepoId): Promise<KnownRepository | undefined> {
  const [row] = await database.query<RepositoryRow>('select * from repository where id = $1', [id])
  if (row === undefined) return undefined
  // What an older reader read may lack what is asked for today.
  const isRead = row.reader === readerVersion
  return {
    id: row.id,
    installation: row.installation,
    name: row.name,
    defaultBranch: row.default_branch,
    archived: row.archived,
    head: isRead ? (row.head ?? undefined) : undefined,
    headIsCurrent: isRead && row.doubts === row.settled_doubts,
    doubts: row.doubts,
    configuration: isRead ? (row.configuration ?? undefined) : undefined,
    configurationBlob: isRead ? (row.configuration_blob ?? undefined) : undefined,
    readable: row.readable ?? undefined,
    lookedOver: row.looked_over ?? undefined,
  }
}

/** The default branch has moved, or may have: it is looked at before the next decision. */
export async function doubtHead(database: Queryable, id: RepoId): Promise<void> {
  await database.query('update repository set doubts = doubts + 1 where id = $1', [id])
}

/** The open pull requests of a repository have our check, each of them; undefined: not each. */
export async function keepLookedOver(database: Queryable, id: RepoId, pulls: string | undefined): Promise<void> {
  await database.query('update repository set looked_over = $2 where id = $1', [id, pulls])
}

/** What was read is still the head, unless it was doubted again since. */
export async function confirmHead(
  database: Queryable,
  id: RepoId,
  { head, doubts }: Pick<RepositoryReading, 'head' | 'doubts'>,
): Promise<void> {
  await database.query('update repository set settled_doubts = $3 where id = $1 and head = $2', [id, head, doubts])
}

/** Which of these blobs have no reading by this version of the reader; in one order for all, as they are locked in it. */
export async function unreadBlobs(database: Queryable, blobs: readonly BlobSha[]): Promise<readonly BlobSha[]> {
  const rows = await database.query<{ blob: BlobSha }>(
    `select distinct blob from unnest($1::text[]) as wanted (blob)
     where not exists (select from reading where reading.blob = wanted.blob and reading.version = $2)
     order by 1`,
    [[...blobs], readerVersion],
  )
  return rows.map(({ blob }) => blob)
}

/** Whether every file of a repository has a reading by this version of the reader. */
export async function isWhollyRead(database: Queryable, id: RepoId): Promise<boolean> {
  const unread = await database.query(
    `select from repository_file left join reading on reading.blob = repository_file.blob and reading.version = $2
     where repository = $1 and reading.blob is null limit 1`,
    [id, readerVersion],
  )
  return unread.length === 0
}

/** In one statement, since a repository may bring thousands. */
export async function keepReadings(
  database: Queryable,
  readings: ReadonlyMap<BlobSha, ManifestReading>,
): Promise<void> {
  await database.query(
    `insert into reading (blob, version, reading) select key, $1, value from jsonb_each($2::jsonb)
     on conflict (blob) do update set version = excluded.version, reading = excluded.reading`,
    [readerVersion, Object.fromEntries(readings)],
  )
}

/** Replaces what is known of a repository's files, all or nothing. */
export async function keepRepositoryReading(
  database: Queryable,
  id: RepoId,
  { head, doubts, configuration, configurationBlob, files }: RepositoryReading,
): Promise<void> {
  await keepFiles(database, id, files)
  const isBroken = configuration?.ok === false
  const readable = configuration?.ok === true ? configuration.value : undefined
  await database.query(
    `update repository set head = $2, settled_doubts = $3, configuration = $4, configuration_blob = $5,
       readable = case when $6 then readable else $7 end, reader = $8 where id = $1`,
    [id, head, doubts, configuration, configurationBlob, isBroken, readable, readerVersion],
  )
  // Without a configuration there is no plan that would say so.
  if (configuration?.ok !== true) await keepFollowedImages(database, id, [])
}

/** A commit changes few of many files, and rows that stay as they are cost nothing. */
async function keepFiles(database: Queryable, id: RepoId, files: RepositoryReading['files']): Promise<void> {
  await database.query(
    `with file as (select path, blob from unnest($2::text[], $3::text[]) as file (path, blob)),
       gone as (
         delete from repository_file as known
         where repository = $1 and not exists (select from file where file.path = known.path))
     insert into repository_file (repository, path, blob)
       select $1, path, blob from file where not exists (
         select from repository_file as known
         where known.repository = $1 and known.path = file.path and known.blob = file.blob)
     on conflict (repository, path) do update set blob = excluded.blob`,
    [id, files.map(({ path }) => path), files.map(({ blob }) => blob)],
  )
}

/** The images whose tags the plan of a repository asks for; answers with those that it did not ask for before. */
export async function keepFollowedImages(
  database: Queryable,
  id: RepoId,
  images: readonly ImageName[],
): Promise<readonly ImageName[]> {
  await database.query('delete from followed_image where repository = $1 and image <> all($2::text[])', [
    id,
    [...images],
  ])
  const rows = await database.query<{ image: ImageName }>(
    `insert into followed_image (repository, image) select $1, unnest($2::text[]) on conflict do nothing
     returning image`,
    [id, [...images]],
  )
  return rows.map(({ image }) => image)
}

export type FileReading = { readonly file: FilePath; readonly reading: ManifestReading }

/** The readings of a repository's files that name images or have problems, by path. */
export async function readFiles(database: Queryable, id: RepoId): Promise<readonly FileReading[]> {
  return database.query<FileReading>(
    `select path as file, reading from repository_file join reading using (blob)
     where repository = $1 and reading <> '{ "images": [], "problems": [] }' order by path`,
    [id],
  )
}

/** The repositories with a workload that follows this image. */
export async function repositoriesWith(database: Queryable, image: ImageName): Promise<readonly RepoId[]> {
  const rows = await database.query<{ repository: RepoId }>(
    'select repository from followed_image where image = $1 order by 1',
    [image],
  )
  return rows.map(({ repository }) => repository)
}

/** Those of these images that some workload follows. */
export async function followedAmong(database: Queryable, images: readonly ImageName[]): Promise<readonly ImageName[]> {
  const rows = await database.query<{ image: ImageName }>(
    'select distinct image from followed_image where image = any($1::text[]) order by 1',
    [[...images]],
  )
  return rows.map(({ image }) => image)
}

/** Every image that some workload follows, for the registries to be asked again. */
export async function followedImages(database: Queryable): Promise<readonly ImageName[]> {
  const rows = await database.query<{ image: ImageName }>('select distinct image from followed_image order by 1')
  return rows.map(({ image }) => image)
}
