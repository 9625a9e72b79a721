import type { ImageName } from '../../core/image/ref.ts'
import type { ImageTags } from '../../core/release/plan.ts'
import type { Queryable } from './database.ts'

export type KnownTags = { readonly answer: ImageTags; readonly etag: string | undefined; readonly readAt: Date }

type TagsRow = {
  readonly image: ImageName
  readonly answer: ImageTags
  readonly etag: string | null
  readonly read_at: string
}

export async function keepTags(
  database: Queryable,
  image: ImageName,
  tags: { readonly answer: ImageTags; readonly etag: string | undefined; readonly now: Date },
): Promise<void> {
  await database.query(
    `insert into image_tags (image, answer, etag, read_at) values ($1, $2, $3, $4)
     on conflict (image) do update set answer = excluded.answer, etag = excluded.etag, read_at = excluded.read_at`,
    [image, tags.answer, tags.etag, tags.now.toISOString()],
  )
}

export async function readTags(
  database: Queryable,
  images: readonly ImageName[],
): Promise<ReadonlyMap<ImageName, KnownTags>> {
  const rows = await database.query<TagsRow>(
    `select image, answer, etag, to_char(read_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as read_at
     from image_tags where image = any($1::text[])`,
    [[...images]],
  )
  return new Map(
    rows.map(({ image, answer, etag, read_at }) => [
      image,
      { answer, etag: etag ?? undefined, readAt: new Date(read_at) },
    ]),
  )
}

/** Of images that no workload follows any more; they would be old news when one does again. */
export async function forgetUnfollowedTags(database: Queryable): Promise<void> {
  await database.query(
    `delete from image_tags where not exists (
       select from reading_image join repository_file using (blob) where reading_image.image = image_tags.image)`,
  )
}

/** A tag whose manifest a registry has shown; the first time is kept, because publishers cannot forge it. */
export async function keepManifest(
  database: Queryable,
  manifest: { readonly image: ImageName; readonly tag: string; readonly digest: string; readonly now: Date },
): Promise<void> {
  await database.query(
    `insert into manifest (image, tag, digest, first_seen) values ($1, $2, $3, $4) on conflict do nothing`,
    [manifest.image, manifest.tag, manifest.digest, manifest.now.toISOString()],
  )
}

export async function isProved(database: Queryable, image: ImageName, tag: string): Promise<boolean> {
  const rows = await database.query('select from manifest where image = $1 and tag = $2 limit 1', [image, tag])
  return rows.length > 0
}
