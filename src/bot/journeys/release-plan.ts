import type { Configuration } from '../../core/config/configuration.ts'
import type { RepoId } from '../../core/ids.ts'
import type { ImageName } from '../../core/image/ref.ts'
import { type Change, type ImageTags, type ReleasePlan, automatedImages, planRelease } from '../../core/release/plan.ts'
import { RegistryUnavailable } from '../../io/registry/unavailable.ts'
import { readFiles } from '../../io/store/repositories.ts'
import { isProved, keepManifest } from '../../io/store/registry.ts'
import type { Deps } from '../deps.ts'
import { journeys } from '../keys.ts'
import type { ReadRepository } from './reading.ts'
import { knownTags } from './tags.ts'

/** Today's plan of a repository. Every tag in it was proved usable: its registry has shown the manifest. */
export async function planOf(
  deps: Deps,
  repository: ReadRepository,
  configuration: Configuration,
): Promise<ReleasePlan> {
  const files = await readFiles(deps.database, repository.id)
  const tagsOf = await knownTags(deps, automatedImages(configuration, files))
  const known = new Map<ImageName, ImageTags>()
  const current = (image: ImageName): ImageTags => known.get(image) ?? tagsOf(image)
  for (;;) {
    const plan = planRelease({ configuration, files, tagsOf: current })
    const doubtful = await firstUnproved(deps, plan.changes)
    if (doubtful === undefined) return plan
    known.set(doubtful.image, await proveTag(deps, repository.id, doubtful, current(doubtful.image)))
  }
}

type Winner = { readonly image: ImageName; readonly tag: string }

async function firstUnproved(deps: Deps, changes: readonly Change[]): Promise<Winner | undefined> {
  for (const { image, to: tag } of changes) {
    if (!(await isProved(deps.database, image, tag))) return { image, tag }
  }
  return undefined
}

/**
 * One HEAD for a winner that was never seen before. A tag whose manifest is gone leaves the list; while the registry
 * does not answer, the whole image is unknown: the second newest tag is no answer.
 */
async function proveTag(deps: Deps, repository: RepoId, { image, tag }: Winner, tags: ImageTags): Promise<ImageTags> {
  try {
    const manifest = await deps.registry.headManifest(image, tag)
    if (manifest.kind === 'manifest') {
      await keepManifest(deps.database, { image, tag, digest: manifest.digest, now: deps.now() })
      return tags
    }
    deps.log.warn({ image, tag, answer: manifest.kind }, 'tag dropped, its manifest cannot be had')
    return tags.kind === 'tags' ? { kind: 'tags', tags: tags.tags.filter((other) => other !== tag) } : tags
  } catch (error) {
    if (!(error instanceof RegistryUnavailable)) throw error
    deps.log.warn({ image, tag, err: error }, 'registry did not answer, the image is left as it is')
    await deps.jobs.ask(journeys.release, `${repository}`, { afterMs: error.retryAfterMs ?? 30_000 })
    return { kind: 'unknown' }
  }
}
