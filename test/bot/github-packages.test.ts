import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { Probot } from 'probot'
import { app } from '../../src/bot/app.ts'
import { parseBranchName, parseRepoId, parseRepoName } from '../../src/core/ids.ts'
import { parseImageName } from '../../src/core/image/ref.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { keepFollowedImages, knowRepository } from '../../src/io/store/repositories.ts'
import { silentLogger } from '../../src/runtime/log.ts'
import { openTestDatabase } from '../io/store/test-database.ts'
import { registrySenders } from '../support/registry-payloads.ts'
import { asked, clear, installation, testDeps, testSettings, webhookSecret } from './ground.ts'

const settings = testSettings()
const database = await openTestDatabase()
const deps = await testDeps(database, settings)
const probot = new Probot({
  appId: settings.github.appId,
  privateKey: settings.github.privateKey.reveal(),
  secret: webhookSecret,
  log: silentLogger,
})
app(probot, deps)
after(async () => deps.jobs.stop())

beforeEach(async () => {
  await clear(deps)
  const id = guaranteed(parseRepoId(11))
  const name = guaranteed(parseRepoName('acme/gitops'))
  const defaultBranch = guaranteed(parseBranchName('main'))
  await knowRepository(database, { id, installation, name, defaultBranch, archived: false })
  await keepFollowedImages(database, id, [guaranteed(parseImageName('ghcr.io/acme/demo-service'))])
})

const sender = registrySenders.find(({ name }) => name.includes('registry_package')) ?? assert.fail()
type Payload = { readonly action: string; readonly registry_package: object }
const published = (tag: string): Payload => sender.payload(tag) as Payload

const rows: readonly (readonly [name: string, payload: object, jobs: readonly string[]])[] = [
  ['asks for the tags of an image that somebody follows', published('1.2.1'), ['tags ghcr.io/acme/demo-service']],
  [
    'asks for the tags of an image that got another tag',
    { ...published('1.2.1'), action: 'updated' },
    ['tags ghcr.io/acme/demo-service'],
  ],
  ['asks for nothing, for a layer', published(''), []],
  [
    'asks for nothing, for an image that nobody follows',
    { ...published('1.2.1'), registry_package: { ...published('1.2.1').registry_package, name: 'other' } },
    [],
  ],
  [
    'asks for nothing, for a package that is no image',
    { ...published('1.2.1'), registry_package: { ...published('1.2.1').registry_package, package_type: 'npm' } },
    [],
  ],
  [
    'asks for nothing, for what cannot be read',
    { action: 'published', registry_package: { package_type: 'CONTAINER' } },
    [],
  ],
]

for (const [name, payload, jobs] of rows) {
  test(`registry_package ${name}`, async () => {
    const event = { id: 'a-delivery', name: 'registry_package', payload }
    await probot.receive(event as unknown as Parameters<Probot['receive']>[0])
    assert.deepEqual(await asked(deps), jobs)
  })
}
