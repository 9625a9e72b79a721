import { createServer } from 'node:net'
import { startBot } from '../bot/main.ts'
import { type Logger, createLogger } from '../runtime/log.ts'
import { acme, helmReleaseDefinition } from '../sandbox/acme.ts'
import { WrongCall, readArguments } from './arguments.ts'
import { startDemoCluster } from './demo/cluster.ts'
import { tellWhole } from './demo/cluster-story.ts'
import { openDemoFolder } from './demo/folder.ts'
import { pushTag } from './demo/push.ts'
import { say, step } from './demo/say.ts'
import { stay } from './demo/stay.ts'
import { rest } from './demo/scene.ts'
import { tell } from './demo/story.ts'
import { type Stage, openStage } from './stage.ts'

const ports = { github: 8740, registry: 8741 }
const defaultRegistry = `http://127.0.0.1:${ports.registry}`

export async function runDemo(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments(args, {
    once: { type: 'boolean' },
    verbose: { type: 'boolean' },
    'no-cluster': { type: 'boolean' },
    registry: { type: 'string' },
  })
  // `npm run demo --once`, without the `--` before it, is an option of npm, which hands it on like this.
  const { once = process.env['npm_config_once'] === 'true', verbose = false, registry = defaultRegistry } = values
  const [action, tag, ...others] = words
  if (action === undefined) await show({ once, verbose, withCluster: values['no-cluster'] !== true })
  else if (action === 'push' && tag !== undefined && others.length === 0) await pushTag(registry, tag)
  else throw new WrongCall(`expected \`lotse demo push TAG\`, got \`lotse demo ${words.join(' ')}\``)
  return 0
}

type Options = { readonly once: boolean; readonly verbose: boolean; readonly withCluster: boolean }

async function show({ once, verbose, withCluster }: Options): Promise<void> {
  endAtOnce()
  say('Lotse: operations by pull request. This is all on your machine, and real: HTTP, git, webhooks, Kubernetes.\n')
  const world = { log: demoLog(verbose), now: () => new Date(), random: Math.random }
  const folder = await openDemoFolder()
  const coming = withCluster ? startDemoCluster(folder) : undefined
  // Whoever waits for it hears of it: until then the bot's half is told.
  coming?.catch(() => {})
  const stage = await step('A GitHub, and a registry that holds demo-service:1.2.0, are up', async () => {
    const stage = await openStageIn(folder, withCluster)
    return { result: stage, look: [`${stage.github.webUrl}/${acme.repository}`, `${stage.registry.url}/v2/_catalog`] }
  })
  const bot = await step('The bot is installed on the organisation acme, and has read acme/gitops', async () => {
    const bot = await startBot(stage.settings, world)
    stage.connect(bot.url)
    await rest({ stage, bot })
    return { result: bot, look: [`${bot.url}/healthz`] }
  })
  const kubectl = coming === undefined ? await tell({ stage, bot }) : await tellWhole({ stage, bot }, coming, world)
  if (once) return
  process.exitCode = 0
  const registry = stage.registry.url === defaultRegistry ? '' : ` --registry ${stage.registry.url}`
  await stay(stage, { push: `npm run demo -- push 1.2.3${registry}`, ...(kubectl === undefined ? {} : { kubectl }) })
}

async function openStageIn(folder: string, withCluster: boolean): Promise<Stage> {
  return openStage({
    folder,
    githubPort: await portNear(ports.github),
    registryPort: await portNear(ports.registry),
    withAgent: withCluster,
    files: withCluster ? { [helmReleaseDefinition.path]: helmReleaseDefinition.text } : {},
  })
}

function demoLog(verbose: boolean): Logger {
  return createLogger({ level: verbose ? 'info' : 'silent', format: 'text' })
}

const interrupted = 130

/**
 * Nothing of a demo is worth keeping, so it may end at any moment: its folder goes at the exit. Before its story is told
 * that is no success. A reader that has seen enough (`| head`) ends it, too.
 */
function endAtOnce(): void {
  process.exitCode = interrupted
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit())
  process.stdout.on('error', () => process.exit())
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
