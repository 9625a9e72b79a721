import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { manifestTypes } from '../../../src/core/image/manifest-type.ts'
import { parseImageName } from '../../../src/core/image/ref.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { Secret } from '../../../src/core/secret.ts'
import { type Registry, createRegistry } from '../../../src/io/registry/client.ts'
import { type ImageToPush, pushImage } from '../../../src/sandbox/registry/push-image.ts'
import { type RunningServer, type Server, type ServerAuth, login, servers } from './servers.ts'
import { type TokenServer, startTokenServer } from './token-server.ts'

// What the bot reads, from registries that nobody here wrote, however they let it in.

const [index, manifest, dockerList, dockerManifest] = manifestTypes
const repository = 'project/demo-service'
const image = guaranteed(parseImageName(`eu.gcr.io/${repository}`))
const source = 'https://github.com/acme/demo-service'

type Row = {
  readonly tag: string
  readonly pushed: Partial<ImageToPush>
  readonly mediaType: string
  readonly platforms: readonly string[]
}

const rows: readonly Row[] = [
  { tag: 'oci', pushed: {}, mediaType: manifest, platforms: ['linux/amd64'] },
  { tag: 'docker', pushed: { vocabulary: 'docker' }, mediaType: dockerManifest, platforms: ['linux/amd64'] },
  {
    tag: 'oci-index',
    pushed: { platforms: ['linux/arm64/v8', 'linux/amd64'], attested: true },
    mediaType: index,
    platforms: ['linux/amd64', 'linux/arm64'],
  },
  {
    tag: 'docker-list',
    pushed: { platforms: ['linux/amd64', 'linux/arm/v6'], vocabulary: 'docker' },
    mediaType: dockerList,
    platforms: ['linux/amd64', 'linux/arm/v6'],
  },
  { tag: 'attested', pushed: { attested: true }, mediaType: index, platforms: ['linux/amd64'] },
]

const ways = ['to everybody', 'for a password', 'for a token'] as const

type Subject = {
  readonly running: RunningServer
  /** Where the registry sends us for tokens; undefined where that is itself, as it is for the sandbox. */
  readonly tokens: TokenServer | undefined
}

function clientOf({ running: { url }, tokens }: Subject, password: string | undefined): Registry {
  const tokenServer = tokens === undefined ? {} : { tokenServer: tokens.realm }
  const credentials = password === undefined ? {} : { username: login.username, password: new Secret(password) }
  return createRegistry({ registries: [{ host: 'eu.gcr.io', url, ...tokenServer, ...credentials }] })
}

function authOf(way: (typeof ways)[number], tokens: TokenServer): ServerAuth | undefined {
  if (way === 'to everybody') return undefined
  return way === 'for a password' ? { kind: 'password' } : { kind: 'token', server: tokens }
}

function reads(server: Server, start: NonNullable<Server['start']>, way: (typeof ways)[number]): void {
  describe(`${server.title}, ${way}`, () => {
    let subject: Subject | undefined
    let tokens: TokenServer | undefined
    const known = (): Subject => subject ?? assert.fail('it did not start')
    const password = way === 'to everybody' ? undefined : login.password
    before(async () => {
      tokens = await startTokenServer(login)
      const auth = authOf(way, tokens)
      const theirs = way === 'for a token' && server.name !== 'sandbox' ? tokens : undefined
      subject = { running: await start(undefined, auth), tokens: theirs }
    })
    after(async () => {
      await subject?.running.stop()
      await tokens?.stop()
    })

    for (const { tag, pushed, mediaType, platforms } of rows) {
      test(`gives an image as ${tag}`, async () => {
        const created = '2026-01-02T03:04:05Z'
        const { digest } = await pushImage(known().running.url, {
          repository,
          tag,
          created,
          labels: { 'org.opencontainers.image.source': source },
          ...(password === undefined ? {} : { auth: login }),
          ...pushed,
        })
        const client = clientOf(known(), password)
        const list = await client.listTags(image)
        assert.ok(list.kind === 'tags' && list.tags.includes(tag), JSON.stringify(list))
        assert.deepEqual(await client.headManifest(image, tag), { kind: 'manifest', digest, mediaType })
        const labels = { source, version: tag }
        const reading = { kind: 'image', digest, mediaType, created, platforms, labels }
        assert.deepEqual(await client.readImage(image, digest), reading)
        assert.deepEqual(await client.readImage(image, tag), reading)
      })
    }

    test('knows no tag that nobody pushed', async () => {
      const client = clientOf(known(), password)
      assert.deepEqual(await client.headManifest(image, 'nobody'), { kind: 'absent' })
      assert.deepEqual(await client.readImage(image, `sha256:${'0'.repeat(64)}`), { kind: 'absent' })
    })

    if (way === 'to everybody') return
    test('is a reason to those whom it does not let in', async () => {
      for (const wrong of ['another password', undefined]) {
        const client = clientOf(known(), wrong)
        const answers = [
          await client.listTags(image),
          await client.headManifest(image, 'oci'),
          await client.readImage(image, 'oci'),
        ]
        for (const answer of answers) {
          assert.ok(answer.kind === 'refused', JSON.stringify(answer))
          assert.match(answer.because, /password|anonymous/)
          assert.doesNotMatch(answer.because, /another/)
        }
      }
    })

    test('is asked for no more than to read', () => {
      const ours = (known().tokens?.granted ?? []).filter((scope) => !scope.endsWith(':pull,push'))
      assert.deepEqual([...new Set(ours)], known().tokens === undefined ? [] : [`repository:${repository}:pull`])
    })
  })
}

for (const server of servers) {
  // What is not on this machine is said, once, by conformance.test.ts.
  if (server.start !== undefined) for (const way of ways) reads(server, server.start, way)
}
