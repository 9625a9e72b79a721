import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { AgentState } from '../../../src/core/agent-protocol.ts'
import { parseConfiguration } from '../../../src/core/config/configuration.ts'
import { parseClusterName } from '../../../src/core/ids.ts'
import { guaranteed, refused } from '../../../src/core/parsed.ts'
import { createKey } from '../../../src/io/agent-link/keys.ts'
import {
  forgetAgentsExcept,
  keepAgentState,
  keepConnected,
  keepDisconnected,
  readAgent,
  readAgents,
  repositoriesOfAgent,
} from '../../../src/io/store/agents.ts'
import { keepRepositoryReading, knowRepository } from '../../../src/io/store/repositories.ts'
import { commit, gitops, openMigrated, repoId } from './migrated.ts'

const database = await openMigrated()
const cluster = guaranteed(parseClusterName('production'))
const staging = guaranteed(parseClusterName('staging'))
const key = createKey().publicKey
const other = createKey().publicKey
const id = { repository: repoId(11), cluster }
const at = new Date('2026-11-22T10:00:00Z')

const lists = (name: string) =>
  parseConfiguration(`version: 1\nclusters:\n  ${name}:\n    path: here\n    agents: [${key}]\n`)

async function configured(repository: number, configuration: ReturnType<typeof lists> | undefined): Promise<void> {
  await knowRepository(database, gitops({ id: repoId(repository) }))
  const reading = { head: commit('a'), doubts: 0, configuration, files: [] }
  await keepRepositoryReading(database, repoId(repository), reading)
}

beforeEach(async () => configured(11, lists('production')))

test('repositoriesOfAgent finds those that list the key for the cluster', async () => {
  assert.deepEqual(await repositoriesOfAgent(database, { cluster, key }), [
    { id: 11, name: 'acme/gitops', known: false },
  ])
  assert.deepEqual(await repositoriesOfAgent(database, { cluster, key: other }), [])
  assert.deepEqual(await repositoriesOfAgent(database, { cluster: staging, key }), [])
  await configured(12, lists('production'))
  await keepConnected(database, id, { key, at })
  assert.deepEqual(await repositoriesOfAgent(database, { cluster, key }), [
    { id: 11, name: 'acme/gitops', known: true },
    { id: 12, name: 'acme/gitops', known: false },
  ])
})

test('repositoriesOfAgent finds none that is archived, broken or without a configuration', async () => {
  await knowRepository(database, gitops({ archived: true }))
  await configured(12, refused('broken'))
  await configured(13, undefined)
  assert.deepEqual(await repositoriesOfAgent(database, { cluster, key }), [])
})

test('repositoriesOfAgent goes by the last configuration that could be read, while there is one', async () => {
  await configured(11, refused('broken'))
  assert.deepEqual(await repositoriesOfAgent(database, { cluster, key }), [
    { id: 11, name: 'acme/gitops', known: false },
  ])
  await configured(11, undefined)
  assert.deepEqual(await repositoriesOfAgent(database, { cluster, key }), [])
  await configured(11, refused('broken'))
  assert.deepEqual(await repositoriesOfAgent(database, { cluster, key }), [])
})

test('what an agent said stays when it is gone, with when it was last seen', async () => {
  const state: AgentState = { version: '1.0.0', path: 'here', lastFull: commit('b') }
  await keepConnected(database, id, { key, at })
  assert.deepEqual(await readAgent(database, id), { cluster, lastSeen: '2026-11-22T10:00:00Z', state: undefined })
  await keepAgentState(database, id, { key, since: at, state, at })
  await keepDisconnected(database, id, new Date('2026-11-22T11:00:00Z'))
  assert.deepEqual(await readAgent(database, id), { cluster, lastSeen: '2026-11-22T11:00:00Z', state })
})

test('an agent of a repository that is not known is not kept', async () => {
  const stranger = { repository: repoId(99), cluster }
  await keepConnected(database, stranger, { key, at })
  assert.deepEqual(await readAgents(database, stranger.repository), [])
})

test('agents of clusters that are gone are forgotten', async () => {
  await keepConnected(database, id, { key, at })
  await keepConnected(database, { ...id, cluster: staging }, { key: other, at })
  await forgetAgentsExcept(database, id.repository, [staging])
  assert.deepEqual(
    (await readAgents(database, id.repository)).map((agent) => agent.cluster),
    ['staging'],
  )
})
