import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KnownTag } from '../../../src/core/image/wanted-metadata.ts'
import type { ImageLookup, ImageTags } from '../../../src/core/release/plan.ts'
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
  const start = { tags: { kind: 'tags', tags }, known: new Map<string, KnownTag>(), listedSinceMs: () => 0 } as const
  const knowledge = createKnowledge(
    {
      registry,
      keepDigest: async (_, tag, digest) => {
        events.push(`digest of ${tag}`)
        return { digest, firstSeenMs: 1 }
      },
      keepContent: async () => void events.push('content'),
      dropped: ({ tag }) => void events.push(`dropped ${tag}`),
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

test('an image that cannot be read says nothing, and nothing of that is kept', async () => {
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
