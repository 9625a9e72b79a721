import type { ListedManifest } from '../../core/image/listed-manifests.ts'
import { type Listed, listedNow } from '../../core/image/listed.ts'
import type { ImageName } from '../../core/image/ref.ts'
import type { PushedTag } from '../../core/image/registry-notification.ts'
import type { KnownTag, TagContent } from '../../core/image/wanted-metadata.ts'
import type { ImageTags } from '../../core/release/plan.ts'
import type { Database, Queryable } from './database.ts'
import { forgetFruitless } from './fruitless.ts'

export type KnownTags = {
  readonly answer: ImageTags
  readonly etag: string | undefined
  readonly readAt: Date
  /** Where the answer is a list. */
  readonly listed: Listed | undefined
}

type TagsRow = {
  readonly image: ImageName
  readonly answer: ImageTags
  readonly etag: string | null
  readonly listed: Listed | null
  readonly read_at: string
}

/** What a registry said last, and with it since when it lists each tag. */
export async function keepTags(
  database: Database,
  image: ImageName,
  tags: { readonly answer: ImageTags; readonly etag: string | undefined; readonly now: Date },
): Promise<void> {
  await database.transaction(async (inside) => {
    const before = (await readTags(inside, [image])).get(image)
    await inside.query(
      `insert into image_tags (image, answer, etag, listed, read_at) values ($1, $2, $3, $4, $5)
       on conflict (image) do update set
         answer = excluded.answer, etag = excluded.etag, listed = excluded.listed, read_at = excluded.read_at`,
      [image, tags.answer, tags.etag, listedOf(before, tags), tags.now.toISOString()],
    )
    // After a refusal whoever asks may be another, so that all may be shown now.
    if (tags.answer.kind === 'tags')
      await forgetFruitless(inside, image, before?.answer.kind === 'tags' ? tags.answer.tags : undefined)
  })
}

function listedOf(
  before: KnownTags | undefined,
  { answer, now }: { readonly answer: ImageTags; readonly now: Date },
): Listed | undefined {
  if (answer.kind !== 'tags') return undefined
  const known =
    before?.answer.kind === 'tags' && before.listed !== undefined
      ? { tags: before.answer.tags, listed: before.listed }
      : undefined
  return listedNow(known, answer.tags, now)
}

export async function readTags(
  database: Queryable,
  images: readonly ImageName[],
): Promise<ReadonlyMap<ImageName, KnownTags>> {
  const rows = await database.query<TagsRow>(
    `select image, answer, etag, listed,
       to_char(read_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as read_at
     from image_tags where image = any($1::text[])`,
    [[...images]],
  )
  return new Map(
    rows.map(({ image, answer, etag, listed, read_at }) => [
      image,
      { answer, etag: etag ?? undefined, readAt: new Date(read_at), listed: listed ?? undefined },
    ]),
  )
}

/** Of images that no workload follows any more; they would be old news when one does again. */
export async function forgetUnfollowedTags(database: Queryable): Promise<void> {
  await database.query(
    `delete from image_tags where not exists (
       select from followed_image where followed_image.image = image_tags.image)`,
  )
}

/** What a registry shows a tag to be; the first time of each digest is kept, because publishers cannot forge it. */
export async function keepDigest(
  database: Queryable,
  manifest: { readonly image: ImageName; readonly tag: string; readonly digest: string; readonly now: Date },
): Promise<void> {
  await database.query(
    `with shown as (delete from fruitless_lookup where image = $1 and reference = $2)
     insert into manifest (image, tag, digest, first_seen, last_seen) values ($1, $2, $3, $4, $4)
     on conflict (image, tag, digest) do update set last_seen = greatest(manifest.last_seen, excluded.last_seen)`,
    [manifest.image, manifest.tag, manifest.digest, manifest.now.toISOString()],
  )
}

/** The same of a whole list that says it. A row is written only where that is news. */
export async function keepListed(
  database: Queryable,
  image: ImageName,
  { manifests, now }: { readonly manifests: readonly ListedManifest[]; readonly now: Date },
): Promise<void> {
  const rows = manifests.flatMap(({ digest, tags, created }) => tags.map((tag) => ({ tag, digest, created })))
  if (rows.length === 0) return
  await database.query(
    `with news as (
     insert into manifest (image, tag, digest, created, first_seen, last_seen)
     select distinct on (tag) $1, tag, digest, created, $5::timestamptz, $5::timestamptz
     from unnest($2::text[], $3::text[], $4::text[]) as listed (tag, digest, created)
     on conflict (image, tag, digest) do update set created = excluded.created, last_seen = excluded.last_seen
     where manifest.created is distinct from excluded.created
       or manifest.last_seen < (
         select max(last_seen) from manifest as seen where seen.image = manifest.image and seen.tag = manifest.tag)
     returning tag)
     delete from fruitless_lookup where image = $1 and reference in (select tag from news)`,
    [
      image,
      rows.map(({ tag }) => tag),
      rows.map(({ digest }) => digest),
      rows.map(({ created }) => created ?? null),
      now.toISOString(),
    ],
  )
}

/** True of a digest for ever, whatever image it is found in. */
export async function keepContent(database: Queryable, digest: string, content: TagContent): Promise<void> {
  await database.query(
    `with shown as (delete from fruitless_lookup where reference = $1)
     insert into image_content (digest, content) values ($1, $2) on conflict do nothing`,
    [digest, content],
  )
}

type ManifestRow = {
  readonly image: ImageName
  readonly tag: string
  readonly digest: string
  readonly created: string | null
  readonly first_seen: number
  readonly last_seen: number
  readonly moved: boolean
  readonly content: TagContent | null
}

/** Tags that are said to be pushed: what is known of them may be old. */
export async function doubtTags(database: Queryable, tags: readonly PushedTag[], now: Date): Promise<void> {
  await database.query(
    `with pushed as (select * from unnest($1::text[], $2::text[]) as pushed (image, tag)),
     forgotten as (
       delete from fruitless_lookup using pushed
       where fruitless_lookup.image = pushed.image and fruitless_lookup.reference = pushed.tag)
     update manifest set doubted_at = $3 from pushed where manifest.image = pushed.image and manifest.tag = pushed.tag`,
    [tags.map(({ image }) => image), tags.map(({ tag }) => tag), now.toISOString()],
  )
}

/** Each tag as it was seen last: of these images all that nobody doubts; or just `tags`. */
export async function readKnownTags(
  database: Queryable,
  images: readonly ImageName[],
  tags?: readonly string[],
): Promise<ReadonlyMap<ImageName, ReadonlyMap<string, KnownTag>>> {
  const rows = await database.query<ManifestRow>(
    `select * from (
       select distinct on (image, tag) image, tag, digest, created, content,
         (extract(epoch from first_seen) * 1000)::float8 as first_seen,
         (extract(epoch from last_seen) * 1000)::float8 as last_seen,
         count(*) over (partition by image, tag) > 1 as moved,
         coalesce(max(doubted_at) over (partition by image, tag) > last_seen, false) as doubted
       from manifest left join image_content using (digest)
       where image = any($1::text[]) and ($2::text[] is null or tag = any($2::text[]))
       order by image, tag, manifest.last_seen desc) as seen
     where $2::text[] is not null or not doubted`,
    [[...images], tags && [...tags]],
  )
  const byImage = Map.groupBy(rows, ({ image }) => image)
  return new Map([...byImage].map(([image, rows]) => [image, new Map(rows.map((row) => [row.tag, knownTag(row)]))]))
}

function knownTag({ digest, created, first_seen, last_seen, moved, content }: ManifestRow): KnownTag {
  return {
    digest,
    firstSeenMs: first_seen,
    lastSeenMs: last_seen,
    ...(moved ? { moved } : {}),
    ...(created === null ? {} : { created }),
    ...(content === null ? {} : { image: content }),
  }
}
