import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { silentLogger } from '../../src/runtime/log.ts'
import { untilShutdown } from '../../src/runtime/shutdown.ts'

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`untilShutdown stops at ${signal}, and leaves nothing behind`, async () => {
    const signals = new Signals()
    let stopped = false
    const done = untilShutdown({ log: silentLogger, signals, stop: async () => void (stopped = true) })
    assert.equal(stopped, false)
    signals.emit(signal, signal)
    await done
    assert.equal(stopped, true)
    assert.equal(signals.listenerCount('SIGTERM') + signals.listenerCount('SIGINT'), 0)
  })
}

test('untilShutdown exits at once at the second signal', async () => {
  const signals = new Signals()
  const stopping = Promise.withResolvers<void>()
  const done = untilShutdown({
    log: silentLogger,
    signals,
    async stop() {
      signals.emit('SIGTERM', 'SIGTERM')
      stopping.resolve()
    },
  })
  signals.emit('SIGINT', 'SIGINT')
  await stopping.promise
  await done
  assert.deepEqual(signals.exits, [130])
})

test('untilShutdown exits at the deadline', async () => {
  const signals = new Signals()
  const exit = Promise.withResolvers<void>()
  signals.on('exit', exit.resolve)
  const done = untilShutdown({ log: silentLogger, signals, deadlineMs: 1, stop: async () => exit.promise })
  signals.emit('SIGTERM', 'SIGTERM')
  await done
  assert.deepEqual(signals.exits, [1])
})

class Signals extends EventEmitter {
  readonly exits: number[] = []

  exit(code: number): void {
    this.exits.push(code)
    this.emit('exit')
  }
}
