import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KnownTag } from '../../../src/core/image/wanted-metadata.ts'
import type { Fruitless, ImageLookup, ImageTags } from '../../../src/core/release/plan.ts'
import type { ImageReading, ManifestHead, Registry } from '../../../src/io/registry/client.ts'
import { type Knowledge, createKnowledge } from '../../../src/io/registry/knowledge.ts'
import { RegistryUnavailable } from '../../../src/io/registry/unavailable.ts'
import { image } from './test-server.ts'

const digest = `sha256:${'a'.repeat(64)}`
const type = 'application/vnd.oci.image.manifest.v1+json'
const refused = { kind: 'refused', because: 'it has status 403' } as const

type Answers = {
  readonly head?: (tag: string) => ManifestHead
  readonly read?: () => ImageReading
  readonly tags?: readonly string[]
  readonly known?: ReadonlyMap<string, KnownTag>
  readonly fruitless?: ReadonlyMap<string, Fruitless>
}

function knowledgeOf(answers: Answers): Knowledge & { readonly events: readonly string[] } {
  const { head = () => ({ kind: 'manifest', digest, mediaType: type }), tags = ['1', '2', '3'] } = answers
  const read =
    answers.read ?? (() => ({ kind: 'image', digest, mediaType: type, platforms: ['linux/amd64'], labels: {} }))
  const registry: Registry = {
    listTags: async () => ({ kind: 'absent' }),
    headManifest: async (_, tag) => head(tag),
    readImage: async () => read(),
    pullsLeft: () => new Map(),
  }
  const events: string[] = []
  const { known = new Map<string, KnownTag>(), fruitless = new Map<string, Fruitless>() } = answers
  const start = { tags: { kind: 'tags', tags }, known, fruitless, listedSinceMs: () => 0 } as const
  const knowledge = createKnowledge(
    {
      registry,
      keepDigest: async (_, tag, digest) => {
        events.push(`digest of ${tag}`)
        return { digest, firstSeenMs: 1 }
      },
      keepContent: async () => void events.push('content'),
      keepFruitless: async ({ tag }) => void events.push(`dropped ${tag}`),
      unavailable: async () => void events.push('unavailable'),
    },
    new Map([[image, start]]),
  )
  return { ...knowledge, events }
}

const digests = (...tags: readonly string[]): readonly ImageLookup[] =>
  tags.map((tag) => ({ what: 'digest', tag, image }))
const tagsOf = (knowledge: Knowledge): ImageTags => knowledge.factsOf(image).tags

test('what is read of a digest is known of every tag that has it', async () => {
  const knowledge = knowledgeOf({})
  await knowledge.lookUp(digests('1', '2'))
  await knowledge.lookUp([{ what: 'content', tag: '1', digest, image }])
  const { known } = knowledge.factsOf(image)
  assert.deepEqual([known('1')?.image, known('2')?.image?.platforms], [known('2')?.image, ['linux/amd64']])
  assert.deepEqual(knowledge.events, ['digest of 1', 'digest of 2', 'content'])
  assert.equal(knowledge.kept(), 3)
})

test('a tag without a manifest is as if it were not listed', async () => {
  const knowledge = knowledgeOf({ head: (tag) => (tag === '2' ? { kind: 'absent' } : refused) })
  await knowledge.lookUp(digests('2'))
  assert.deepEqual(tagsOf(knowledge), { kind: 'tags', tags: ['1', '3'] })
})

test('a registry that refuses tag after tag refuses the image, and is not asked for all of them', async () => {
  const tags = Array.from({ length: 100 }, (_, index) => `${index}`)
  const knowledge = knowledgeOf({ tags, head: () => refused })
  for (const tag of tags) await knowledge.lookUp(digests(tag))
  assert.deepEqual(tagsOf(knowledge), refused)
  assert.equal(knowledge.events.length, 5)
})

test('an image that cannot be read says nothing', async () => {
  const knowledge = knowledgeOf({ read: () => refused })
  await knowledge.lookUp(digests('1'))
  await knowledge.lookUp([{ what: 'content', tag: '1', digest, image }])
  assert.deepEqual(knowledge.factsOf(image).known('1'), { digest, firstSeenMs: 1, unread: true })
  assert.deepEqual(knowledge.events, ['digest of 1', 'dropped 1'])
})

test('a list of tags without manifests is not gone through to its end', async () => {
  const tags = Array.from({ length: 1000 }, (_, index) => `${index}`)
  const knowledge = knowledgeOf({ tags, head: () => ({ kind: 'absent' }) })
  for (const tag of tags) await knowledge.lookUp(digests(tag))
  assert.deepEqual(tagsOf(knowledge), { kind: 'refused', because: '250 of its tags cannot be looked up' })
  assert.deepEqual([knowledge.events.length, knowledge.kept()], [250, 0])
})

test('while a registry is away nothing is known of the image', async () => {
  const knowledge = knowledgeOf({
    head: () => {
      throw new RegistryUnavailable('HEAD failed')
    },
  })
  await knowledge.lookUp(digests('1'))
  assert.deepEqual([tagsOf(knowledge), knowledge.events], [{ kind: 'unknown' }, ['unavailable']])
})

test('what is left is unknown', () => {
  const knowledge = knowledgeOf({})
  knowledge.leave([image])
  assert.deepEqual(tagsOf(knowledge), { kind: 'unknown' })
})

test('what led to nothing before does so again, without being asked', async () => {
  const [unread, absent] = [{ digest, firstSeenMs: 1 }, { kind: 'absent' } as const]
  const fruitless = new Map<string, Fruitless>([
    ['2', absent],
    ['3', refused],
    [digest, absent],
  ])
  const knowledge = knowledgeOf({ known: new Map([['1', unread]]), fruitless })
  assert.deepEqual(tagsOf(knowledge), { kind: 'tags', tags: ['1'] })
  assert.deepEqual(knowledge.factsOf(image).known('1'), { ...unread, unread: true })
})

test('a registry that refused tag after tag before is not asked for more of them', async () => {
  const tags = Array.from({ length: 100 }, (_, index) => `${index}`)
  const fruitless = new Map<string, Fruitless>(tags.slice(0, 5).map((tag) => [tag, refused]))
  assert.deepEqual(tagsOf(knowledgeOf({ tags, fruitless })), refused)
})

test('a tag that is found to have a digest that cannot be read is not read either', async () => {
  const knowledge = knowledgeOf({ read: () => refused })
  await knowledge.lookUp(digests('1'))
  await knowledge.lookUp([{ what: 'content', tag: '1', digest, image }])
  await knowledge.lookUp(digests('2'))
  assert.equal(knowledge.factsOf(image).known('2')?.unread, true)
})
