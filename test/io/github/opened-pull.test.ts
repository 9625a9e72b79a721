import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Reviewer } from '../../../src/core/config/configuration.ts'
import { parseInstallationId } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { Secret } from '../../../src/core/secret.ts'
import { createGitHub } from '../../../src/io/github/client.ts'
import { addLabels, requestReviewers, teamsClient } from '../../../src/io/github/opened-pull.ts'
import { fullName, name, openGround, pullNumber } from './ground.ts'

const ground = await openGround()
const { octokit, sandbox } = ground
const bob = sandbox.person('bob')
const alice: Reviewer = { kind: 'user', name: 'alice' }
const stranger: Reviewer = { kind: 'user', name: 'stranger' }
const platform: Reviewer = { kind: 'team', name: 'platform' }
let number = pullNumber(1)

before(async () => {
  sandbox.createTeam('acme', 'platform', [fullName])
  await bob.push(fullName, { branch: 'topic', create: true, files: { 'topic.md': 'x' } })
  number = pullNumber((await bob.openPull(fullName, { head: 'topic', title: 'Note' })).issue.number)
})

test('addLabels makes the labels that the repository does not have', async () => {
  assert.equal(await addLabels(octokit, name, { number, labels: ['release', 'lotse'] }), undefined)
  const labels = sandbox.repository(fullName).issues.get(number)?.labels ?? []
  assert.deepEqual(
    labels.map((label) => label.name),
    ['release', 'lotse'],
  )
})

test('addLabels tells why GitHub would not', async () => {
  const refused = await addLabels(octokit, name, { number: pullNumber(4711), labels: ['release'] })
  assert.match(refused ?? '', /Not Found/)
})

test('a permission that lacks is a refusal too, and fails nothing', async () => {
  const reading = await ground.github.as({ ...ground, profile: 'read' })
  assert.match((await addLabels(reading, name, { number, labels: ['release'] })) ?? '', /needs the permission/)
  assert.match((await requestReviewers(reading, name, { number, reviewers: [alice] })) ?? '', /needs the permission/)
})

describe('requestReviewers', () => {
  test('asks a person', async () => {
    assert.equal(await requestReviewers(octokit, name, { number, reviewers: [alice] }), undefined)
    const asked = sandbox.repository(fullName).issues.get(number)?.pull?.requestedReviewers ?? []
    assert.deepEqual(
      asked.map(({ login }) => login),
      ['alice'],
    )
  })

  test('tells why GitHub would not ask somebody', async () => {
    const refused = await requestReviewers(octokit, name, { number, reviewers: [alice, stranger] })
    assert.match(refused ?? '', /^Reviews may only be requested from collaborators/)
  })

  test('asks a team with the permission to see teams, and not without', async () => {
    const refused = await requestReviewers(octokit, name, { number, reviewers: [platform] })
    assert.match(refused ?? '', /^Could not resolve to a node/)
    const seeing = await teamsClient(ground.github, ground)
    assert.ok(seeing !== undefined)
    assert.equal(await requestReviewers(seeing, name, { number, reviewers: [platform] }), undefined)
    const asked = sandbox.repository(fullName).issues.get(number)?.pull?.requestedTeams ?? []
    assert.deepEqual(
      asked.map(({ slug }) => slug),
      ['platform'],
    )
  })
})

test('teamsClient is none where the organisation has not granted it', async () => {
  const manifest = { name: 'Modest', default_permissions: { pull_requests: 'write' } }
  const app = sandbox.registerApp(manifest, { webhookSecret: 'a secret of at least thirty-two bytes' })
  const installation = guaranteed(parseInstallationId(await sandbox.install(app.appId, 'acme')))
  const settings = { appId: app.appId, privateKey: new Secret(app.privateKey), apiUrl: sandbox.apiUrl }
  const github = createGitHub(settings, { now: () => new Date() })
  assert.equal(await teamsClient(github, { installation, repository: ground.repository }), undefined)
})
