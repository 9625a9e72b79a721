import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../../src/core/secret.ts'
import { createLogger, type LogOptions } from '../../src/runtime/log.ts'

test('a line in JSON has time, level, bound fields and message', () => {
  const { log, lines } = record('json')
  log.child({ repo: 'acme/gitops' }).info({ skipped: 3 }, 'release planned')
  const { time, ...others } = JSON.parse(lines()) as Record<string, unknown>
  assert.match(String(time), /^[0-9-]+T[0-9:.]+Z$/)
  assert.deepEqual(others, { level: 'info', repo: 'acme/gitops', skipped: 3, msg: 'release planned' })
})

test('a line of text is read by people', () => {
  const { log, lines } = record('text')
  log.child({ repo: 'acme/gitops' }).warn({ skipped: 3 }, 'release planned')
  assert.match(lines(), /^[0-9:]{8} warn  release planned repo="acme\/gitops" skipped=3\n$/)
})

test('the stack of an error and its cause stand below a line of text', () => {
  const { log, lines } = record('text')
  log.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed')
  assert.match(lines(), /^\S+ error failed\n {2}Error: outer\n {6}at [^]*\n {2}Error: inner\n/)
})

for (const format of ['json', 'text'] as const) {
  test(`secrets do not reach the log as ${format}, on their own or in an error`, () => {
    const { log, lines } = record(format)
    const error = Object.assign(new Error('refused'), { request: { headers: { authorization: 'token hidden' } } })
    log.child({ token: new Secret('hidden') }).error({ err: error, deep: { secret: new Secret('hidden') } }, 'failed')
    assert.match(lines(), /•••/)
    assert.doesNotMatch(lines(), /hidden/)
  })
}

test('lines below the level are left out', () => {
  const { log, lines } = record('json')
  log.debug('nobody reads this')
  assert.equal(lines(), '')
})

function record(format: LogOptions['format']) {
  let text = ''
  const log = createLogger({ level: 'info', format }, { write: (line) => void (text += line) })
  return { log, lines: () => text }
}
