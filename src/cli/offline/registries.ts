import { readFileSync } from 'node:fs'
import type { ListedManifest } from '../../core/image/listed-manifests.ts'
import type { ImageName } from '../../core/image/ref.ts'
import { formatProblem, type Parsed } from '../../core/parsed.ts'
import type { KnownTag, TagContent } from '../../core/image/wanted-metadata.ts'
import type { Fruitless, ImageLookup, ImageTags } from '../../core/release/plan.ts'
import { UserError } from '../../core/user-error.ts'
import { createRegistry, type Registry } from '../../io/registry/client.ts'
import { type Knowledge, type StartingFacts, createKnowledge, inParallel } from '../../io/registry/knowledge.ts'
import { RegistryUnavailable } from '../../io/registry/unavailable.ts'
import { parseRegistries, type RegistrySetting } from '../../runtime/registries.ts'
import { codeOf } from './failure.ts'
import { allIsShown, type NotShown } from './not-shown.ts'

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
async function factsOf(registry: Registry, image: ImageName): Promise<StartingFacts> {
  // Only who was there all the time knows how old a tag is, so here none is too young.
  const facts = (tags: ImageTags, known: StartingFacts['known'] = new Map()): StartingFacts => {
    return { tags, known, listedSinceMs: () => 0 }
  }
  try {
    const list = await registry.listTags(image)
    // Nothing was known that could be unchanged.
    if (list.kind === 'unchanged') return facts({ kind: 'unknown' })
    return list.kind === 'tags' ? facts(list, knownByList(list.manifests ?? [])) : facts(list)
  } catch (error) {
    if (!(error instanceof RegistryUnavailable)) throw error
    return facts({ kind: 'refused', because: whyUnavailable(error) })
  }
}

function knownByList(manifests: readonly ListedManifest[]): ReadonlyMap<string, KnownTag> {
  const seen = { firstSeenMs: 0, lastSeenMs: Date.now() }
  return new Map(manifests.flatMap(({ tags, ...told }) => tags.map((tag) => [tag, { ...told, ...seen }] as const)))
}

function whyUnavailable({ message, retryAfterMs }: RegistryUnavailable): string {
  return retryAfterMs === undefined
    ? message
    : `${message}; it may be asked again in ${Math.ceil(retryAfterMs / 1000)} s`
}

export type OfflineKnowledge = Pick<Knowledge, 'factsOf' | 'lookUp'> & {
  readonly notShown: (image: ImageName) => NotShown
}

/** Thousands take minutes, and whoever hears nothing takes it for dead. */
const lookupsPerSign = 500

/** Knows the tags of these images; what is learned of them lasts as long as the process. */
export async function knowledgeOf(registry: Registry, images: readonly ImageName[]): Promise<OfflineKnowledge> {
  const start = new Map<ImageName, StartingFacts>()
  await inParallel(images, async (image) => {
    start.set(image, await factsOf(registry, image))
  })
  const contents = new Map<string, TagContent>()
  const unanswered = new Map<ImageName, string>()
  const missing = new Map<ImageName, NotShown>()
  let lookedUp = 0
  const knowledge = createKnowledge(
    {
      registry,
      async keepDigest(_image, _tag, digest) {
        const [image, seen] = [contents.get(digest), Date.now()]
        return { digest, firstSeenMs: seen, lastSeenMs: seen, ...(image === undefined ? {} : { image }) }
      },
      async keepContent(digest, content) {
        contents.set(digest, content)
      },
      async keepFruitless(lookup, answer) {
        missing.set(lookup.image, withMissing(missing.get(lookup.image) ?? allIsShown, lookup, answer))
      },
      async unavailable(image, error) {
        unanswered.set(image, whyUnavailable(error))
      },
    },
    start,
  )
  return {
    factsOf(image) {
      const [facts, because] = [knowledge.factsOf(image), unanswered.get(image)]
      return because === undefined ? facts : { ...facts, tags: { kind: 'refused', because } }
    },
    async lookUp(lookups) {
      await knowledge.lookUp(lookups)
      lookedUp += lookups.length
      if (lookedUp % lookupsPerSign < lookups.length) process.stderr.write(`lotse: ${lookedUp} look-ups so far\n`)
    },
    notShown: (image) => missing.get(image) ?? allIsShown,
  }
}

function withMissing({ tags, contents }: NotShown, lookup: ImageLookup, answer: Fruitless): NotShown {
  const because = answer.kind === 'absent' ? 'its registry has no such manifest' : answer.because
  const { tag } = lookup
  return lookup.what === 'digest'
    ? { tags: new Map([...tags, [tag, because]]), contents }
    : { tags, contents: new Map([...contents, [lookup.digest, { tag, because }]]) }
}
