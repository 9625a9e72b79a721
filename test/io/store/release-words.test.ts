import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { parseClusterName } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import type { Refusal } from '../../../src/core/release/group.ts'
import type { Word } from '../../../src/core/release/words.ts'
import { keepWords, readWords } from '../../../src/io/store/release-words.ts'
import { knowRepository } from '../../../src/io/store/repositories.ts'
import { commit, gitops, openMigrated, pullNumber, repoId } from './migrated.ts'

const database = await openMigrated()
const { id } = gitops()
const otherId = repoId(12)
const production = guaranteed(parseClusterName('production'))
const staging = guaranteed(parseClusterName('staging'))

beforeEach(async () => {
  await knowRepository(database, gitops())
  await knowRepository(database, gitops({ id: otherId }))
})

const closed = (pull: number): Refusal => ({ because: 'closed', pull: pullNumber(pull) })
const reverted = (pull: number): Refusal => ({ because: 'reverted', pull: pullNumber(pull) })
const takenBack: Refusal = { because: 'taken-back', commit: commit('a') }

const said = (use: string, refusal: Refusal, saidMs: number): Word => ({ use, refusal, saidMs })

/** Pull requests that were looked at, and what they say. */
async function keep(pulls: readonly number[], ...words: readonly Word[]): Promise<void> {
  await keepWords(database, id, production, { pulls: pulls.map(pullNumber), said: words })
}

/** Of two tags of one container, a tag of another, and one whose container is not named. */
async function remembered(): Promise<Readonly<Record<string, string>>> {
  const words = await readWords(database, id, ['web.blue', 'web.green', 'api.red', 'old'])
  return Object.fromEntries(
    words.map(({ move, refusal }) => [
      move,
      `${refusal.because} ${refusal.because === 'taken-back' ? refusal.commit[0] : refusal.pull}`,
    ]),
  )
}

describe('what was said of a tag', () => {
  test('is remembered by repository and cluster', async () => {
    await keep([1], said('web.blue', closed(1), 1000))
    await keepWords(database, id, staging, { pulls: [], said: [said('web.blue', takenBack, 1000)] })
    assert.deepEqual(
      (await readWords(database, id, ['web.blue', 'web.green'])).map(({ cluster, refusal }) => [cluster, refusal]),
      [
        [production, closed(1)],
        [staging, takenBack],
      ],
    )
    assert.deepEqual(await readWords(database, otherId, ['web.blue']), [])
    assert.deepEqual(await readWords(database, id, []), [])
  })

  test('is known by the tag alone where the container is not named', async () => {
    await keep([1], said('old', closed(1), 1000), said('web.blue', closed(1), 1000))
    const words = await readWords(database, id, ['api.old', 'blue'])
    assert.deepEqual(words.map(({ move }) => move).toSorted(), ['blue', 'old'])
  })

  test('is said no more when its pull request does not say it', async () => {
    await keep([1, 2], said('web.blue', closed(1), 1000), said('api.red', closed(2), 1000))
    await keep([1])
    assert.deepEqual(await remembered(), { red: 'closed 2' })
  })

  test('is what was said last', async () => {
    await keep([1], said('web.blue', closed(1), 2000))
    await keep([2], said('web.blue', reverted(2), 1000))
    assert.deepEqual(await remembered(), { blue: 'closed 1' })
    await keep([3], said('web.blue', reverted(3), 3000))
    assert.deepEqual(await remembered(), { blue: 'reverted 3' })
  })

  test('of a container that somebody has taken over is about every tag', async () => {
    const takenOver: Refusal = { because: 'taken-over', pull: pullNumber(1) }
    await keep([1], said('web.blue', takenOver, 1500), said('old', takenOver, 1500))
    const words = await readWords(database, id, ['web.green', 'api.red'])
    assert.deepEqual(words, [{ cluster: production, move: 'blue', spot: 'web', refusal: takenOver, saidMs: 1500 }])
    // GitHub's times have no more than seconds.
    await keep([1], said('web.blue', closed(1), 1000))
    assert.deepEqual(await remembered(), { blue: 'closed 1' })
  })

  test('ends when another tag is released to the container', async () => {
    await keep([1, 2], said('web.blue', closed(1), 1000), said('api.red', closed(2), 1000))
    await keep([], said('web.green', takenBack, 2000))
    assert.deepEqual(await remembered(), { green: 'taken-back a', red: 'closed 2' })
    // What is only read now, and was said before that.
    await keep([3], said('web.blue', reverted(3), 1500))
    assert.deepEqual(await remembered(), { green: 'taken-back a', red: 'closed 2' })
    await keep([4], said('web.blue', reverted(4), 3000))
    assert.deepEqual(await remembered(), { blue: 'reverted 4', red: 'closed 2' })
  })

  test('stays when another tag is refused', async () => {
    await keep([1], said('web.blue', reverted(1), 1000))
    await keep([2], said('web.green', closed(2), 2000))
    assert.deepEqual(await remembered(), { blue: 'reverted 1', green: 'closed 2' })
  })
})
