import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import {
  type AgentMessage,
  type BotMessage,
  formatAgentMessage,
  formatBotMessage,
  parseAgentMessage,
  parseBotMessage,
} from '../../src/core/agent-protocol.ts'
import { parseBranchName, parseCommitSha, parsePullNumber } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { Secret } from '../../src/core/secret.ts'
import { type SyncReport } from '../../src/core/sync/report.ts'

const sha = fc.stringMatching(/^[0-9a-f]{40}$/).map((text) => guaranteed(parseCommitSha(text)))
const pull = fc.integer({ min: 1, max: 100_000 }).map((number) => guaranteed(parsePullNumber(number)))
const branch = fc.constantFrom('main', 'feature/x').map((name) => guaranteed(parseBranchName(name)))
const emptyDiff = { changes: [], drift: [], dangers: [], problems: [], unchanged: 3, omitted: 0 }

const report: SyncReport = {
  commit: guaranteed(parseCommitSha('a'.repeat(40))),
  result: 'partial',
  trigger: 'hint',
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:01.000Z',
  counts: { applied: 1, corrected: 0, unchanged: 2, pruned: 0, waiting: 0, skipped: 0, failed: 1 },
  problems: [{ message: 'quota exceeded', object: 'apps/Deployment demo/web', turn: 'operator' }],
  moreProblems: 0,
  drift: [],
  heldPrunes: [],
}

const botMessage: fc.Arbitrary<BotMessage> = fc.oneof(
  fc.record({ kind: fc.constant('fetch'), commit: sha } as const),
  fc.record({ kind: fc.constantFrom('sync', 'report') } as const),
  fc.record({ kind: fc.constant('diff'), pull, base: sha, head: sha } as const),
)

const agentMessage: fc.Arbitrary<AgentMessage> = fc.oneof(
  fc.record({ kind: fc.constant('started'), commit: sha } as const),
  fc.record({ kind: fc.constant('token-wanted') } as const),
  fc.record({
    kind: fc.constant('state'),
    state: fc.record(
      {
        version: fc.string({ maxLength: 100 }),
        path: fc.string({ maxLength: 1000 }),
        branch,
        syncing: sha,
        lastFull: sha,
        trouble: fc.record(
          {
            since: fc.constant('2026-01-01T00:00:00.000Z'),
            says: fc.string({ maxLength: 500, unit: 'grapheme' }),
            help: fc.string({ maxLength: 500, unit: 'grapheme' }),
          },
          { requiredKeys: ['since', 'says'], noNullPrototype: true },
        ),
      },
      { requiredKeys: ['version', 'path'], noNullPrototype: true },
    ),
  } as const),
  fc.record({
    kind: fc.constant('diffed'),
    pull,
    base: sha,
    head: sha,
    result: fc.oneof(
      fc.record({ kind: fc.constant('failed'), because: fc.string({ maxLength: 2000 }) } as const),
      fc.constant({ kind: 'diff', diff: emptyDiff } as const),
    ),
  } as const),
)

test('parseBotMessage reads what formatBotMessage writes', () => {
  fc.assert(
    fc.property(botMessage, (message) => {
      assert.deepEqual(parseBotMessage(formatBotMessage(message)), { ok: true, value: { ...message } })
    }),
  )
})

test('parseAgentMessage reads what formatAgentMessage writes', () => {
  fc.assert(
    fc.property(agentMessage, (message) => {
      assert.deepEqual(plain(parseAgentMessage(formatAgentMessage(message))), plain({ ok: true, value: message }))
    }),
  )
})

test('parseAgentMessage reads a report, in a state too', () => {
  const message: AgentMessage = { kind: 'synced', report }
  assert.deepEqual(parseAgentMessage(formatAgentMessage(message)), { ok: true, value: message })
  const told: AgentMessage = { kind: 'state', state: { version: '1', path: '.', lastReport: report } }
  assert.deepEqual(parseAgentMessage(formatAgentMessage(told)), { ok: true, value: told })
})

test('a token is written where it is sent, and read as a secret', () => {
  const text = formatBotMessage({ kind: 'token', token: new Secret('ghs_x'), expiresAt: '2026-01-01T00:00:00Z' })
  const read = guaranteed(parseBotMessage(text))
  assert.ok(read.kind === 'token')
  assert.equal(read.token.reveal(), 'ghs_x')
  assert.ok(!JSON.stringify(read).includes('ghs_x'))
})

test('the parsers are total', () => {
  const kinds = fc.constantFrom('fetch', 'sync', 'diff', 'report', 'token', 'state', 'started', 'synced', 'diffed')
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .tuple(kinds, fc.jsonValue(), fc.string())
      .map(([kind, value, field]) => JSON.stringify({ kind, [field]: value })),
    fc
      .tuple(kinds, fc.jsonValue())
      .map(([kind, value]) =>
        JSON.stringify({ kind, state: value, report: value, result: value, commit: value, pull: value }),
      ),
    fc.constantFrom('['.repeat(500_000), '{"kind":'.repeat(100_000), '{"__proto__":{"kind":"sync"}}', '"sync"'),
  )
  fc.assert(
    fc.property(texts, (text) => {
      assert.equal(typeof parseBotMessage(text).ok, 'boolean')
      assert.equal(typeof parseAgentMessage(text).ok, 'boolean')
    }),
  )
})

const commit = 'a'.repeat(40)
const state = { version: '1', path: 'clusters' }
const since = '2026-01-01T00:00:00.000Z'

test('parseAgentMessage cuts the words of a trouble', () => {
  const endless = `\ud800${'x'.repeat(9000)}`
  const trouble = { since, says: endless, help: endless, more: endless }
  const message = guaranteed(parseAgentMessage(JSON.stringify({ kind: 'state', state: { ...state, trouble } })))
  assert.ok(message.kind === 'state')
  const cut = `\ufffd${'x'.repeat(1999)}`
  assert.deepEqual(message.state.trouble, { since, says: cut, help: cut })
})

suite('parseAgentMessage refuses', () => {
  const wrong: readonly (readonly [what: string, message: unknown, problem: RegExp])[] = [
    ['nothing', {}, /expected a kind of message that is known here, got `undefined`/],
    ['an unknown kind', { kind: 'apply' }, /got `apply`/],
    ['an endless kind', { kind: 'x'.repeat(1000) }, /got `x{40}`$/],
    ['a kind of every object', { kind: 'constructor' }, /got `constructor`/],
    ['what the bot says', { kind: 'fetch', commit }, /got `fetch`/],
    ['a commit that is none', { kind: 'started', commit: 'main' }, /expected a commit/],
    ['a state that is none', { kind: 'state', state: [] }, /expected the state of an agent/],
    ['a state without a path', { kind: 'state', state: { version: '1' } }, /expected a path/],
    ['an endless version', { kind: 'state', state: { ...state, version: 'x'.repeat(101) } }, /at most 100/],
    ['an endless path', { kind: 'state', state: { ...state, path: 'x'.repeat(1001) } }, /at most 1000/],
    ['a branch that is none', { kind: 'state', state: { ...state, branch: 'a..b' } }, /expected a branch name/],
    ['a branch that is null', { kind: 'state', state: { ...state, branch: null } }, /expected a branch name/],
    ['a report that is none', { kind: 'state', state: { ...state, lastReport: 'x' } }, /expected/],
    ['a trouble that is none', { kind: 'state', state: { ...state, trouble: 'x' } }, /expected the trouble/],
    ['a trouble without a time', { kind: 'state', state: { ...state, trouble: { says: 'x' } } }, /expected a time/],
    ['a trouble without words', { kind: 'state', state: { ...state, trouble: { since } } }, /expected a reason/],
    ['a synced without its report', { kind: 'synced' }, /expected/],
    ['a pull request that is none', diffed({ pull: 0 }), /expected a pull request number/],
    ['a pull request as text', diffed({ pull: '7' }), /expected a pull request number/],
    ['a result that is none', diffed({ result: { kind: 'maybe' } }), /got `maybe`/],
    ['a failure without a reason', diffed({ result: { kind: 'failed' } }), /expected a reason/],
    ['a diff that is none', diffed({ result: { kind: 'diff', diff: [] } }), /expected a live diff/],
  ]
  for (const [what, message, problem] of wrong) {
    test(what, () => assert.match(problemOf(parseAgentMessage(JSON.stringify(message))), problem))
  }

  test('several things at once', () => {
    const read = parseAgentMessage(JSON.stringify(diffed({ pull: 0, head: '', result: 1 })))
    assert.equal(read.ok ? 0 : read.problems.length, 3)
  })
})

suite('parseBotMessage refuses', () => {
  const wrong: readonly (readonly [what: string, message: unknown, problem: RegExp])[] = [
    ['what an agent says', { kind: 'token-wanted' }, /got `token-wanted`/],
    ['a fetch without a commit', { kind: 'fetch' }, /expected a commit/],
    ['a diff without a head', { kind: 'diff', pull: 1, base: commit }, /expected a commit/],
    ['a token without its end', { kind: 'token', token: 'x' }, /expected a time/],
    ['a token with an end that is none', { kind: 'token', token: 'x', expiresAt: 'soon' }, /expected a time/],
    ['an endless token', { kind: 'token', token: 'x'.repeat(4097), expiresAt: '2026-01-01' }, /expected a token/],
  ]
  for (const [what, message, problem] of wrong) {
    test(what, () => assert.match(problemOf(parseBotMessage(JSON.stringify(message))), problem))
  }
})

test('parseAgentMessage cuts an endless reason', () => {
  const endless = diffed({ result: { kind: 'failed', because: 'x'.repeat(5000) } })
  const cut = diffed({ result: { kind: 'failed', because: 'x'.repeat(2000) } })
  assert.deepEqual(parseAgentMessage(JSON.stringify(endless)), { ok: true, value: cut })
})

test('parseAgentMessage leaves out what it does not know', () => {
  const read = parseAgentMessage(JSON.stringify({ kind: 'state', state: { ...state, mood: 'good' }, more: 1 }))
  assert.deepEqual(read, { ok: true, value: { kind: 'state', state } })
})

function diffed(change: object): object {
  return { kind: 'diffed', pull: 7, base: commit, head: commit, result: { kind: 'failed', because: '' }, ...change }
}

function problemOf(read: ReturnType<typeof parseAgentMessage | typeof parseBotMessage>): string {
  return read.ok ? 'nothing wrong' : read.problems[0].message
}

/** As JSON has it: without the prototypes of generated records. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
