import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { type RequestListener, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import { Octokit } from '@octokit/rest'
import { parseInstallationId } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { Secret } from '../../../src/core/secret.ts'
import { UserError } from '../../../src/core/user-error.ts'
import { createGitHub } from '../../../src/io/github/client.ts'
import { GitHubUnavailable, hasStatus, rateLimitMs, translateError } from '../../../src/io/github/errors.ts'
import { graphql, isNotFound } from '../../../src/io/github/graphql.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = new Secret(privateKey.export({ type: 'pkcs1', format: 'pem' }).toString())

let answer: RequestListener = (_, response) => response.end()
const server = createServer((request, response) => answer(request, response))
await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
after(() => {
  server.closeAllConnections()
  server.close()
})

const github = createGitHub({ appId: 7, privateKey: pem, apiUrl: url }, { now: () => new Date() })

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

type Answer = { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }

/** GitHub's words for an app without the permission. */
const notAccessible = { message: 'Resource not accessible by integration' }

function answers({ status, headers = {}, body = { message: 'what GitHub says' } }: Answer): void {
  answer = (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => assert.fail('it did not fail'),
    (error: unknown) => error,
  )
}

/** What matters of an error: whose turn it is, what it says, and when to come back. */
function seen(error: unknown): unknown {
  if (error instanceof GitHubUnavailable) {
    return { turn: 'github', says: error.message, afterMs: error.retryAfterMs }
  }
  if (error instanceof UserError) return { turn: 'user', says: error.message, help: error.help }
  return { turn: 'caller', status: error instanceof Error && 'status' in error ? error.status : undefined }
}

const date = 'Sun, 22 Nov 2026 10:00:00 GMT'
const at = (seconds: number): string => `${Date.parse(date) / 1000 + seconds}`
const limited = (afterMs: number): unknown => ({
  turn: 'github',
  says: "GitHub's rate limit is used up at GET /app",
  afterMs,
})
const nothingRemains = { date, 'x-ratelimit-remaining': '0' }
const ownTurn = (status: number | undefined): unknown => ({ turn: 'caller', status })

describe('an answer of GitHub is sorted by whose turn it is:', () => {
  const rows: readonly (readonly [name: string, answer: Answer, expected: unknown])[] = [
    ...[500, 502, 503, 504].map(
      (status) =>
        [
          `${status} is its own`,
          { status },
          { turn: 'github', says: `GitHub answered ${status} to GET /app`, afterMs: undefined },
        ] as const,
    ),
    ['a secondary limit, for as long as it says', { status: 403, headers: { 'retry-after': '17' } }, limited(17_000)],
    ['429, for as long as it says', { status: 429, headers: { 'retry-after': '5' } }, limited(5000)],
    ['429 without a word more, for a minute', { status: 429 }, limited(60_000)],
    [
      'a primary limit, until the budget is filled again',
      { status: 403, headers: { ...nothingRemains, 'x-ratelimit-reset': at(1234) } },
      limited(1_235_000),
    ],
    [
      'a primary limit answered with 429, until the budget is filled again',
      { status: 429, headers: { ...nothingRemains, 'x-ratelimit-reset': at(10) } },
      limited(11_000),
    ],
    [
      'a primary limit that says how long, for as long',
      { status: 403, headers: { ...nothingRemains, 'retry-after': '3', 'x-ratelimit-reset': at(1234) } },
      limited(3000),
    ],
    [
      'a secondary limit with a budget left, for a minute',
      { status: 429, headers: { date, 'x-ratelimit-remaining': '4000', 'x-ratelimit-reset': at(1234) } },
      limited(60_000),
    ],
    [
      '403 with the permission that is missing is the user’s',
      { status: 403, headers: { 'x-accepted-github-permissions': 'checks=write' }, body: notAccessible },
      {
        turn: 'user',
        says: 'the app may not GET /app: it needs the permission checks=write',
        help: "accept the app's new permissions in the organisation's settings, under GitHub Apps",
      },
    ],
    [
      '403 with the permission that is missing and a budget left is the user’s',
      {
        status: 403,
        headers: { 'x-accepted-github-permissions': 'checks=write', 'x-ratelimit-remaining': '12' },
        body: notAccessible,
      },
      {
        turn: 'user',
        says: 'the app may not GET /app: it needs the permission checks=write',
        help: "accept the app's new permissions in the organisation's settings, under GitHub Apps",
      },
    ],
    [
      'a secondary limit that only its documentation tells, for a minute',
      {
        status: 403,
        headers: { 'x-accepted-github-permissions': 'checks=write' },
        body: {
          message: 'You have exceeded',
          documentation_url: 'https://docs.github.com/rest/x#secondary-rate-limits',
        },
      },
      limited(60_000),
    ],
    [
      '403 of an archived repository is the caller’s',
      {
        status: 403,
        headers: { 'x-accepted-github-permissions': 'contents=write' },
        body: { message: 'Repository was archived so is read-only.' },
      },
      ownTurn(403),
    ],
    ['403 without a word more is the caller’s', { status: 403 }, ownTurn(403)],
    ...[401, 404, 405, 409, 422].map((status) => [`${status} is the caller’s`, { status }, ownTurn(status)] as const),
  ]
  for (const [name, sent, expected] of rows) {
    test(name, async () => {
      answers(sent)
      assert.deepEqual(seen(await failure(github.app.request('GET /app'))), expected)
    })
  }
})

describe('a wait for the rate limit', () => {
  const rows: readonly (readonly [name: string, headers: Readonly<Record<string, string>>, afterMs: number])[] = [
    ['is a minute without headers', {}, 60_000],
    ['is at most an hour', { ...nothingRemains, 'x-ratelimit-reset': at(1_000_000) }, 3_600_000],
    ['is at most an hour, whatever is asked for', { 'retry-after': '86400' }, 3_600_000],
    ['is not below zero', { ...nothingRemains, 'x-ratelimit-reset': at(-100) }, 0],
    ['is a minute when the reset is no time', { ...nothingRemains, 'x-ratelimit-reset': 'soon' }, 60_000],
    ['is a minute when the answer has no date', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': at(9) }, 60_000],
    ['is a minute when the date is none', { ...nothingRemains, date: 'today', 'x-ratelimit-reset': at(9) }, 60_000],
    ['is a minute when what is asked for is no number', { 'retry-after': 'later' }, 60_000],
  ]
  for (const [name, headers, afterMs] of rows) {
    test(name, () => assert.equal(rateLimitMs(headers), afterMs))
  }
})

describe('a request without an answer is GitHub’s turn:', () => {
  const unreached = { turn: 'github', says: 'GitHub could not be reached for GET /app', afterMs: undefined }

  test('nobody listens', async () => {
    const nowhere = createGitHub({ appId: 7, privateKey: pem, apiUrl: 'http://127.0.0.1:1' }, { now: () => new Date() })
    assert.deepEqual(seen(await failure(nowhere.app.request('GET /app'))), unreached)
  })

  test('the connection is cut', async () => {
    answer = (request) => request.socket.destroy()
    assert.deepEqual(seen(await failure(github.app.request('GET /app'))), unreached)
  })

  for (const [name, signal] of [
    ['it takes too long', AbortSignal.timeout(1)],
    ['it is given up', AbortSignal.abort()],
  ] as const) {
    test(name, async () => {
      answer = () => {}
      const octokit = new Octokit({ baseUrl: url, request: { signal }, log: silent })
      const error = await failure(octokit.request('GET /app'))
      assert.deepEqual(seen(translateError(error, 'GET /app')), unreached)
      assert.equal(hasStatus(error, 500), false)
    })
  }
})

test('only NOT_FOUND is not found', () => {
  const answered = (...types: readonly string[]): Error =>
    Object.assign(new Error('no'), { errors: types.map((type) => ({ type })) })
  const found = [answered('NOT_FOUND'), answered('NOT_FOUND', 'FORBIDDEN'), answered(), new Error('no')].map(isNotFound)
  assert.deepEqual(found, [true, false, false, false])
})

describe('a GraphQL answer', () => {
  const query = 'query Who { viewer { login } }'
  const errors = (type?: string): unknown => ({
    data: null,
    errors: [{ ...(type === undefined ? {} : { type }), message: 'what GitHub says' }],
  })
  const unanswered = (type: string, afterMs?: number): unknown => ({
    turn: 'github',
    says: `GitHub answered ${type} to a GraphQL query`,
    afterMs,
  })
  const rows: readonly (readonly [name: string, answer: Answer, expected: unknown])[] = [
    [
      'that is limited waits a minute',
      { status: 200, body: errors('RATE_LIMITED') },
      unanswered('RATE_LIMITED', 60_000),
    ],
    [
      'that is limited waits until the budget is filled again',
      { status: 200, body: errors('RATE_LIMIT'), headers: { ...nothingRemains, 'x-ratelimit-reset': at(100) } },
      unanswered('RATE_LIMIT', 101_000),
    ],
    ...['NOT_FOUND', 'FORBIDDEN', 'UNPROCESSABLE', 'STALE_DATA', 'INSUFFICIENT_SCOPES'].map(
      (type) => [`${type} is the caller’s`, { status: 200, body: errors(type) }, ownTurn(undefined)] as const,
    ),
    ['with an error without a type is GitHub’s turn', { status: 200, body: errors() }, unanswered('UNKNOWN')],
    ['with an unknown error is GitHub’s turn', { status: 200, body: errors('LOADING') }, unanswered('LOADING')],
    [
      '502 is GitHub’s turn',
      { status: 502 },
      { turn: 'github', says: 'GitHub answered 502 to POST /graphql', afterMs: undefined },
    ],
    [
      '403 with the permission that is missing is the user’s',
      { status: 403, headers: { 'x-accepted-github-permissions': 'contents=read' }, body: notAccessible },
      {
        turn: 'user',
        says: 'the app may not POST /graphql: it needs the permission contents=read',
        help: "accept the app's new permissions in the organisation's settings, under GitHub Apps",
      },
    ],
  ]
  for (const [name, sent, expected] of rows) {
    test(name, async () => {
      answers({ status: 201, body: { token: 'a token' } })
      const octokit = await github.asInstallation(guaranteed(parseInstallationId(5)))
      answers(sent)
      assert.deepEqual(seen(await failure(graphql(octokit, query, {}))), expected)
    })
  }
})
