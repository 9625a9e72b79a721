import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { tags } from '../../src/bot/journeys/tags.ts'
import { journeys } from '../../src/bot/keys.ts'
import { registryWebhookPath, serve } from '../../src/bot/routes.ts'
import { parseBranchName, parseRepoId, parseRepoName } from '../../src/core/ids.ts'
import { parseImageName } from '../../src/core/image/ref.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { parseChallenges } from '../../src/io/registry/challenge.ts'
import { keepFollowedImages, knowRepository } from '../../src/io/store/repositories.ts'
import { acme } from '../../src/sandbox/acme.ts'
import { pushImage } from '../../src/sandbox/registry/push-image.ts'
import { startRegistry } from '../../src/sandbox/registry/registry.ts'
import { openTestDatabase } from '../io/store/test-database.ts'
import { type RegistrySender, registrySenders } from '../support/registry-payloads.ts'
import { asked, clear, installation, registrySecret, testDeps, testSettings } from './ground.ts'

const registry = await startRegistry()
const database = await openTestDatabase()
const hosts = [...new Set(registrySenders.map(({ host }) => host))]
const settings = testSettings({ REGISTRIES: JSON.stringify(hosts.map((host) => ({ host, url: registry.url }))) })
const deps = await testDeps(database, settings)
const server = await serve(deps, settings)
after(async () => {
  await server.close()
  await deps.jobs.stop()
  await registry.close()
})

const imageOf = ({ host, path }: RegistrySender): string => `${host}/${path}`
const tagsJob = [`tags ${acme.image}`]

beforeEach(async () => {
  await clear(deps)
  const id = guaranteed(parseRepoId(11))
  const name = guaranteed(parseRepoName(acme.repository))
  const defaultBranch = guaranteed(parseBranchName('main'))
  await knowRepository(database, { id, installation, name, defaultBranch, archived: false })
  const followed = [acme.image, ...registrySenders.map(imageOf)]
  await keepFollowedImages(
    database,
    id,
    followed.map((image) => guaranteed(parseImageName(image))),
  )
  registry.requests.reset()
})

const oci = 'application/vnd.oci.image.manifest.v1+json'

type Target = { readonly repository?: unknown; readonly tag?: unknown; readonly mediaType?: string }

function pushed(target: Target, action = 'push'): unknown {
  return { action, target: { mediaType: oci, repository: acme.imagePath, tag: '1.2.1', ...target } }
}

type Sent = {
  readonly url?: string
  readonly host?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

type Answer = { readonly status: number; readonly message: string }

const authorization = `Bearer ${registrySecret}`

async function post(sent: Sent): Promise<Answer> {
  const { url = server.url, host = acme.registryHost, body, headers = { authorization } } = sent
  const response = await fetch(url + registryWebhookPath(host), {
    method: 'POST',
    headers,
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  })
  const text = await response.text()
  const answer: { readonly message?: string; readonly error?: string } = JSON.parse(text)
  return { status: response.status, message: answer.message ?? answer.error ?? '' }
}

function sentBy(sender: RegistrySender, { tag = '1.2.1', secret = registrySecret } = {}): Sent {
  const body = JSON.stringify(sender.payload(tag))
  return { host: sender.host, body, headers: { ...sender.headers, ...sender.proof(secret, body) } }
}

for (const sender of registrySenders) {
  describe(`a notification of ${sender.name}`, () => {
    test('asks for the tags of its image, and by itself costs no request', async () => {
      const { status, message } = await post(sentBy(sender))
      assert.equal(status, 202, message)
      assert.match(message, /^1 of [12] images are followed$/)
      assert.deepEqual(await asked(deps), [`tags ${imageOf(sender)}`])
      assert.deepEqual(registry.requests.all(), {})
    })

    test('is refused by another secret, without any, and by that of another body', async () => {
      const { headers, ...sent } = sentBy(sender)
      const other = sentBy(sender, { secret: 'another secret of these tests, 32+ bytes' })
      for (const wrong of [other, { ...sent, headers: sender.headers ?? {} }]) {
        assert.equal((await post(wrong)).status, 401)
      }
      const isSigned = Object.keys(headers ?? {}).some((name) => name.includes('signature'))
      if (isSigned) assert.equal((await post({ ...sent, headers: headers ?? {}, body: '{}' })).status, 401)
      assert.deepEqual(await asked(deps), [])
    })

    test('whose tag is none is refused, and one with what we do not follow asks for nothing', async () => {
      const refused = await post(sentBy(sender, { tag: '../latest' }))
      assert.equal(refused.status, 400, refused.message)
      assert.match(refused.message, /expected (?:a tag|a whole image reference)/)
      await keepFollowedImages(database, guaranteed(parseRepoId(11)), [])
      assert.match((await post(sentBy(sender))).message, /^0 of/)
      assert.deepEqual(await asked(deps), [])
      assert.deepEqual(registry.requests.all(), {})
    })
  })
}

describe('a notification of a registry asks', () => {
  const rows: readonly (readonly [name: string, sent: Sent, jobs: readonly string[], message: string])[] = [
    [
      'once, for several tags of one image',
      { body: { events: ['1.2.1', '1.2.2', '1.3.0', '1.2.1'].map((tag) => pushed({ tag })) } },
      tagsJob,
      '1 of 1 images are followed',
    ],
    [
      'for nothing, for an image that nobody follows',
      { body: { events: [pushed({ repository: 'project/other' })] } },
      [],
      '0 of 1 images are followed',
    ],
    [
      'for nothing, for the same path on another host',
      { host: 'ghcr.io', body: { events: [pushed({})] } },
      [],
      '0 of 1 images are followed',
    ],
    [
      'for what is followed, among what is not',
      { body: { events: [pushed({ repository: 'project/other' }), pushed({})] } },
      tagsJob,
      '1 of 2 images are followed',
    ],
    [
      'for nothing, for a pull, a delete, a layer and a manifest without a tag',
      {
        body: {
          events: [
            pushed({}, 'pull'),
            pushed({}, 'delete'),
            pushed({ mediaType: 'application/octet-stream' }),
            pushed({ tag: undefined }),
          ],
        },
      },
      [],
      '0 of 0 images are followed',
    ],
    ['for nothing, without events', { body: { events: [] } }, [], '0 of 0 images are followed'],
    [
      'for nothing, when GitHub tries it',
      { body: { zen: 'Design for failure.', hook_id: 1 }, headers: { authorization, 'x-github-event': 'ping' } },
      [],
      '0 of 0 images are followed',
    ],
    ['for nothing, when Azure tries it', { body: { id: '1', action: 'ping' } }, [], '0 of 0 images are followed'],
  ]
  for (const [name, sent, jobs, message] of rows) {
    test(name, async () => {
      assert.deepEqual(await post(sent), { status: 202, message })
      assert.deepEqual(await asked(deps), jobs)
      assert.deepEqual(registry.requests.all(), {}, 'a notification by itself costs no request')
    })
  }
})

describe('Event Grid of Azure', () => {
  const data = { validationCode: '512d38b6-c7b8-40c8-89fe-f46f9e9622b6', validationUrl: `${registry.url}/validate` }
  const body = JSON.stringify([{ id: '1', eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent', data }])
  const url = server.url + registryWebhookPath(acme.registryHost)

  test('hears its code back, and nobody fetches its address', async () => {
    const response = await fetch(url, { method: 'POST', headers: { authorization }, body })
    assert.equal(response.status, 200)
    assert.deepEqual(await response.json(), { validationResponse: data.validationCode })
    assert.deepEqual(registry.requests.all(), {})
  })

  test('hears nothing back without the secret', async () => {
    const { status, message } = await post({ body, headers: {} })
    assert.equal(status, 401)
    assert.ok(!message.includes(data.validationCode))
  })

  const origin = { 'webhook-request-origin': 'eventgrid.azure.net', 'webhook-request-rate': '120' }

  test('may send CloudEvents when it asks', async () => {
    const { status, headers } = await fetch(url, { method: 'OPTIONS', headers: { authorization, ...origin } })
    assert.equal(status, 200)
    assert.equal(headers.get('webhook-allowed-origin'), 'eventgrid.azure.net')
    assert.equal(headers.get('webhook-allowed-rate'), '*')
  })

  const refusals: readonly (readonly [name: string, to: string, headers: Record<string, string>, status: number])[] = [
    ['without the secret', url, origin, 401],
    [
      'for a registry that is none of ours',
      `${server.url}${registryWebhookPath('x.org')}`,
      { authorization, ...origin },
      404,
    ],
    ['without saying who it is', url, { authorization }, 400],
    ['with a name that is none', url, { authorization, 'webhook-request-origin': 'a b' }, 400],
  ]
  for (const [name, to, headers, status] of refusals) {
    test(`may not ${name}`, async () => {
      const response = await fetch(to, { method: 'OPTIONS', headers })
      assert.equal(response.status, status)
      assert.equal(response.headers.get('webhook-allowed-origin'), null)
    })
  }
})

describe('a notification knows its registry', () => {
  const dockerHub = registrySenders.find(({ host }) => host === 'docker.io') ?? assert.fail()
  const names = ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'Docker.IO'] as const
  for (const host of names) {
    test(`by the name ${host}`, async () => {
      assert.equal((await post({ ...sentBy(dockerHub), host })).status, 202)
      assert.deepEqual(await asked(deps), ['tags docker.io/acme/demo-service'])
    })
  }

  test('by a port, also where the address has it in escapes', async () => {
    for (const host of ['registry.example.org:5000', 'registry.example.org%3A5000'])
      assert.equal((await post({ host, body: { events: [pushed({})] } })).status, 202)
    assert.deepEqual(await asked(deps), ['tags registry.example.org:5000/project/demo-service'])
  })

  test('and says what to do when it is none that Lotse asks', async () => {
    for (const host of ['registry.example.org', 'unknown.example.org', 'eu.gcr.io:443', '..%2F..%2Fx', '%00']) {
      const { status, message } = await post({ host, body: { events: [pushed({})] } })
      assert.equal(status, 404)
      assert.match(message, /^`.*` is none of the registries that Lotse asks; .* as manifests name it, .* REGISTRIES$/)
    }
    assert.deepEqual(await asked(deps), [])
  })

  test('and tells nobody without the secret which these are', async () => {
    const body = { events: [pushed({})] }
    const answers = [await post({ body, headers: {} }), await post({ body, headers: {}, host: 'unknown.example.org' })]
    assert.deepEqual(
      answers.map(({ status }) => status),
      [401, 401],
    )
    assert.equal(answers[0]?.message, answers[1]?.message)
  })
})

describe('a notification of a registry is refused', () => {
  test('without a secret, by a challenge that asks for a password', async () => {
    const { status, headers } = await fetch(server.url + registryWebhookPath(acme.registryHost), { method: 'POST' })
    assert.equal(status, 401)
    assert.deepEqual(
      parseChallenges(headers.get('www-authenticate') ?? '').map(({ scheme }) => scheme),
      ['basic', 'bearer'],
    )
  })

  const body = { events: [pushed({})] }
  const says = (other: string) => ({ body, headers: { authorization: other } })
  const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  const rows: readonly (readonly [name: string, sent: Sent, status: number, message: RegExp])[] = [
    ['without a secret', says(''), 401, /REGISTRY_WEBHOOK_SECRET/],
    ['with another secret', says(`Bearer ${'x'.repeat(40)}`), 401, /bearer/],
    ['with more than the secret', says(`Bearer ${registrySecret}x`), 401, /bearer/],
    ['with the secret as user name', says(`Basic ${btoa(`${registrySecret}:`)}`), 401, /bearer/],
    ['when it is empty', { body: '' }, 400, /expected JSON/],
    ['when it is no JSON', { body: '{"events":' }, 400, /expected JSON/],
    ['when it is a form, as GitHub sends it unless told', { body: 'payload=%7B%7D' }, 400, /application\/json/],
    ['when it is no text', { body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) }, 400, /expected JSON/],
    ['when it is nothing', { body: 'null' }, 400, /expected the notification of a registry \(known are/],
    ['when it is a list', { body: [pushed({})] }, 400, /expected the notification of a registry/],
    ['when it is nothing but nested', { body: nested }, 400, /expected/],
    ['when nobody sends such', { body: { hello: 'world' } }, 400, /Docker Hub, Quay/],
    ['when its events are no list', { body: { events: { 0: pushed({}) } } }, 400, /notification of a registry/],
    ['when an event is none', { body: { events: ['push'] } }, 400, /event 1: expected an event/],
    ['when a tag is none', { body: { events: [pushed({ tag: '../latest' })] } }, 400, /expected a tag/],
    ['when a repository is none', { body: { events: [pushed({ repository: 7 })] } }, 400, /expected a repository/],
    [
      'when its name has no end',
      { body: { events: [pushed({ repository: 'a'.repeat(900_000) })] } },
      400,
      /^.{1,400}$/,
    ],
    ['when its name leads elsewhere', { body: { events: [pushed({ repository: '../x' })] } }, 400, /expected an image/],
    [
      'when it is all the events there is room for',
      { body: `{"events":[${'7,'.repeat(500_000)}7]}` },
      400,
      /^.{1,400}$/,
    ],
    ['when all of it is wrong', { body: { events: Array(9999).fill(7) } }, 400, /^.{1,400}$/],
    ['when it is larger than any', { body: ' '.repeat(1024 * 1024 + 1) }, 413, /larger/],
  ]
  for (const [name, sent, status, message] of rows) {
    test(name, async () => {
      const answer = await post(sent)
      assert.equal(answer.status, status, answer.message)
      assert.match(answer.message, message)
      assert.deepEqual(await asked(deps), [])
    })
  }

  test('while no secret is set, and says which setting it is', async (t) => {
    const own = await serve(deps, testSettings({ REGISTRY_WEBHOOK_SECRET: undefined }))
    t.after(own.close)
    const { status, message } = await post({ url: own.url, body })
    assert.equal(status, 404)
    assert.match(message, /set REGISTRY_WEBHOOK_SECRET/)
  })
})

test('a thousand notifications of one image cost a couple of tag lists', async (t) => {
  await pushImage(registry.url, { repository: acme.imagePath, tag: '1.2.1' })
  registry.requests.reset()
  const own = await testDeps(database, settings)
  const flooded = await serve(own, settings)
  t.after(async () => {
    await flooded.close()
    await own.jobs.stop()
  })
  await own.jobs.work({ [journeys.tags]: (key) => tags(own, key), [journeys.release]: async () => {} })
  const started = Date.now()
  const send = async (count: number): Promise<void> => {
    for (let sent = 0; sent < count; sent += 1)
      assert.equal((await post({ url: flooded.url, body: { events: [pushed({})] } })).status, 202)
  }
  await Promise.all(Array.from({ length: 20 }, () => send(50)))
  const seconds = (Date.now() - started) / 1000
  await own.jobs.settled()
  // Two at once, and one in two seconds, however long it takes to send them.
  const lists = registry.requests.of('tags')
  assert.ok(lists >= 2 && lists <= 3 + seconds / 2, `${lists} lists in ${seconds} s`)
})
