import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { silentLogger } from '../../src/runtime/log.ts'
import { type Stop, stopOnSignal } from '../../src/runtime/shutdown.ts'

test('a signal stops one after the other, and exits', async () => {
  const { order, exited, signals } = start([stop('http'), stop('jobs'), stop('database')])
  signals.emit('SIGTERM')
  assert.equal(await exited, 0)
  assert.deepEqual(order, ['http', 'jobs', 'database'])
})

test('what cannot stop does not keep the rest from stopping', async () => {
  const { order, exited, signals } = start([
    stop('http'),
    { what: 'jobs', stop: async () => Promise.reject(new Error('no')) },
    stop('database'),
  ])
  signals.emit('SIGINT')
  assert.equal(await exited, 1)
  assert.deepEqual(order, ['http', 'database'])
})

test('the second signal exits at once', async () => {
  const { exited, signals } = start([{ what: 'jobs', stop: async () => new Promise(() => {}) }], 60_000)
  signals.emit('SIGTERM')
  signals.emit('SIGTERM')
  assert.equal(await exited, 130)
})

test('the deadline exits', async () => {
  const { exited, signals } = start([{ what: 'jobs', stop: async () => new Promise(() => {}) }], 1)
  signals.emit('SIGTERM')
  assert.equal(await exited, 1)
})

test('a forgotten shutdown does not hear signals', () => {
  const { signals, forget } = start([])
  forget()
  assert.equal(signals.listenerCount('SIGTERM') + signals.listenerCount('SIGINT'), 0)
})

type Named = (order: string[]) => Stop

function stop(what: string): Named {
  return (order) => ({ what, stop: async () => void order.push(what) })
}

function start(stops: readonly (Named | Stop)[], deadlineMs = 60_000) {
  const order: string[] = []
  const signals = new EventEmitter()
  const { promise: exited, resolve: exit } = Promise.withResolvers<number>()
  const all = stops.map((one) => (typeof one === 'function' ? one(order) : one))
  const { forget } = stopOnSignal(all, { log: silentLogger, signals, exit, deadlineMs })
  return { order, exited, signals, forget }
}
