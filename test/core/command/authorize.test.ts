import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type AskerFacts, type Authorization, authorize } from '../../../src/core/command/authorize.ts'
import type { Command } from '../../../src/core/command/command.ts'
import { type Permissions, roleOf } from '../../../src/core/command/role.ts'
import { parseUserId } from '../../../src/core/ids.ts'
import { cluster } from '../../support/facts.ts'
import { guaranteed } from '../../../src/core/parsed.ts'

const ann = guaranteed(parseUserId(11))
const eve = guaranteed(parseUserId(12))

/** Ann, a person with the role read. */
function asker(differs: Partial<AskerFacts> = {}): AskerFacts {
  return { author: { id: ann, type: 'User' }, answer: { user: ann, role: 'read' }, ...differs }
}

suite('authorize', () => {
  const help: Command = { kind: 'help' }
  const why: Command = { kind: 'why' }
  const allow: Authorization = { do: 'allow' }
  const refuse = (because: (Authorization & { do: 'refuse' })['because']): Authorization => ({ do: 'refuse', because })

  const rows: readonly [what: string, command: Command, facts: AskerFacts, authorization: Authorization][] = [
    ['lets somebody with read ask why', why, asker(), allow],
    ['lets an administrator ask why', why, asker({ answer: { user: ann, role: 'admin' } }), allow],
    [
      'refuses why to somebody without a role',
      why,
      asker({ answer: { user: ann, role: undefined } }),
      refuse({ kind: 'role-too-low', has: undefined, needs: 'read' }),
    ],
    [
      'refuses why where the role is not known',
      why,
      asker({ answer: 'unknown' }),
      refuse({ kind: 'role-unknown', needs: 'read' }),
    ],
    [
      'refuses why where GitHub answered for somebody else',
      why,
      asker({ answer: { user: eve, role: 'admin' } }),
      refuse({ kind: 'other-user', needs: 'read' }),
    ],
    ['lets somebody with read ask for the status', { kind: 'status' }, asker(), allow],
    [
      'lets somebody with write sync',
      { kind: 'sync', cluster },
      asker({ answer: { user: ann, role: 'write' } }),
      allow,
    ],
    [
      'refuses a sync to somebody with triage',
      { kind: 'sync', cluster },
      asker({ answer: { user: ann, role: 'triage' } }),
      refuse({ kind: 'role-too-low', has: 'triage', needs: 'write' }),
    ],
    ['helps whoever can comment', help, asker({ answer: { user: ann, role: undefined } }), allow],
    ['helps where the role is not known', help, asker({ answer: 'unknown' }), allow],
    ['refuses a bot', why, asker({ author: { id: ann, type: 'Bot' } }), refuse({ kind: 'no-person' })],
    ['does not even help a bot', help, asker({ author: { id: ann, type: 'Bot' } }), refuse({ kind: 'no-person' })],
    [
      'refuses an account of an unknown kind',
      help,
      asker({ author: { id: ann, type: 'Mannequin' } }),
      refuse({ kind: 'no-person' }),
    ],
  ]
  for (const [what, command, facts, authorization] of rows) {
    test(what, () => assert.deepEqual(authorize(command, facts), authorization))
  }
})

suite('roleOf', () => {
  const rows: readonly [permissions: Permissions, role: string | undefined][] = [
    [{}, undefined],
    [{ pull: false }, undefined],
    [{ pull: true }, 'read'],
    [{ pull: true, triage: true }, 'triage'],
    [{ pull: true, triage: true, push: true }, 'write'],
    [{ pull: true, triage: true, push: true, maintain: true, admin: false }, 'maintain'],
    [{ pull: true, triage: true, push: true, maintain: true, admin: true }, 'admin'],
    [{ admin: true }, 'admin'],
  ]
  for (const [permissions, role] of rows) {
    test(`${JSON.stringify(permissions)} is ${role ?? 'none'}`, () => assert.equal(roleOf(permissions), role))
  }
})
