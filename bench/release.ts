import { type BotProcess, botProcess } from '../test/support/bot-process.ts'
import { choices } from './choices.ts'
import { edit } from './edit.ts'
import { type Landscape, openLandscape } from './landscape.ts'
import { quantile } from './measure.ts'
import type { Bench, Row, Size, Table } from './report.ts'
import { type Usage, forgetPeak, usageOf } from './usage.ts'

type Tell = (progress: string) => void

/** What follows from one push or commit is measured so many times. */
const rounds = 5

export const release: Bench = {
  about:
    'plans of 1,000 repositories and of one with 10,000 files: time, CPU, memory, requests; after one push, one commit',
  async run(tell, size) {
    const many = await onLandscape(size, tell, planMany)
    const one = await onLandscape({ ...size, repositories: 1 }, tell, planOne)
    const [edited] = await edit.run(tell, size)
    return [...many, ...one, ...(edited === undefined ? [] : [edited]), choices(tell)]
  },
}

type Ground = {
  readonly landscape: Landscape
  readonly bot: BotProcess
  readonly size: Size
  /** How many blobs each reading of a repository asked for since the last call. */
  readonly blobsRead: () => readonly number[]
  readonly tell: Tell
}

async function onLandscape(
  size: Size,
  tell: Tell,
  work: (ground: Ground) => Promise<readonly Table[]>,
): Promise<readonly Table[]> {
  const landscape = await openLandscape(size, tell)
  let read: number[] = []
  const bot = botProcess(landscape.stage, (line) => {
    const { level, msg, read: blobs, err } = JSON.parse(line) as LogLine
    if (msg === 'repository read') read.push(blobs ?? 0)
    if (level === 'error' || err !== undefined) tell(`the bot: ${msg}: ${err?.message ?? ''}`)
  })
  const blobsRead = (): readonly number[] => {
    const since = read
    read = []
    return since
  }
  try {
    return await work({ landscape, bot, size, blobsRead, tell })
  } finally {
    await bot.kill()
    await landscape.stage.close()
  }
}

type LogLine = {
  readonly level: string
  readonly msg: string
  readonly read?: number
  readonly err?: { readonly message: string }
}

async function planMany(ground: Ground): Promise<readonly Table[]> {
  const { landscape, bot, size } = ground
  const cold = await measure(ground, 'cold: nothing is known', async () => bot.start())
  await bot.kill()
  const warm = await measure(ground, 'started again: nothing new', async () => bot.start())
  const pushed = await repeat(ground, 'one image pushed → pull request open', async (round) =>
    landscape.release(round % size.images, '1.2.1'),
  )
  const committed = await repeat(ground, 'one file of one repository changed → planned', async (round) =>
    landscape.commit((rounds + round) % size.repositories, round),
  )
  const steps = [cold, warm, pushed, committed]
  const { repositories, files, images } = size
  return [costs(`release: ${repositories} repositories, ${files} files, ${images} images`, steps), requests(steps)]
}

async function planOne(ground: Ground): Promise<readonly Table[]> {
  const { landscape, bot, size } = ground
  const cold = await measure(ground, 'cold: nothing is known', async () => bot.start())
  const committed = await repeat(ground, 'one file changed → planned', async (round) => landscape.commit(0, round))
  const pushed = await repeat(ground, 'one image pushed → pull request open', async (round) =>
    landscape.release(round % size.images, '1.2.1'),
  )
  return [costs(`release: one repository of ${size.files} files, ${size.images} images`, [cold, committed, pushed])]
}

/** Of a step that is repeated, the median of times and the mean of counts. */
type Step = Usage & {
  readonly name: string
  readonly wallMs: number
  readonly blobs: number
  readonly requests: ReadonlyMap<string, number>
}

async function repeat(ground: Ground, name: string, act: (round: number) => Promise<void>): Promise<Step> {
  const steps: Step[] = []
  for (let round = 0; round < rounds; round++) steps.push(await measure(ground, name, async () => act(round)))
  const median = (of: (step: Step) => number): number => quantile(steps.map(of), 0.5)
  const mean = (of: (step: Step) => number): number => steps.reduce((sum, step) => sum + of(step), 0) / rounds
  const routes = new Set(steps.flatMap((step) => [...step.requests.keys()]))
  return {
    name: `${name} (of ${rounds})`,
    wallMs: median(({ wallMs }) => wallMs),
    cpuMs: median(({ cpuMs }) => cpuMs),
    peakMiB: median(({ peakMiB }) => peakMiB),
    residentMiB: median(({ residentMiB }) => residentMiB),
    blobs: mean(({ blobs }) => blobs),
    requests: new Map([...routes].map((route) => [route, mean((step) => step.requests.get(route) ?? 0)])),
  }
}

/** Until nothing is under way any more, in the bot as in what it speaks with. */
async function measure(
  { landscape, bot, blobsRead, tell }: Ground,
  name: string,
  act: () => Promise<void>,
): Promise<Step> {
  const { github, registry } = landscape.stage
  github.requests.reset()
  registry.requests.reset()
  blobsRead()
  const pid = bot.pid()
  const before = pid === undefined ? 0 : (await usageOf(pid)).cpuMs
  if (pid !== undefined) await forgetPeak(pid)
  const start = performance.now()
  await act()
  await bot.rest({ everyMs: pid === undefined ? 250 : 10 })
  const wallMs = performance.now() - start
  const usage = await usageOf(bot.pid() ?? NaN)
  tell(`${name}: ${(wallMs / 1000).toFixed(2)} s`)
  const blobs = blobsRead().reduce((sum, read) => sum + read, 0)
  return { name, wallMs, ...usage, cpuMs: usage.cpuMs - before, blobs, requests: requestsTo(landscape) }
}

/** What a push itself asks of the registry is not the bot's. */
const asksOfBot = ['tags', 'manifest-head', 'manifest-get', 'blob-get', 'token']

function requestsTo({ stage: { github, registry } }: Landscape): ReadonlyMap<string, number> {
  const ofRegistry = Object.entries(registry.requests.all()).filter(([kind]) => asksOfBot.includes(kind))
  return new Map([
    ...Object.entries(github.requests.byRoute()).map(([route, count]) => [`GitHub: ${route}`, count] as const),
    ...ofRegistry.map(([kind, count]) => [`registry: ${kind}`, count] as const),
  ])
}

function costs(title: string, steps: readonly Step[]): Table {
  const rows = steps.map((step): Row => {
    const sum = (of: string): number =>
      [...step.requests].reduce((all, [route, count]) => (route.startsWith(of) ? all + count : all), 0)
    return {
      what: step.name,
      'wall s': step.wallMs / 1000,
      'CPU s': step.cpuMs / 1000,
      'peak MiB': step.peakMiB,
      'then MiB': step.residentMiB,
      'requests to GitHub': sum('GitHub'),
      'blobs read': step.blobs,
      'requests to the registry': sum('registry'),
      'of these tag lists': step.requests.get('registry: tags') ?? 0,
    }
  })
  return { title, rows, notes: ['CPU and memory are the bot’s process alone, its embedded database in it'] }
}

function requests(steps: readonly Step[]): Table {
  const routes = [...new Set(steps.flatMap((step) => [...step.requests.keys()]))].toSorted()
  const rows = routes.map((route) => ({
    request: route,
    ...Object.fromEntries(steps.map((step) => [step.name, step.requests.get(route) ?? 0])),
  }))
  return { title: 'release: requests', rows }
}
