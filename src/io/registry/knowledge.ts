import { isTag, type ImageName } from '../../core/image/ref.ts'
import type { KnownTag, TagContent } from '../../core/image/wanted-metadata.ts'
import type { Fruitless, ImageFacts, ImageLookup, ImageTags } from '../../core/release/plan.ts'
import type { Registry } from './client.ts'
import { RegistryUnavailable } from './unavailable.ts'

/** What is known of images while one plan is made. Each look-up changes it, so that no plan asks for one twice. */
export type Knowledge = {
  readonly factsOf: (image: ImageName) => ImageFacts
  readonly lookUp: (lookups: readonly ImageLookup[]) => Promise<void>
  /** How much was learned that is known from now on: what is not asked again gets a plan on. */
  readonly kept: () => number
  /** Nothing of these is decided now: there is no time, or no way, to learn what the plan needs. */
  readonly leave: (images: readonly ImageName[]) => void
}

export type StartingFacts = {
  readonly tags: ImageTags
  readonly known: ReadonlyMap<string, KnownTag>
  readonly listedSinceMs: (tag: string) => number | undefined
  /** What need not be asked again yet, by tag or digest. */
  readonly fruitless?: ReadonlyMap<string, Fruitless>
}

export type KnowledgeDeps = {
  readonly registry: Registry
  /** Kept for ever; answers with all that is known of the tag now. */
  readonly keepDigest: (image: ImageName, tag: string, digest: string) => Promise<KnownTag>
  readonly keepContent: (digest: string, content: TagContent) => Promise<void>
  /** A tag that cannot be had, or cannot be read: it is as if it were not there, or said nothing. Kept for a while. */
  readonly keepFruitless: (lookup: ImageLookup, answer: Fruitless) => Promise<void>
  readonly unavailable: (image: ImageName, error: RegistryUnavailable) => Promise<void>
}

type Memory = {
  tags: ImageTags
  readonly known: Map<string, KnownTag>
  /** Digests that cannot be read. */
  readonly unread: Set<string>
  /** How many tags the registry refused to show. */
  refusals: number
  /** How many look-ups led to nothing that could be kept. */
  failures: number
} & Pick<StartingFacts, 'listedSinceMs'>

/** One that shows a list and refuses each tag of it would be asked for thousands, and each time again. */
const mostRefusals = 5
const mostFailures = 250

const silent: StartingFacts = { tags: { kind: 'unknown' }, known: new Map(), listedSinceMs: () => undefined }

export function createKnowledge(given: KnowledgeDeps, start: ReadonlyMap<ImageName, StartingFacts>): Knowledge {
  let kept = 0
  const deps: KnowledgeDeps = {
    ...given,
    keepDigest: async (image, tag, digest) => {
      kept += 1
      return given.keepDigest(image, tag, digest)
    },
    keepContent: async (digest, content) => {
      kept += 1
      await given.keepContent(digest, content)
    },
  }
  const images = new Map<ImageName, Memory>()
  const memoryOf = (image: ImageName): Memory => {
    const memory = images.get(image) ?? remembered(start.get(image) ?? silent)
    images.set(image, memory)
    return memory
  }
  return {
    factsOf(image) {
      const { tags, known, listedSinceMs } = memoryOf(image)
      return { tags, known: (tag) => known.get(tag), listedSinceMs }
    },
    lookUp: async (lookups) => inParallel(lookups, async (lookup) => learn(deps, lookup, memoryOf(lookup.image))),
    kept: () => kept,
    leave(left) {
      for (const image of left) memoryOf(image).tags = { kind: 'unknown' }
    },
  }
}

/** As an earlier plan left it: what led to nothing then does so now, without being asked. */
function remembered({ tags, known, listedSinceMs, fruitless = new Map() }: StartingFacts): Memory {
  const refusals = [...fruitless].filter(([reference, answer]) => isTag(reference) && answer.kind === 'refused')
  const memory: Memory = {
    tags: refusals.length < mostRefusals ? without(tags, (tag) => fruitless.has(tag)) : (refusals[0]?.[1] ?? tags),
    known: new Map(),
    unread: new Set([...fruitless.keys()].filter((reference) => !isTag(reference))),
    refusals: refusals.length,
    failures: 0,
    listedSinceMs,
  }
  for (const [tag, is] of known) know(memory, tag, is)
  return memory
}

function without(tags: ImageTags, isDropped: (tag: string) => boolean): ImageTags {
  return tags.kind === 'tags' ? { kind: 'tags', tags: tags.tags.filter((tag) => !isDropped(tag)) } : tags
}

function know({ known, unread }: Memory, tag: string, is: KnownTag): void {
  known.set(tag, is.image === undefined && unread.has(is.digest) ? { ...is, unread: true } : is)
}

/** While a registry does not answer nothing is known of the image: the second newest tag is no answer. */
async function learn(deps: KnowledgeDeps, lookup: ImageLookup, memory: Memory): Promise<void> {
  if (memory.tags.kind !== 'tags') return
  try {
    await (lookup.what === 'digest' ? learnDigest(deps, lookup, memory) : learnContent(deps, lookup, memory))
  } catch (error) {
    if (!(error instanceof RegistryUnavailable)) throw error
    memory.tags = { kind: 'unknown' }
    await deps.unavailable(lookup.image, error)
  }
}

async function learnDigest(deps: KnowledgeDeps, lookup: ImageLookup, memory: Memory): Promise<void> {
  const { image, tag } = lookup
  const manifest = await deps.registry.headManifest(image, tag)
  if (manifest.kind === 'manifest') {
    know(memory, tag, await deps.keepDigest(image, tag, manifest.digest))
    return
  }
  await deps.keepFruitless(lookup, manifest)
  fail(memory)
  if (manifest.kind === 'refused') memory.refusals += 1
  if (manifest.kind === 'refused' && memory.refusals >= mostRefusals) memory.tags = manifest
  memory.tags = without(memory.tags, (other) => other === tag)
}

type ContentLookup = Extract<ImageLookup, { readonly what: 'content' }>

/** What cannot be read says nothing. */
async function learnContent(deps: KnowledgeDeps, lookup: ContentLookup, memory: Memory): Promise<void> {
  const { image, digest } = lookup
  const read = await deps.registry.readImage(image, digest)
  const learned = read.kind === 'image' ? { image: contentOf(read) } : {}
  if (read.kind === 'image') {
    await deps.keepContent(digest, contentOf(read))
  } else {
    await deps.keepFruitless(lookup, read)
    memory.unread.add(digest)
    fail(memory)
  }
  for (const [tag, is] of memory.known) if (is.digest === digest) know(memory, tag, { ...is, ...learned })
}

/** In one plan. The next goes on where this one ended. */
function fail(memory: Memory): void {
  memory.failures += 1
  if (memory.failures >= mostFailures)
    memory.tags = { kind: 'refused', because: `${memory.failures} of its tags cannot be looked up` }
}

function contentOf({ created, platforms, labels }: TagContent): TagContent {
  return { ...(created === undefined ? {} : { created }), platforms, ...(labels === undefined ? {} : { labels }) }
}

const atOnce = 16

/** Of several at once, but not of all: a registry that is asked too much refuses. */
export async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values()
  const work = async (): Promise<void> => {
    for (const item of waiting) await act(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
}
