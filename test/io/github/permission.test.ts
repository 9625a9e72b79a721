import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readPermission } from '../../../src/io/github/permission.ts'
import { fullName, name, openGround } from './ground.ts'

const { sandbox, github, installation, repository } = await openGround()
const octokit = await github.as({ installation, repository, profile: 'chat' })
const roles = ['pull', 'triage', 'push', 'maintain', 'admin'] as const

describe('readPermission', () => {
  for (const [role, most] of [
    ['read', 'pull'],
    ['triage', 'triage'],
    ['write', 'push'],
    ['maintain', 'maintain'],
    ['admin', 'admin'],
  ] as const) {
    test(`says of somebody with ${role} all that is in it, and whose login it is`, async () => {
      const { id } = sandbox.createUser(`with-${role}`)
      sandbox.grant(fullName, `with-${role}`, role)
      const permissions = Object.fromEntries(roles.map((one) => [one, roles.indexOf(one) <= roles.indexOf(most)]))
      assert.deepEqual(await readPermission(octokit, name, `with-${role}`), { user: id, permissions })
    })
  }

  test('says of somebody without a role that nothing is permitted', async () => {
    sandbox.createUser('eve')
    const answer = await readPermission(octokit, name, 'eve')
    assert.deepEqual(Object.values(answer?.permissions ?? {}).filter(Boolean), [])
  })

  test('says nothing of somebody that there is not', async () => {
    assert.equal(await readPermission(octokit, name, 'nobody-at-all'), undefined)
  })

  test('does not read a GitHub that is down as an answer', async () => {
    sandbox.faults.refuse('GET /repos/{owner}/{repo}/collaborators/{username}/permission', 503)
    await assert.rejects(readPermission(octokit, name, 'alice'), { name: 'GitHubUnavailable' })
  })
})
