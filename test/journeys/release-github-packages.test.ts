import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { startBot } from '../../src/bot/main.ts'
import { silentLogger } from '../../src/runtime/log.ts'
import { acmeFiles } from '../../src/sandbox/acme.ts'
import { pushImage } from '../../src/sandbox/registry/push-image.ts'
import { registrySenders } from '../support/registry-payloads.ts'
import { openWorld } from '../support/world.ts'

const worker = 'clusters/production/demo-worker.yaml'
const sender = registrySenders.find(({ name }) => name.includes('registry_package')) ?? assert.fail()

test("an image pushed to GitHub's registry is released by the app's own webhook, without one for registries", async () => {
  const ofGitHub = (acmeFiles[worker] ?? '').replaceAll('eu.gcr.io/project/', 'ghcr.io/acme/')
  await using world = await openWorld({ files: { [worker]: ofGitHub, 'clusters/production/demo-service.yaml': null } })
  const push = (tag: string) => pushImage(world.registry.url, { repository: sender.path, tag })
  await push('1.2.0')
  const { registryWebhookSecret: _, ...settings } = world.settings
  const registries = [{ host: 'ghcr.io', url: world.registry.url }]
  await using opened = new AsyncDisposableStack()
  const bot = await startBot(
    { ...settings, registries },
    { log: silentLogger, now: () => new Date(), random: Math.random },
  )
  opened.defer(bot.stop)
  world.github.setWebhookUrl(world.app.appId, `${bot.url}/webhooks/github`)
  await bot.settled()
  await push('1.2.1')
  world.registry.requests.reset()

  const deliver = async (payload: object): Promise<number> => {
    const body = JSON.stringify(payload)
    const signature = createHmac('sha256', settings.webhookSecrets[0].reveal()).update(body).digest('hex')
    const headers = {
      'x-github-delivery': randomUUID(),
      'x-github-event': 'registry_package',
      'x-hub-signature-256': `sha256=${signature}`,
    }
    const { status } = await fetch(`${bot.url}/webhooks/github`, { method: 'POST', headers, body })
    await bot.settled()
    return status
  }
  // The single platform of an image is told of, too, without a tag.
  assert.equal(await deliver(sender.payload('')), 202)
  assert.deepEqual(world.registry.requests.all(), {})
  assert.equal(await deliver(sender.payload('1.2.1')), 202)
  await world.settled()
  assert.deepEqual(
    world.pulls().map(({ title, state }) => [title, state]),
    [['Auto-release ghcr.io/acme/demo-service:1.2.1', 'open']],
  )
  assert.equal(world.registry.requests.of('tags'), 1)
})
