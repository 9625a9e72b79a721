import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { registryWebhookPath, serve } from '../../src/bot/routes.ts'
import {
  parseBlobSha,
  parseBranchName,
  parseCommitSha,
  parseFilePath,
  parseRepoId,
  parseRepoName,
} from '../../src/core/ids.ts'
import { parseImageName } from '../../src/core/image/ref.ts'
import { readManifest } from '../../src/core/manifest/workload.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import {
  keepFollowedImages,
  keepReading,
  keepRepositoryReading,
  knowRepository,
} from '../../src/io/store/repositories.ts'
import { acme, acmeFiles } from '../../src/sandbox/acme.ts'
import { startRegistry } from '../../src/sandbox/registry/registry.ts'
import { openTestDatabase } from '../io/store/test-database.ts'
import { asked, clear, installation, registrySecret, testDeps, testSettings } from './ground.ts'

const registry = await startRegistry()
const database = await openTestDatabase()
const settings = testSettings({ REGISTRIES: JSON.stringify([{ host: acme.registryHost, url: registry.url }]) })
const deps = await testDeps(database, settings)
const server = await serve(deps, settings)
after(async () => {
  await server.close()
  await deps.jobs.stop()
  await registry.close()
})
beforeEach(async () => {
  await clear(deps)
  await followAcme()
  registry.requests.reset()
})

/** One repository with a workload that follows acme's image. */
async function followAcme(): Promise<void> {
  const id = guaranteed(parseRepoId(11))
  const blob = guaranteed(parseBlobSha('a'.repeat(40)))
  const path = guaranteed(parseFilePath('clusters/production/demo-worker.yaml'))
  const defaultBranch = guaranteed(parseBranchName('main'))
  const name = guaranteed(parseRepoName(acme.repository))
  await knowRepository(database, { id, installation, name, defaultBranch, archived: false })
  await keepReading(database, blob, readManifest(acmeFiles[path] ?? ''))
  const head = guaranteed(parseCommitSha('b'.repeat(40)))
  await keepRepositoryReading(database, id, { head, doubts: 0, configuration: undefined, files: [{ path, blob }] })
  await keepFollowedImages(database, id, [guaranteed(parseImageName(acme.image))])
}

const oci = 'application/vnd.oci.image.manifest.v1+json'
const docker = 'application/vnd.docker.distribution.manifest.v2+json'

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

async function post({ url = server.url, host = acme.registryHost, body, headers = {} }: Sent): Promise<{
  readonly status: number
  readonly message: string
}> {
  const response = await fetch(url + registryWebhookPath(host), {
    method: 'POST',
    headers: { authorization: `Bearer ${registrySecret}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const answer: { readonly message?: string; readonly error?: string } = JSON.parse(await response.text())
  return { status: response.status, message: answer.message ?? answer.error ?? '' }
}

describe('a notification of a registry asks', () => {
  const tagsJob = [`tags ${acme.image}`]
  const rows: readonly (readonly [name: string, sent: Sent, jobs: readonly string[], message: string])[] = [
    [
      'for the tags, in the envelope of distribution 2',
      {
        headers: { 'content-type': 'application/vnd.docker.distribution.events.v1+json' },
        body: { events: [pushed({ mediaType: docker })] },
      },
      tagsJob,
      '1 of 1 images are followed',
    ],
    [
      'for the tags, in the envelope of distribution 3',
      {
        headers: { 'content-type': 'application/vnd.docker.distribution.events.v2+json' },
        body: { events: [pushed({})] },
      },
      tagsJob,
      '1 of 1 images are followed',
    ],
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
  ]
  for (const [name, sent, jobs, message] of rows) {
    test(name, async () => {
      assert.deepEqual(await post(sent), { status: 202, message })
      assert.deepEqual(await asked(deps), jobs)
      assert.deepEqual(registry.requests.all(), {}, 'a notification by itself costs no request')
    })
  }
})

describe('a notification of a registry is refused', () => {
  const body = { events: [pushed({})] }
  const rows: readonly (readonly [name: string, sent: Sent, status: number, message: RegExp])[] = [
    ['without a secret', { body, headers: { authorization: '' } }, 401, /REGISTRY_WEBHOOK_SECRET/],
    ['with another secret', { body, headers: { authorization: `Bearer ${'x'.repeat(40)}` } }, 401, /bearer/],
    ['with the secret alone', { body, headers: { authorization: registrySecret } }, 401, /bearer/],
    ['with more than the secret', { body, headers: { authorization: `Bearer ${registrySecret}x` } }, 401, /bearer/],
    [
      'with the secret as password',
      { body, headers: { authorization: `Basic ${Buffer.from(`lotse:${registrySecret}`).toString('base64')}` } },
      401,
      /bearer/,
    ],
    ['when it is empty', { body: '' }, 400, /`events`/],
    ['when it is no JSON', { body: '{"events":' }, 400, /`events`/],
    ['when it is a list', { body: [pushed({})] }, 400, /`events`/],
    ['when its events are no list', { body: { events: { 0: pushed({}) } } }, 400, /`events`/],
    ['when an event is none', { body: { events: ['push'] } }, 400, /event 1: expected an event/],
    ['when a tag is none', { body: { events: [pushed({ tag: '../latest' })] } }, 400, /expected a tag/],
    ['when a repository is none', { body: { events: [pushed({ repository: 7 })] } }, 400, /expected a repository/],
    ['when it is larger than any', { body: ' '.repeat(1024 * 1024 + 1) }, 413, /larger/],
  ]
  for (const [name, sent, status, message] of rows) {
    test(name, async () => {
      const answer = await post(sent)
      assert.equal(answer.status, status)
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
