import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { policyCheckName } from '../src/core/automerge/policy-check-name.ts'
import { type Stage, openStage } from '../src/cli/stage.ts'
import { acme } from '../src/sandbox/acme.ts'
import { type BotProcess, botProcess } from '../test/support/bot-process.ts'
import { quantile, timed } from './measure.ts'
import type { Bench, Row, Table } from './report.ts'
import { compareClients } from './seven-calls.ts'

const walks = 20
const patienceMs = 30_000

export const walk: Bench = {
  about: 'from a pushed image to the pull request with its check: time, requests, memory; and Probot’s own client',
  async run(tell) {
    const walked = await onStage(async (stage) => {
      const bot = botProcess(stage)
      try {
        return await walkAndWeigh(stage, bot, tell)
      } finally {
        await bot.kill()
      }
    })
    const clients = await onStage(async (stage) => compareClients(stage, tell))
    return [...walked, clients]
  },
}

async function onStage<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = await openStage()
  try {
    return await work(stage)
  } finally {
    await stage.close()
  }
}

async function walkAndWeigh(
  stage: Stage,
  bot: BotProcess,
  tell: (progress: string) => void,
): Promise<readonly Table[]> {
  tell('the bot starts for the first time')
  const first = await startAndWeigh(bot)
  await bot.kill()
  tell('and again')
  const idle = await startAndWeigh(bot)
  const seen: Walk[] = []
  // The first mints tokens and loads what is loaded late; it counts for nothing.
  for (let n = 1; n <= walks + 1; n++) {
    const walked = await walkOnce(stage, bot, `1.2.${n}`)
    tell(`walk ${n - 1} of ${walks}: ${walked.openMs.toFixed(0)} ms`)
    if (n > 1) seen.push(walked)
  }
  const after = await residentMiB(bot)
  return [timesOf(seen), requestsOf(seen), memoryOf({ first, idle, after })]
}

async function startAndWeigh(bot: BotProcess): Promise<{ readonly ms: number; readonly mib: number }> {
  const { ms } = await timed(() => bot.start())
  await within('the bot to have read everything', bot.rest())
  return { ms, mib: await residentMiB(bot) }
}

type Walk = {
  readonly pushMs: number
  readonly openMs: number
  readonly mergeMs: number
  readonly toOpen: readonly string[]
  readonly toMerged: readonly string[]
}

async function walkOnce(stage: Stage, bot: BotProcess, tag: string): Promise<Walk> {
  resetRequests(stage)
  const start = performance.now()
  await stage.push(tag)
  const pushMs = performance.now() - start
  const head = await until(`a pull request for ${tag} with ${policyCheckName}`, () => openWithCheck(stage, tag))
  const openMs = performance.now() - start
  await within('what follows the pull request', bot.rest())
  const toOpen = requests(stage)
  resetRequests(stage)
  const reported = performance.now()
  await stage.github.ci(acme.repository).report(head, { name: 'ci', conclusion: 'success' })
  await until(`${tag} to be merged`, () => mergedHead(stage, tag))
  const mergeMs = performance.now() - reported
  await within('what follows the merge', bot.rest())
  return { pushMs, openMs, mergeMs, toOpen, toMerged: requests(stage) }
}

function openWithCheck(stage: Stage, tag: string): string | undefined {
  const head = pullFor(stage, tag)?.head.sha
  const { checkRuns } = stage.github.repository(acme.repository)
  const checked = [...checkRuns.values()].some((run) => run.name === policyCheckName && run.suite.headSha === head)
  return checked ? head : undefined
}

function mergedHead(stage: Stage, tag: string): string | undefined {
  const pull = pullFor(stage, tag)
  return pull?.merged === undefined ? undefined : pull.head.sha
}

function pullFor(stage: Stage, tag: string) {
  const issues = [...stage.github.repository(acme.repository).issues.values()]
  return issues.findLast(({ title }) => title.endsWith(`:${tag}`))?.pull
}

async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  const start = performance.now()
  while (performance.now() - start < patienceMs) {
    const found = look()
    if (found !== undefined) return found
    await delay(1)
  }
  throw new Error(`waited ${patienceMs / 1000} s for ${what}`)
}

async function within(what: string, work: Promise<void>): Promise<void> {
  const enough = new AbortController()
  const late = delay(patienceMs, undefined, { signal: enough.signal }).then(() => {
    throw new Error(`waited ${patienceMs / 1000} s for ${what}`)
  })
  try {
    await Promise.race([work, late])
  } finally {
    enough.abort()
    late.catch(() => {})
  }
}

function resetRequests({ github, registry }: Stage): void {
  github.requests.reset()
  registry.requests.reset()
}

/** What a push itself asks of the registry is not the bot's. */
const asksOfBot = ['tags', 'manifest-head', 'token']

function requests({ github, registry }: Stage): readonly string[] {
  const ofRegistry = Object.entries(registry.requests.all())
    .filter(([kind]) => asksOfBot.includes(kind))
    .flatMap(([kind, count]) => Array.from({ length: count }, () => `registry: ${kind}`))
  return [...github.requests.all.map(({ method, route }) => `GitHub: ${method} ${route}`), ...ofRegistry]
}

function timesOf(seen: readonly Walk[]): Table {
  const row = (what: string, ms: (walk: Walk) => number): Row => ({
    what,
    walks: seen.length,
    'p50 ms': quantile(seen.map(ms), 0.5),
    'p95 ms': quantile(seen.map(ms), 0.95),
  })
  return {
    title: 'walk: time on the sandbox',
    rows: [
      row('push of the image alone', ({ pushMs }) => pushMs),
      row('from push to open pull request with check', ({ openMs }) => openMs),
      row('from CI’s yes to merged', ({ mergeMs }) => mergeMs),
    ],
    notes: ['the sandbox answers in milliseconds; GitHub takes 0.1 to 1 s for each of these calls'],
  }
}

function requestsOf(seen: readonly Walk[]): Table {
  const open = countsOf(seen.flatMap(({ toOpen }) => toOpen))
  const merged = countsOf(seen.flatMap(({ toMerged }) => toMerged))
  const routes = [...new Set([...open.keys(), ...merged.keys()])].toSorted()
  const rows = routes.map((route) => ({
    request: route,
    'from push to open pull request': (open.get(route) ?? 0) / seen.length,
    'from CI’s yes to merged': (merged.get(route) ?? 0) / seen.length,
  }))
  const sum = (counts: ReadonlyMap<string, number>, of: string): number =>
    [...counts].reduce((all, [route, count]) => (route.startsWith(of) ? all + count : all), 0) / seen.length
  const sums = ['GitHub', 'registry'].map((of) => ({
    request: `all of ${of}`,
    'from push to open pull request': sum(open, of),
    'from CI’s yes to merged': sum(merged, of),
  }))
  return { title: 'walk: requests for each walk', rows: [...rows, ...sums] }
}

function countsOf(routes: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...Map.groupBy(routes, (route) => route)].map(([route, { length }]) => [route, length]))
}

type Weights = {
  readonly first: { readonly ms: number; readonly mib: number }
  readonly idle: { readonly ms: number; readonly mib: number }
  readonly after: number
}

function memoryOf({ first, idle, after }: Weights): Table {
  return {
    title: 'walk: the bot’s process',
    rows: [
      { when: 'first start, makes its database', 'start ms': first.ms, 'resident MiB': first.mib },
      { when: 'started again, idle', 'start ms': idle.ms, 'resident MiB': idle.mib },
      { when: `the same process, after ${walks + 1} walks`, 'start ms': '', 'resident MiB': after },
    ],
    notes: ['the embedded PGlite is in it; with DATABASE_URL it would not be'],
  }
}

async function residentMiB(bot: BotProcess): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(bot.pid())])
  return Math.round(Number(stdout) / 1024)
}
