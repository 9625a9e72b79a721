import { setTimeout as delay } from 'node:timers/promises'
import { type Stage, openStage } from '../src/cli/stage.ts'
import { acme } from '../src/sandbox/acme.ts'
import { botProcess } from '../test/support/bot-process.ts'
import type { Bench, Row, Table } from './report.ts'

const tags = 50
const everyMs = 1_200

export const burst: Bench = {
  about: `${tags} tags in a minute to one image: what is opened, edited and commented`,
  async run(tell) {
    const stage = await openStage()
    const bot = botProcess(stage)
    try {
      await bot.start()
      await bot.rest()
      return [await burstOn(stage, { rest: () => bot.rest(), tell })]
    } finally {
      await bot.kill()
      await stage.close()
    }
  },
}

type Burst = { readonly rest: () => Promise<void>; readonly tell: (progress: string) => void }

async function burstOn(stage: Stage, { rest, tell }: Burst): Promise<Table> {
  stage.github.requests.reset()
  stage.registry.requests.reset()
  const start = performance.now()
  for (let patch = 1; patch <= tags; patch++) {
    await stage.push(`1.2.${patch}`)
    if (patch % 10 === 0) tell(`${patch} of ${tags} tags: ${titles(stage).join(', ')}`)
    await delay(Math.max(0, start + patch * everyMs - performance.now()))
  }
  const pushedS = (performance.now() - start) / 1000
  await rest()
  const restS = (performance.now() - start) / 1000
  const title = `burst: ${tags} tags in ${pushedS.toFixed(0)} s, at rest after ${restS.toFixed(0)} s`
  return { title, rows: [...writes(stage), ...reads(stage)], notes: [`at the end: ${titles(stage).join(', ')}`] }
}

function titles({ github }: Stage): readonly string[] {
  return [...github.repository(acme.repository).issues.values()].map(({ number, title }) => `#${number} ${title}`)
}

const writing: readonly (readonly [string, string, RegExp])[] = [
  ['pull requests opened', 'POST', /\/pulls$/],
  ['pull requests edited', 'PATCH', /\/pulls\/\{pull_number\}$/],
  ['commits', 'POST', /\/git\/commits$/],
  ['comments', 'POST', /\/comments$/],
  ['check runs written', 'POST', /\/check-runs$/],
  ['check runs edited', 'PATCH', /\/check-runs\/\{check_run_id\}$/],
]

function writes({ github }: Stage): readonly Row[] {
  return writing.map(([what, method, route]) => ({
    what,
    count: github.requests.count((request) => request.method === method && route.test(request.route)),
  }))
}

function reads({ github, registry }: Stage): readonly Row[] {
  return [
    { what: 'requests to GitHub, all', count: github.requests.count() },
    { what: 'lists of tags', count: registry.requests.of('tags') },
  ]
}
