import { parseImageName } from '../../core/image/ref.ts'
import { guaranteed } from '../../core/parsed.ts'
import type { ImageTags } from '../../core/release/plan.ts'
import type { TagList } from '../../io/registry/client.ts'
import { repositoriesWith } from '../../io/store/repositories.ts'
import { keepListed, keepTags, readTags } from '../../io/store/registry.ts'
import type { Deps } from '../deps.ts'
import { journeys } from '../keys.ts'

/**
 * One image's tags are read from its registry, and every repository that names it is planned again. A notification is
 * only the hint that brings us here; an image that no repository names causes no request.
 */
export async function tags(deps: Deps, key: string): Promise<void> {
  const image = guaranteed(parseImageName(key))
  const repositories = await repositoriesWith(deps.database, image)
  if (repositories.length === 0) return
  const known = (await readTags(deps.database, [image])).get(image)
  const list = await deps.registry.listTags(image, known?.etag === undefined ? undefined : { etag: known.etag })
  if (list.kind !== 'unchanged') {
    const etag = list.kind === 'tags' ? list.etag : undefined
    const [answer, now] = [answerOf(list), deps.now()]
    // First what the tags are: a plan that sees them asks for nothing that was told with them.
    if (list.kind === 'tags') await keepListed(deps.database, image, { manifests: list.manifests ?? [], now })
    await keepTags(deps.database, image, { answer, etag, now })
  }
  deps.log.info({ image, answer: list.kind, repositories: repositories.length }, 'tags read')
  // Also when nothing changed: the run before this one may have died after it kept the tags.
  for (const repository of repositories) await deps.jobs.ask(journeys.release, `${repository}`)
}

function answerOf(list: Exclude<TagList, { kind: 'unchanged' }>): ImageTags {
  return list.kind === 'tags' ? { kind: 'tags', tags: list.tags } : list
}
