import { generateKeyPairSync } from 'node:crypto'
import type { InstallationId } from '../../src/core/ids.ts'
import { parseInstallationId, parseUserId } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import type { Deps } from '../../src/bot/deps.ts'
import { createGitHub } from '../../src/io/github/client.ts'
import { createRegistry } from '../../src/io/registry/client.ts'
import type { Database } from '../../src/io/store/database.ts'
import { migrations } from '../../src/io/store/migrations.ts'
import { migrate } from '../../src/io/store/schema.ts'
import { createJobs } from '../../src/runtime/jobs.ts'
import { silentLogger } from '../../src/runtime/log.ts'
import { type BotSettings, readBotSettings } from '../../src/runtime/settings.ts'

export const webhookSecret = 'the webhook secret of these tests, 32+ bytes'
export const previousSecret = 'the webhook secret before this one, 32+ bytes'
export const registrySecret = 'the registry secret of these tests, 32+ bytes'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** As an operator sets it; nobody listens where GitHub is said to be, as nothing in here asks GitHub. */
export function testSettings(environment: Readonly<Record<string, string | undefined>> = {}): BotSettings {
  return readBotSettings({
    APP_ID: '7',
    PRIVATE_KEY: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    WEBHOOK_SECRET: webhookSecret,
    WEBHOOK_SECRET_PREVIOUS: previousSecret,
    REGISTRY_WEBHOOK_SECRET: registrySecret,
    GITHUB_API_URL: 'http://127.0.0.1:1',
    HOST: '127.0.0.1',
    PORT: '0',
    ...environment,
  })
}

export const installation: InstallationId = guaranteed(parseInstallationId(5))

/** Everything the bot has, on a real database. Nobody works on its jobs, so what was asked for stays to be seen. */
export async function testDeps(database: Database, settings = testSettings()): Promise<Deps> {
  await migrate(database, migrations)
  return {
    github: createGitHub(settings.github, { now: () => new Date() }),
    registry: createRegistry({ registries: settings.registries }),
    database,
    jobs: await createJobs({ database, log: silentLogger, random: () => 0.5 }),
    agents: { sessionOf: () => undefined, sessions: () => [], recheck: async () => {} },
    log: silentLogger,
    now: () => new Date(),
    appId: settings.github.appId,
    identity: async () => ({ appId: settings.github.appId, slug: 'lotse', bot: guaranteed(parseUserId(1001)) }),
  }
}

/** `release 11`, sorted: the jobs that wait. */
export async function asked({ jobs }: Deps): Promise<readonly string[]> {
  return (await jobs.pending()).map(({ journey, key }) => `${journey} ${key}`).toSorted()
}

/** Nothing is known, and nothing waits. */
export async function clear({ database }: Deps): Promise<void> {
  await database.execute(`
    truncate delivery, repository, reading, image_tags, manifest, image_content, comment, done_command cascade;
    delete from ${database.schema}_jobs.job`)
}
