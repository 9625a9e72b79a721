import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import type { Deps } from '../../src/bot/deps.ts'
import { currentRepository } from '../../src/bot/journeys/reading.ts'
import { openStage } from '../../src/cli/stage.ts'
import { parseBranchName, parseInstallationId, parseRepoId, parseRepoName } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { acme, acmeFiles } from '../../src/sandbox/acme.ts'
import { createGitHub } from '../../src/io/github/client.ts'
import { doubtHead, knowRepository, readFiles, readRepository } from '../../src/io/store/repositories.ts'
import { openTestDatabase } from '../io/store/test-database.ts'
import { clear, testDeps } from './ground.ts'

const stage = await openStage()
const database = await openTestDatabase()
const deps: Deps = await testDeps(database, stage.settings)
after(async () => {
  await deps.jobs.stop()
  await stage.close()
})

const id = guaranteed(parseRepoId(stage.github.repository(acme.repository).id))
const [installation] = [...stage.github.state.installations.keys()]
const worker = 'clusters/production/demo-worker.yaml'

beforeEach(async () => {
  await clear(deps)
  await knowRepository(database, {
    id,
    installation: guaranteed(parseInstallationId(installation ?? 0)),
    name: guaranteed(parseRepoName(acme.repository)),
    defaultBranch: guaranteed(parseBranchName('main')),
    archived: false,
  })
})

async function files(): Promise<readonly string[]> {
  return (await readFiles(database, id)).map(({ file }) => file)
}

/** The queries for texts of files that GitHub was asked. */
function textsAsked(): number {
  return stage.github.requests.count(({ route }) => route === 'graphql Blobs')
}

/** As `deps`; each time that GitHub has answered on this path, something else happens before the answer is used. */
function whenAnswered(path: string, happens: () => Promise<void>): Deps {
  const as: Deps['github']['as'] = async (scope) => {
    const octokit = await createGitHub(stage.settings.github, deps).as(scope)
    octokit.hook.after('request', async (_, { url }) => {
      if (url.endsWith(path)) await happens()
    })
    return octokit
  }
  return { ...deps, github: { ...deps.github, as } }
}

async function isCurrent(): Promise<boolean | undefined> {
  return (await readRepository(database, id))?.headIsCurrent
}

describe('a push that comes while the repository', () => {
  const push = async (): Promise<void> => doubtHead(database, id)

  test('is read is not lost', async () => {
    await currentRepository(whenAnswered('/git/trees/{tree_sha}', push), id)
    assert.equal(await isCurrent(), false)
    await currentRepository(deps, id)
    assert.equal(await isCurrent(), true)
  })

  test('is looked at is not lost', async () => {
    await currentRepository(deps, id)
    await doubtHead(database, id)
    await currentRepository(whenAnswered('/git/ref/{ref}', push), id)
    assert.equal(await isCurrent(), false)
  })
})

describe('a repository is read', () => {
  test('once while its head stays, also when that was in doubt', async () => {
    await currentRepository(deps, id)
    stage.github.requests.reset()
    await currentRepository(deps, id)
    await doubtHead(database, id)
    await currentRepository(deps, id)
    assert.equal(textsAsked(), 0)
  })

  test('again by a newer reader, though its head stays', async () => {
    await currentRepository(deps, id)
    await database.query(`update reading set version = version - 1, reading = '{"images":[],"problems":[]}'`)
    await doubtHead(database, id)
    await currentRepository(deps, id)
    const rows = await database.query<{ n: number }>(
      `select jsonb_array_length(reading -> 'images') as n from repository_file join reading using (blob) where path = $1`,
      [worker],
    )
    assert.deepEqual([...rows], [{ n: 1 }])
  })

  test('again by a newer reader, though nothing is in doubt', async () => {
    const configuration = (await currentRepository(deps, id))?.configuration
    await database.query(`update repository set reader = reader - 1, configuration = '{"ok":true,"value":{}}'`)
    const { head, configuration: older, readable } = (await readRepository(database, id)) ?? {}
    assert.deepEqual([head, older], [undefined, undefined])
    assert.notEqual(readable, undefined)
    assert.deepEqual((await currentRepository(deps, id))?.configuration, configuration)
  })

  test('whole, though a manifest says what no database can hold', async () => {
    const lock = 'fluxcd.io/locked: "true"\n    fluxcd.io/locked_msg: "a\\0b\\ud800"'
    const text = (acmeFiles[worker] ?? '').replace('# patches only', `\n    ${lock}`)
    await stage.github.person('alice').push(acme.repository, {
      branch: 'main',
      files: { 'clusters/production/hostile.yaml': text },
    })
    await currentRepository(deps, id)
    assert.ok((await files()).includes('clusters/production/hostile.yaml'))
    assert.ok((await files()).includes(worker))
  })

  test('but for a file of more than 1 MiB, which is a problem and not even fetched', async () => {
    const large = 'clusters/production/large.yaml'
    await currentRepository(deps, id)
    await commit({ [large]: `${acmeFiles[worker] ?? ''}${'# much\n'.repeat(150_000)}` })
    stage.github.requests.reset()
    await doubtHead(database, id)
    await currentRepository(deps, id)
    const read = (await readFiles(database, id)).find(({ file }) => file === large)
    assert.deepEqual(read?.reading, {
      images: [],
      problems: [{ message: 'expected at most 1 MiB, and it has more', help: 'split the file' }],
    })
    assert.equal(textsAsked(), 0)
    await commit({ [large]: null })
  })

  test('leaves charts alone, wherever they stand', async () => {
    const chart = 'clusters/production/chart'
    const text = acmeFiles[worker] ?? ''
    await commit({ [`${chart}/Chart.yaml`]: 'name: web\n', [`${chart}/templates/web.yaml`]: text })
    await currentRepository(deps, id)
    assert.deepEqual(
      (await files()).filter((file) => file.startsWith(chart)),
      [],
    )
    assert.ok((await files()).includes(worker))
    await commit({ [`${chart}/Chart.yaml`]: null, [`${chart}/templates/web.yaml`]: null })
  })
})

describe('the configuration is the consent:', () => {
  const configuration = '.github/lotse.yaml'
  const staging = 'clusters/staging/worker.yaml'
  const broken = 'version: 1\nclusters: { production: { pth: x } }\n'
  const whole = 'version: 1\n'
  const rows: readonly (readonly [name: string, text: string | null, read: boolean, queries: number])[] = [
    ['without one nothing is read', null, false, 0],
    ['with a broken one nothing else is read', broken, false, 1],
    ['outside the paths of its clusters nothing is read', acmeFiles[configuration] ?? null, false, 2],
    ['in the paths of its clusters everything is read', whole, true, 2],
  ]
  for (const [name, text, read, queries] of rows) {
    test(name, async () => {
      await commit({ [configuration]: text, [staging]: acmeFiles[worker] ?? null })
      stage.github.requests.reset()
      await currentRepository(deps, id)
      const queried = textsAsked()
      await commit({ [configuration]: acmeFiles[configuration] ?? null, [staging]: null })
      assert.deepEqual([(await files()).includes(staging), queried], [read, queries])
    })
  }
})

describe('a file that is not text', () => {
  const bytes = '\0\u0001'

  test('is a reading with a problem', async () => {
    await commit({ 'clusters/production/binary.yaml': bytes })
    await currentRepository(deps, id)
    const binary = (await readFiles(database, id)).find(({ file }) => file.endsWith('binary.yaml'))
    assert.deepEqual(binary?.reading, {
      images: [],
      problems: [{ message: 'the file is not text', help: 'write it in UTF-8' }],
    })
  })

  test('is a broken configuration, and not an absent one', async () => {
    const path = '.github/lotse.yaml'
    await commit({ [path]: bytes })
    const { configuration } = (await currentRepository(deps, id)) ?? {}
    await commit({ [path]: acmeFiles[path] ?? null })
    assert.deepEqual(configuration, {
      ok: false,
      problems: [
        { message: 'the file is not text', help: 'write it in UTF-8', at: { file: path, line: 1, column: 1 } },
      ],
    })
  })
})

async function commit(files: Readonly<Record<string, string | null>>): Promise<void> {
  await stage.github.person('alice').push(acme.repository, { branch: 'main', files })
}
