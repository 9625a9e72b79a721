import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Deps } from '../../src/bot/deps.ts'
import { currentRepository } from '../../src/bot/journeys/reading.ts'
import { planOf } from '../../src/bot/journeys/release-plan.ts'
import { openStage } from '../../src/cli/stage.ts'
import { parseBranchName, parseInstallationId, parseRepoId, parseRepoName } from '../../src/core/ids.ts'
import { parseImageName } from '../../src/core/image/ref.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { RegistryUnavailable } from '../../src/io/registry/unavailable.ts'
import { keepTags } from '../../src/io/store/registry.ts'
import { knowRepository } from '../../src/io/store/repositories.ts'
import { acme } from '../../src/sandbox/acme.ts'
import { openTestDatabase } from '../io/store/test-database.ts'
import { clear, testDeps } from './ground.ts'

const stage = await openStage()
const database = await openTestDatabase()
const deps: Deps = await testDeps(database, stage.settings)
after(async () => {
  await deps.jobs.stop()
  await stage.close()
})

/** The registry shows a new tag, and then refuses to say what it is. */
async function waitsMs(retryAfterMs: number | undefined): Promise<readonly (number | undefined)[]> {
  await clear(deps)
  const id = guaranteed(parseRepoId(stage.github.repository(acme.repository).id))
  const [installation] = [...stage.github.state.installations.keys()]
  await knowRepository(database, {
    id,
    installation: guaranteed(parseInstallationId(installation ?? 0)),
    name: guaranteed(parseRepoName(acme.repository)),
    defaultBranch: guaranteed(parseBranchName('main')),
    archived: false,
  })
  const image = guaranteed(parseImageName(acme.image))
  await keepTags(database, image, { answer: { kind: 'tags', tags: ['1.2.1'] }, etag: undefined, now: deps.now() })
  const repository = (await currentRepository(deps, id)) ?? assert.fail()
  const waits: (number | undefined)[] = []
  const refuse = (): Promise<never> => Promise.reject(new RegistryUnavailable('too many requests', { retryAfterMs }))
  const refused: Deps = {
    ...deps,
    registry: { ...deps.registry, headManifest: refuse, readImage: refuse },
    jobs: { ...deps.jobs, ask: async (_journey, _key, options) => void waits.push(options?.afterMs) },
  }
  const { configuration } = repository
  await planOf(refused, repository, configuration === undefined ? assert.fail() : guaranteed(configuration))
  return waits
}

for (const [name, retryAfterMs, waits] of [
  ['half a minute, where the registry does not say when', undefined, 30_000],
  ['as long as the registry says', 120_000, 120_000],
  ['some time, where the registry says to come back every second', 1000, 10_000],
] as const) {
  test(`a release whose registry refuses waits ${name}`, async () => {
    assert.deepEqual(await waitsMs(retryAfterMs), [waits])
  })
}
