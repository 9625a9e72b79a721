import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeId } from '../../../src/sandbox/github/node-id.ts'
import { listInstallations, listRepositories, readIdentity } from '../../../src/io/github/installations.ts'
import { fullName, main, openGround } from './ground.ts'

const { sandbox, github, installation, app, repository } = await openGround()
const asInstallation = await github.asInstallation(installation)

test('we are known by the slug and the numeric id of our bot', async () => {
  const { appId, slug, botUserId: bot } = app
  assert.deepEqual(await readIdentity(github.app, asInstallation), { appId, slug, bot })
})

test('installations are listed, those that are suspended are not', async () => {
  sandbox.createOrganization('globex')
  const suspended = await sandbox.install(app.appId, 'globex')
  assert.deepEqual(await listInstallations(github.app), [installation, suspended])
  await sandbox.suspend(suspended)
  assert.deepEqual(await listInstallations(github.app), [installation])
})

test('repositories are listed as they are now', async () => {
  const { id } = await sandbox.createRepository('acme/Live', { defaultBranch: 'env/live' })
  await sandbox.archiveRepository('acme/Live')
  assert.deepEqual(await listRepositories(asInstallation), [
    { id: repository, node: nodeOf(repository), name: fullName, defaultBranch: main, archived: false },
    { id, node: nodeOf(id), name: 'acme/live', defaultBranch: 'env/live', archived: true },
  ])
})

function nodeOf(id: number): string {
  return nodeId('repository', id)
}

test('every page of repositories is listed', async () => {
  const known = (await listRepositories(asInstallation)).length
  for (let i = 0; i < 101; i++) await sandbox.createRepository(`acme/more-${i}`)
  const listed = await listRepositories(asInstallation)
  assert.equal(new Set(listed.map(({ id }) => id)).size, known + 101)
})
