import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Exchange } from '../../src/sandbox/github/http/observe.ts'
import { recordContract } from '../support/record-contract.ts'

const healthy: Exchange = {
  method: 'DELETE',
  path: '/repos/acme/gitops/git/refs/heads/x',
  query: {},
  requestBody: undefined,
  status: 204,
  responseBody: undefined,
  otherMedia: false,
}

function watched(): {
  readonly record: ReturnType<typeof recordContract>
  readonly tell: (change: Partial<Exchange>) => void
  readonly deliveries: { event: string; payload: unknown }[]
} {
  const listeners = new Set<(exchange: Exchange) => void>()
  const deliveries: { event: string; payload: unknown }[] = []
  const record = recordContract({
    deliveries,
    observe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
  return { record, deliveries, tell: (change) => listeners.forEach((listener) => listener({ ...healthy, ...change })) }
}

test('recordContract names each violation once, of requests, answers and webhooks', () => {
  const { record, tell, deliveries } = watched()
  tell({ query: { force: 'true' } })
  tell({ query: { force: 'true' } })
  tell({ status: 200, responseBody: { deleted: true } })
  deliveries.push({ event: 'pull_request', payload: { action: 'befriended' } })
  assert.deepEqual(record.violations(), [
    'DELETE /repos/{owner}/{repo}/git/refs/{ref} ?force: GitHub describes no such parameter',
    'DELETE /repos/{owner}/{repo}/git/refs/{ref} 200: GitHub describes no such answer',
    'webhook pull_request.befriended: GitHub describes no such webhook',
  ])
})

test('recordContract finds nothing wrong with what GitHub would do, with faults on purpose and with other media', () => {
  const { record, tell } = watched()
  tell({})
  tell({ status: 502, responseBody: 'bad gateway' })
  tell({ method: 'GET', path: '/repos/acme/gitops/pulls/1', status: 200, otherMedia: true })
  assert.deepEqual(record.violations(), [])
  assert.deepEqual(record.seen(), [
    'DELETE /repos/{owner}/{repo}/git/refs/{ref} 204',
    'DELETE /repos/{owner}/{repo}/git/refs/{ref} 502',
    'GET /repos/{owner}/{repo}/pulls/{pull_number} 200',
  ])
})

test('recordContract hears nothing after it was stopped', () => {
  const { record, tell } = watched()
  record.stop()
  tell({ path: '/nowhere' })
  assert.deepEqual(record.violations(), [])
})
