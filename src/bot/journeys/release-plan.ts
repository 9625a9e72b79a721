import type { Configuration } from '../../core/config/configuration.ts'
import { listedSinceMs, stillKnown } from '../../core/image/listed.ts'
import type { ImageName } from '../../core/image/ref.ts'
import type { KnownTag } from '../../core/image/wanted-metadata.ts'
import { type ReleasePlan, automatedImages, planRelease } from '../../core/release/plan.ts'
import { type Knowledge, type StartingFacts, createKnowledge } from '../../io/registry/knowledge.ts'
import { keepFruitless, readFruitless } from '../../io/store/fruitless.ts'
import { keepContent, keepDigest, readKnownTags, readTags } from '../../io/store/registry.ts'
import { keepFollowedImages, readFiles } from '../../io/store/repositories.ts'
import type { Deps } from '../deps.ts'
import { journeys } from '../keys.ts'
import type { ReadRepository } from './reading.ts'
import { planWithLookups } from './release-lookups.ts'

const nextRunMs = 1000
/** After a registry that refused. One that says to come back each second would have the whole plan made each second. */
const retryMs = 30_000
const soonestRetryMs = 10_000

/** Today's plan of a repository. Every tag in it was proved usable: its registry has shown the manifest. */
export async function planOf(
  deps: Deps,
  repository: ReadRepository,
  configuration: Configuration,
): Promise<ReleasePlan> {
  const files = await readFiles(deps.database, repository.id)
  const images = automatedImages(configuration, files)
  const followedAnew = await keepFollowedImages(deps.database, repository.id, images)
  const knowledge = await knowledgeOf(deps, repository, { images, followedAnew })
  const now = deps.now()
  const { plan, goesOn } = await planWithLookups(
    knowledge,
    () => planRelease({ configuration, files, factsOf: knowledge.factsOf, now }),
    (lookups) => deps.log.info({ repository: repository.name, lookups }, 'images looked up'),
  )
  if (goesOn) await deps.jobs.ask(journeys.release, `${repository.id}`, { afterMs: nextRunMs })
  return plan
}

type Followed = { readonly images: readonly ImageName[]; readonly followedAnew: readonly ImageName[] }

/**
 * What the store knows of these images. The reading of one that was never read is asked for once: the plans that are made
 * while it waits would only have it read again. Should that get lost, the refresh asks for every image that is followed.
 */
async function knowledgeOf(
  deps: Deps,
  repository: ReadRepository,
  { images, followedAnew }: Followed,
): Promise<Knowledge> {
  const { database, registry, jobs, log } = deps
  const tags = await readTags(database, images)
  const known = await readKnownTags(database, images)
  const fruitless = await readFruitless(database, images, deps.now())
  for (const image of followedAnew) if (!tags.has(image)) await jobs.ask(journeys.tags, image)
  const start = new Map<ImageName, StartingFacts>()
  for (const [image, { answer, listed }] of tags) {
    const since = listed === undefined ? () => undefined : listedSinceMs(listed)
    const seen = known.get(image) ?? new Map<string, KnownTag>()
    start.set(image, {
      tags: answer,
      known: listed === undefined ? seen : stillKnown(listed, seen),
      fruitless: fruitless.get(image) ?? new Map(),
      listedSinceMs: since,
    })
  }
  return createKnowledge(
    {
      registry,
      async keepDigest(image, tag, digest) {
        const now = deps.now()
        await keepDigest(database, { image, tag, digest, now })
        const kept = (await readKnownTags(database, [image], [tag])).get(image)?.get(tag)
        return kept ?? { digest, firstSeenMs: now.getTime() }
      },
      keepContent: async (digest, content) => keepContent(database, digest, content),
      async keepFruitless(lookup, answer) {
        const { image, tag, what } = lookup
        log.warn({ image, tag, what, answer }, 'tag cannot be looked up')
        const reference = lookup.what === 'digest' ? tag : lookup.digest
        await keepFruitless(database, { image, reference, answer, now: deps.now() })
      },
      async unavailable(image, error) {
        log.warn({ image, err: error }, 'registry did not answer, the image is left as it is')
        await jobs.ask(journeys.release, `${repository.id}`, {
          afterMs: Math.max(error.retryAfterMs ?? retryMs, soonestRetryMs),
        })
      },
    },
    start,
  )
}
