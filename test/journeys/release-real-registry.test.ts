import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Bot, startBot } from '../../src/bot/main.ts'
import { registryWebhookPath } from '../../src/bot/routes.ts'
import { Secret } from '../../src/core/secret.ts'
import { silentLogger } from '../../src/runtime/log.ts'
import type { RegistrySetting } from '../../src/runtime/registries.ts'
import { pushImage } from '../../src/sandbox/registry/push-image.ts'
import { type Server, type ServerAuth, login, servers, token } from '../sandbox/registry/servers.ts'
import { type TokenServer, startTokenServer } from '../sandbox/registry/token-server.ts'
import { type Relay, type Relayed, startRelay } from '../support/relay.ts'
import { type World, acme, openWorld } from '../support/world.ts'

// A release from the notifications that a registry sends by itself, by registries that nobody here wrote.

const ways = ['to everybody', 'for a password', 'for a token'] as const
type Way = (typeof ways)[number]

type Ground = AsyncDisposable & {
  readonly world: World
  /** What the registry tells the bot. */
  readonly notifications: Relay
  /** What the bot asks the registry. */
  readonly requests: Relay
  readonly push: (repository: string, tag: string) => Promise<void>
  /** When the bot has answered a notification of this tag, and has nothing more to do. */
  readonly told: (repository: string, tag: string) => Promise<Relayed>
  readonly scopes: () => readonly string[]
}

async function openGround(start: NonNullable<Server['start']>, way: Way): Promise<Ground> {
  await using opened = new AsyncDisposableStack()
  const notifications = await startRelay()
  opened.defer(notifications.close)
  const requests = await startRelay()
  opened.defer(requests.close)
  const tokens = await startTokenServer(login)
  opened.defer(tokens.stop)
  const registry = await start(`${notifications.url}${registryWebhookPath(acme.registryHost)}`, authOf(way, tokens))
  opened.defer(registry.stop)
  requests.connect(registry.url)
  const push: Ground['push'] = async (repository, tag) => {
    await pushImage(registry.url, { repository, tag, ...(way === 'to everybody' ? {} : { auth: login }) })
  }
  await push(acme.imagePath, '1.2.0')
  const world = opened.use(await openWorld())
  const bot = await startBot(
    {
      ...world.settings,
      registries: [settingOf(way, requests.url, tokens)],
      registryWebhookSecret: new Secret(token.slice('Bearer '.length)),
    },
    { log: silentLogger, now: () => new Date(), random: Math.random },
  )
  opened.defer(bot.stop)
  world.github.setWebhookUrl(world.app.appId, `${bot.url}/webhooks/github`)
  notifications.connect(bot.url)
  await rest(world, bot)
  const running = opened.move()
  return {
    world,
    notifications,
    requests,
    push,
    told: async (repository, tag) => {
      const told = await notifications.until(({ body }) => tells(body, repository, tag))
      await rest(world, bot)
      return told
    },
    scopes: () => tokens.granted.filter((scope) => !scope.endsWith(':pull,push')),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function authOf(way: Way, server: TokenServer): ServerAuth | undefined {
  if (way === 'to everybody') return undefined
  return way === 'for a password' ? { kind: 'password' } : { kind: 'token', server }
}

function settingOf(way: Way, url: string, { realm }: TokenServer): RegistrySetting {
  return {
    host: acme.registryHost,
    url,
    ...(way === 'to everybody' ? {} : { username: login.username, password: new Secret(login.password) }),
    ...(way === 'for a token' ? { tokenServer: realm } : {}),
  }
}

async function rest(world: World, bot: Bot): Promise<void> {
  for (let seen = -1; seen !== world.github.requests.count();) {
    seen = world.github.requests.count()
    await bot.settled()
    await world.settled()
  }
}

type Envelope = { readonly events: readonly Event[] }
type Event = { readonly action: string; readonly target: { readonly repository: string; readonly tag?: string } }

function tells(body: string, repository: string, tag: string): boolean {
  const { events }: Envelope = JSON.parse(body)
  return events.some(
    ({ action, target }) => action === 'push' && target.repository === repository && target.tag === tag,
  )
}

function releases(start: NonNullable<Server['start']>, way: Way): void {
  test(`tells of a tag, and it is released: ${way}`, async () => {
    await using ground = await openGround(start, way)
    const { world, requests } = ground
    requests.forget()
    await ground.push(acme.imagePath, '1.2.1')
    const told = await ground.told(acme.imagePath, '1.2.1')
    assert.deepEqual([told.status, JSON.parse(told.answer)], [202, { message: '1 of 1 images are followed' }])

    const pulls = world.pulls()
    assert.deepEqual(
      pulls.map(({ title, state }) => [title, state]),
      [[`Auto-release ${acme.image}:1.2.1`, 'open']],
    )
    const changed = (await world.changes(world.pull(1))).filter((line) => line.startsWith('+'))
    assert.deepEqual(
      changed.map((line) => /1\.2\.\d/.exec(line)?.[0]),
      ['1.2.1', '1.2.1'],
    )
    const lists = requests.relayed.filter(({ path, status }) => path.includes('/tags/list') && status === 200)
    assert.ok(lists.length >= 1 && lists.length <= 2, JSON.stringify(requests.relayed.map(({ path }) => path)))
    assert.deepEqual([...new Set(ground.scopes())], way === 'for a token' ? [`repository:${acme.imagePath}:pull`] : [])

    // It tells of what it is asked, too: were that taken for news, it would never end.
    requests.forget()
    await ground.push('project/other', '9.9.9')
    const other = await ground.told('project/other', '9.9.9')
    assert.deepEqual([other.status, JSON.parse(other.answer)], [202, { message: '0 of 1 images are followed' }])
    assert.deepEqual(requests.relayed, [])
    assert.equal(world.pulls().length, 1)
    const refused = ground.notifications.relayed.filter(({ status }) => status !== 202 && status !== 200)
    assert.deepEqual(refused, [])
  })
}

for (const { name, title, howToGetIt, start } of servers.filter((server) => server.name !== 'sandbox')) {
  describe(title, () => {
    if (start !== undefined) for (const way of ways) releases(start, way)
    else
      test(`${name} is on this machine`, () => {
        const message = `${title} is not here, so nothing was released from its notifications. To get it: ${howToGetIt}`
        console.error(message)
        assert.notEqual(process.env['CI'], 'true', message)
      })
  })
}
