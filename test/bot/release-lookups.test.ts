import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planWithLookups } from '../../src/bot/journeys/release-lookups.ts'
import type { ImageName } from '../../src/core/image/ref.ts'
import type { ImageLookup } from '../../src/core/release/plan.ts'
import type { Knowledge } from '../../src/io/registry/knowledge.ts'
import { image } from '../support/facts.ts'

/** A plan that wants so many tags, and a registry of which each look-up can be learned from, or none. */
function ground({ wanted, learns = true }: { readonly wanted: number; readonly learns?: boolean }) {
  const known = new Set<string>()
  const rounds: number[] = []
  let left: readonly ImageName[] = []
  const knowledge: Knowledge = {
    factsOf: () => ({ tags: { kind: 'unknown' }, known: () => undefined, listedSinceMs: () => undefined }),
    lookUp: async (lookups) => {
      for (const { tag } of lookups) known.add(tag)
    },
    kept: () => (learns ? known.size : 0),
    leave: (images) => void (left = images),
  }
  const all = Array.from({ length: wanted }, (_, n): ImageLookup => ({ what: 'digest', tag: `${n}`, image }))
  const makePlan = () => ({ lookups: left.length > 0 ? [] : all.filter(({ tag }) => !known.has(tag)), left })
  return { run: () => planWithLookups(knowledge, makePlan, (lookups) => void rounds.push(lookups)), rounds }
}

test('a plan that wants little gets it at once', async () => {
  const { run, rounds } = ground({ wanted: 3 })
  assert.deepEqual(await run(), { plan: { lookups: [], left: [] }, goesOn: false })
  assert.deepEqual(rounds, [3])
})

test('a plan that wants thousands at once gets a thousand in this run', async () => {
  const { run, rounds } = ground({ wanted: 2500 })
  const { plan, goesOn } = await run()
  assert.deepEqual([rounds, plan.left.length, goesOn], [[1000], 1500, true])
})

test('what could not be learned in one run is not tried in another at once', async () => {
  const { run } = ground({ wanted: 2500, learns: false })
  assert.equal((await run()).goesOn, false)
})
