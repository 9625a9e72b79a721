import type { ImageName } from '../../core/image/ref.ts'
import type { Fruitless } from '../../core/release/plan.ts'
import type { Queryable } from './database.ts'

// A minute, for some registries list a tag before they show it; then four times as long, up to an hour: what an
// operator mends is seen soon.
const firstPauseMinutes = 1
const mostPauses = 3

/** What a registry would not show of an image, by tag or digest. The more often it did not, the later it is asked again. */
export async function keepFruitless(
  database: Queryable,
  lookup: { readonly image: ImageName; readonly reference: string; readonly answer: Fruitless; readonly now: Date },
): Promise<void> {
  const { image, reference, answer, now } = lookup
  await database.query(
    `insert into fruitless_lookup as kept (image, reference, answer, tries, again_at)
     values ($1, $2, $3, 1, $4::timestamptz + make_interval(mins => $5))
     on conflict (reference, image) do update set
       answer = excluded.answer, tries = kept.tries + 1,
       again_at = $4::timestamptz + make_interval(mins => $5) * power(4, least(kept.tries, $6))`,
    [image, reference, answer, now.toISOString(), firstPauseMinutes, mostPauses],
  )
}

/** Of these images, what is not to be asked again yet. */
export async function readFruitless(
  database: Queryable,
  images: readonly ImageName[],
  now: Date,
): Promise<ReadonlyMap<ImageName, ReadonlyMap<string, Fruitless>>> {
  const rows = await database.query<{ image: ImageName; reference: string; answer: Fruitless }>(
    'select image, reference, answer from fruitless_lookup where image = any($1::text[]) and again_at > $2',
    [[...images], now.toISOString()],
  )
  const byImage = Map.groupBy(rows, ({ image }) => image)
  return new Map(
    [...byImage].map(([image, rows]) => [image, new Map(rows.map(({ reference, answer }) => [reference, answer]))]),
  )
}

/** All of an image; or its tags that are not in the list, for when they return they are others. */
export async function forgetFruitless(
  database: Queryable,
  image: ImageName,
  listed?: readonly string[],
): Promise<void> {
  await database.query(
    `delete from fruitless_lookup where image = $1
       and ($2::text[] is null or (position(':' in reference) = 0 and not reference = any($2::text[])))`,
    [image, listed && [...listed]],
  )
}

/** Of images that nobody follows, and what nobody asked for again. */
export async function forgetOldFruitless(database: Queryable): Promise<void> {
  await database.query(
    `delete from fruitless_lookup where again_at < now() - interval '7 days'
       or not exists (select from followed_image where followed_image.image = fruitless_lookup.image)`,
  )
}
