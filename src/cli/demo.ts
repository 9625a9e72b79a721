import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { type Bot, startBot } from '../bot/main.ts'
import { UserError } from '../core/user-error.ts'
import { type Logger, createLogger } from '../runtime/log.ts'
import { untilShutdown } from '../runtime/shutdown.ts'
import { acme } from '../sandbox/acme.ts'
import { pushImage } from '../sandbox/registry/push-image.ts'
import { WrongCall, readArguments } from './arguments.ts'
import { type Stage, openStage } from './stage.ts'

const ports = { github: 8740, registry: 8741, bot: 8742 }
const defaultRegistry = `http://127.0.0.1:${ports.registry}`

export async function runDemo(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments(args, {
    once: { type: 'boolean' },
    verbose: { type: 'boolean' },
    registry: { type: 'string' },
  })
  const { once = false, verbose = false, registry = defaultRegistry } = values
  const [action, tag, ...others] = words
  if (action === undefined) return show({ once, verbose })
  if (action === 'push' && tag !== undefined && others.length === 0) return pushTag(registry, tag)
  throw new WrongCall(`expected \`lotse demo push TAG\`, got \`lotse demo ${words.join(' ')}\``)
}

async function pushTag(registry: string, tag: string): Promise<number> {
  try {
    await pushImage(registry, { repository: acme.imagePath, tag })
  } catch (cause) {
    const help = 'start the demo in another terminal with `npm run demo`, and give its registry with --registry'
    throw new UserError(`no image could be pushed to ${registry}`, { help, cause })
  }
  say(`${acme.image}:${tag} is pushed.`)
  return 0
}

type Options = { readonly once: boolean; readonly verbose: boolean }

/** The story of a release, told while it happens; every step is real, and says how long it took and where to look. */
async function show({ once, verbose }: Options): Promise<number> {
  const log = createLogger({ level: verbose ? 'info' : 'silent', format: 'text' })
  say('Lotse: operations by pull request. This is all on your machine, and real: HTTP, git, webhooks.\n')
  const stage = await step('A GitHub, and a registry that holds demo-service:1.2.0, are up', async () => {
    const stage = await openStage({
      githubPort: await portNear(ports.github),
      registryPort: await portNear(ports.registry),
      botPort: await portNear(ports.bot),
    })
    return { result: stage, look: [`${stage.github.webUrl}/${acme.repository}`, `${stage.registry.url}/v2/_catalog`] }
  })
  const bot = await step('The bot is installed on the organisation acme, and has read acme/gitops', async () => {
    const bot = await startBot(stage.settings, { log, now: () => new Date(), random: Math.random })
    stage.connect(bot.url)
    await rest(stage, bot)
    return { result: bot, look: [`${bot.url}/healthz`] }
  })
  const close = async (): Promise<void> => {
    await bot.stop()
    await stage.close()
  }
  try {
    await tell(stage, bot)
    if (once) return 0
    await stay(stage, log)
    return 0
  } finally {
    await close()
  }
}

async function tell(stage: Stage, bot: Bot): Promise<void> {
  const pull = await step(
    'demo-service:1.2.1 and 1.3.0 are pushed; the policy semver:~1.2 allows one of them',
    async () => {
      await stage.push('1.2.1')
      await stage.push('1.3.0')
      await rest(stage, bot)
      return lookAt(stage, 1, 'open')
    },
  )
  say(indent(await diffOf(stage, pull.head)))
  await step('CI says yes, and the bot merges: every rule holds', async () => {
    await stage.github.ci(acme.repository).report(pull.head, { name: 'ci', conclusion: 'success' })
    await rest(stage, bot)
    return lookAt(stage, 1, 'merged')
  })
  await step('demo-service:1.2.2 is pushed, and Bob asks why it is not merged yet: /lotse why', async () => {
    await stage.push('1.2.2')
    await rest(stage, bot)
    await stage.github.person('bob').comment(acme.repository, 2, '/lotse why')
    await rest(stage, bot)
    return lookAt(stage, 2, 'open')
  })
  say(indent(answerOn(stage, 2)))
}

async function stay(stage: Stage, log: Logger): Promise<void> {
  const registry = stage.registry.url === defaultRegistry ? '' : ` --registry ${stage.registry.url}`
  say(`It stays up. Look at ${stage.github.webUrl}/${acme.repository}, and from a second terminal push another tag:\n`)
  say(`  npm run demo -- push 1.2.3${registry}\n`)
  say('Ctrl-C ends it.')
  await untilShutdown({ log, stop: async () => {} })
}

/** When a round of waiting finds nothing new: what the bot does may come back to it as webhooks. */
async function rest(stage: Stage, bot: Bot): Promise<void> {
  const activity = (): number => stage.github.requests.count() + stage.github.deliveries.length
  for (let seen = -1; seen !== activity();) {
    seen = activity()
    await stage.settled()
    await bot.settled()
    await stage.settled()
  }
}

type Seen = { readonly head: string }

/** A story that goes otherwise than it is told ends the demo with an error, so that `--once` is a test. */
function lookAt(
  stage: Stage,
  number: number,
  expected: 'open' | 'merged',
): { readonly result: Seen; readonly look: readonly string[] } {
  const issue = stage.github.repository(acme.repository).issues.get(number)
  if (issue?.pull === undefined) throw new Error(`there is no pull request ${number}`)
  const state = issue.pull.merged === undefined ? issue.state : 'merged'
  if (state !== expected) throw new Error(`pull request ${number} is ${state}, expected it to be ${expected}`)
  const url = `${stage.github.webUrl}/${acme.repository}/pull/${number}`
  return { result: { head: issue.pull.head.sha }, look: [`#${number} “${issue.title}” is ${state}`, url] }
}

function answerOn(stage: Stage, number: number): string {
  const comments = [...stage.github.repository(acme.repository).comments.values()]
  const body = comments.findLast(({ issue, user }) => issue.number === number && user.type === 'Bot')?.body
  if (body === undefined) throw new Error('nobody answered')
  return body.replace(/<!--.*?-->/g, '').trim()
}

async function diffOf(stage: Stage, head: string): Promise<string> {
  const { path } = stage.github.repository(acme.repository).git
  const { stdout } = await promisify(execFile)('git', ['-C', path, 'diff', '--unified=1', `${head}~`, head])
  return stdout.trimEnd()
}

type Told<T> = { readonly result: T; readonly look: readonly string[] }

async function step<T>(sentence: string, work: () => Promise<Told<T>> | Told<T>): Promise<T> {
  const start = performance.now()
  const { result, look } = await work()
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  say(`● ${sentence}  (${seconds} s)`)
  for (const line of look) say(`    ${line}`)
  say('')
  return result
}

/** The port that the documentation names, or a free one when it is taken. */
async function portNear(port: number): Promise<number> {
  const server = createServer()
  const taken = await new Promise<boolean>((done) => {
    server.once('error', () => done(true))
    server.listen(port, '127.0.0.1', () => done(false))
  })
  if (!taken) await new Promise((done) => server.close(done))
  return taken ? 0 : port
}

function indent(text: string): string {
  return `${text.replaceAll(/^/gm, '    ')}\n`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
