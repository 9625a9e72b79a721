import { readFileSync } from 'node:fs'
import type { ImageName } from '../../core/image/ref.ts'
import { formatProblem, type Parsed } from '../../core/parsed.ts'
import type { Change, ImageTags, ReleasePlan } from '../../core/release/plan.ts'
import { UserError } from '../../core/user-error.ts'
import { createRegistry, type Registry } from '../../io/registry/client.ts'
import { RegistryUnavailable } from '../../io/registry/unavailable.ts'
import { parseRegistries, type RegistrySetting } from '../../runtime/registries.ts'
import { codeOf } from './failure.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The registries of the bot's settings: no other one is asked, here neither. */
export function registryOf(environment: Environment): Registry {
  return createRegistry({ registries: settingsIn(environment) })
}

function settingsIn(environment: Environment): readonly RegistrySetting[] {
  const [text, file] = [environment['REGISTRIES']?.trim(), environment['REGISTRIES_FILE']?.trim()]
  if (text) return settings('REGISTRIES', parseRegistries(text))
  if (file) return settings('REGISTRIES_FILE', parseRegistries(textOf(file)))
  throw new UserError('expected the registries that may be asked in REGISTRIES, got none', {
    help: `Name them as for the bot: REGISTRIES='[{"host":"docker.io"}]', or a file with that list in REGISTRIES_FILE (docs/settings.md).`,
  })
}

const help = 'It is described in docs/settings.md#registries.'

function settings(name: string, result: Parsed<readonly RegistrySetting[]>): readonly RegistrySetting[] {
  if (result.ok) return result.value
  throw new UserError(`${name}: ${result.problems.map(formatProblem).join('; ')}`, { help })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new UserError(`REGISTRIES_FILE: \`${file}\` cannot be read (${codeOf(cause)})`, { help, cause })
  }
}

/** What the registry says of an image now; that it does not answer is an answer, too. */
export async function tagsOf(registry: Registry, image: ImageName): Promise<ImageTags> {
  const list = await orUnavailable(async () => registry.listTags(image))
  if (list.kind === 'unavailable') return { kind: 'refused', because: list.because }
  // Nothing was known that could be unchanged.
  return list.kind === 'unchanged' ? { kind: 'unknown' } : list
}

export async function tagsOfAll(
  registry: Registry,
  images: readonly ImageName[],
): Promise<ReadonlyMap<ImageName, ImageTags>> {
  return new Map(await inParallel(images, async (image) => [image, await tagsOf(registry, image)] as const))
}

/**
 * A plan whose every winner has a manifest, as the bot proves it by one HEAD: a tag without one leaves the list, and what
 * is next in order is proved in turn.
 */
export async function provedPlan(
  registry: Registry,
  known: ReadonlyMap<ImageName, ImageTags>,
  plan: (tagsOf: (image: ImageName) => ImageTags) => ReleasePlan,
): Promise<ReleasePlan> {
  const tags = new Map(known)
  const tagsOf = (image: ImageName): ImageTags => tags.get(image) ?? { kind: 'unknown' }
  const proved = new Set<string>()
  for (;;) {
    const current = plan(tagsOf)
    const doubtful = distinct(current.changes).filter((winner) => !proved.has(keyOf(winner)))
    if (doubtful.length === 0) return current
    const answers = await inParallel(doubtful, async ({ image, to }) =>
      orUnavailable(async () => registry.headManifest(image, to)),
    )
    for (const [index, winner] of doubtful.entries()) {
      const answer = answers[index]
      if (answer?.kind === 'manifest') proved.add(keyOf(winner))
      else
        tags.set(
          winner.image,
          answer?.kind === 'unavailable' ? { ...answer, kind: 'refused' } : without(winner, tagsOf),
        )
    }
  }
}

type Winner = Pick<Change, 'image' | 'to'>

function without({ image, to }: Winner, tagsOf: (image: ImageName) => ImageTags): ImageTags {
  const known = tagsOf(image)
  return known.kind === 'tags' ? { kind: 'tags', tags: known.tags.filter((tag) => tag !== to) } : known
}

function distinct(winners: readonly Winner[]): readonly Winner[] {
  return [...new Map(winners.map((winner) => [keyOf(winner), winner])).values()]
}

function keyOf({ image, to }: Winner): string {
  return `${image}:${to}`
}

type Unavailable = { readonly kind: 'unavailable'; readonly because: string }

/** While a registry does not answer nothing is known of the image: the second newest tag is no answer. */
async function orUnavailable<T>(ask: () => Promise<T>): Promise<T | Unavailable> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof RegistryUnavailable) return { kind: 'unavailable', because: error.message }
    throw error
  }
}

const atOnce = 16

/** Of several at once, but not of all: a registry that is asked too much refuses. */
async function inParallel<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = []
  const waiting = items.entries()
  const work = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await act(item)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return results
}
