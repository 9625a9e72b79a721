import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite, test, type TestContext } from 'node:test'
import { pushImage } from '../../src/sandbox/registry/push-image.ts'
import { startRegistry } from '../../src/sandbox/registry/registry.ts'
import { answerOf, deployment, folderWith } from './offline-folder.ts'
import { lotse } from './run-cli.ts'

const repository = 'project/demo-service'
const image = `eu.gcr.io/${repository}`
const web = 'default:deployment/web'
const follows = ['fluxcd.io/automated: "true"', 'fluxcd.io/tag.web: semver:~1.2']

/** The settings that lead to a registry with these tags. */
async function registryWith(t: TestContext, tags: readonly string[]): Promise<{ readonly REGISTRIES: string }> {
  const registry = await startRegistry()
  t.after(registry.close)
  for (const tag of tags) await pushImage(registry.url, { repository, tag })
  return { REGISTRIES: JSON.stringify([{ host: 'eu.gcr.io', url: registry.url }]) }
}

/** One that lists these tags, and answers to a `HEAD` of each as it is told. */
async function registryAnswering(
  t: TestContext,
  tags: readonly string[],
  statusOf: (tag: string) => number,
): Promise<{ readonly REGISTRIES: string }> {
  const server = createServer(({ url = '', method }, response) => {
    if (url.includes('/tags/list')) response.end(JSON.stringify({ tags }))
    else {
      const status = method === 'HEAD' ? statusOf(url.split('/').at(-1) ?? '') : 404
      const headers = { 'retry-after': '120', 'docker-content-digest': `sha256:${'0'.repeat(64)}` }
      response.writeHead(status, { ...headers, 'content-type': 'application/vnd.oci.image.manifest.v1+json' }).end()
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  return { REGISTRIES: JSON.stringify([{ host: 'eu.gcr.io', url: `http://127.0.0.1:${port}` }]) }
}

suite('lotse plan', () => {
  test('says what would be released, and changes nothing', async (t) => {
    const text = deployment(`${image}:1.2.0`, follows)
    const folder = await folderWith(t, { 'web.yaml': text, 'other.yaml': deployment('nginx:1') })
    const environment = await registryWith(t, ['1.2.0', '1.2.1', '1.3.0'])
    assert.deepEqual(await answerOf(['plan', folder.path], { environment }), {
      code: 0,
      stderr: '',
      json: {
        changes: [{ workload: web, container: 'web', file: 'web.yaml', line: 13, from: '1.2.0', to: '1.2.1' }],
        skipped: [{ workload: web, container: 'web', image: 'nginx:1', because: 'not automated' }],
        problems: [],
      },
    })
    assert.equal(await folder.read('web.yaml'), text)
    const { stdout } = await lotse(['plan', folder.path], { environment })
    assert.equal(
      stdout,
      'Would release\n  default:deployment/web  web  1.2.0 → 1.2.1  web.yaml:13\n\nSkipped\n  1 more: not automated\n',
    )
  })

  const skipped: readonly (readonly [name: string, text: string, tags: readonly string[], because: string])[] = [
    ['up to date', deployment(`${image}:1.2.1`, follows), ['1.2.1'], 'up to date'],
    [
      'newer than what matches',
      deployment(`${image}:1.2.2`, follows),
      ['1.2.1'],
      'the newest tag that matches, 1.2.1, is older than the current one',
    ],
    ['without a tag that matches', deployment(`${image}:1.2.0`, follows), ['1.1.0'], 'no tag matches semver:~1.2'],
    ['absent', deployment(`${image}-x:1.2.0`, follows), [], 'its registry has no such image'],
    [
      'of a registry that may not be asked',
      deployment('ghcr.io/a/b:1.2.0', follows),
      [],
      "its registry cannot be read: `ghcr.io` is not an allowed registry; an operator can add it to the registries in the bot's settings",
    ],
    [
      'locked',
      deployment(`${image}:1.2.0`, [...follows, 'fluxcd.io/locked: "true"', 'fluxcd.io/locked_msg: freeze']),
      ['1.2.1'],
      'locked: freeze',
    ],
    [
      'ordered by what nobody says',
      deployment(`${image}:1.2.0`, ['fluxcd.io/automated: "true"']),
      ['a', 'b'],
      'its policy orders tags by their created time, and not all of them say one; `semver:` needs none',
    ],
  ]
  for (const [name, text, tags, because] of skipped) {
    test(`skips what is ${name}, and says why`, async (t) => {
      const { path } = await folderWith(t, { 'web.yaml': text })
      const { code, json } = await answerOf(['plan', path], { environment: await registryWith(t, tags) })
      const plan = json as { readonly changes: readonly unknown[]; readonly skipped: readonly { because: string }[] }
      assert.deepEqual([code, plan.changes, plan.skipped.map((one) => one.because)], [0, [], [because]])
    })
  }

  test('honours what the configuration says of images, as `lotse images` does', async (t) => {
    const configuration = "version: 1\nimages: [{ match: 'eu.gcr.io/*', policy: 'semver:~1.2' }]\n"
    const { path } = await folderWith(t, {
      '.github/lotse.yaml': configuration,
      'web.yaml': deployment(`${image}:1.2.0`),
    })
    const { json } = await answerOf(['plan', path], { environment: await registryWith(t, ['1.2.1', '1.3.0']) })
    assert.deepEqual(
      (json as { changes: readonly { to: string }[] }).changes.map(({ to }) => to),
      ['1.2.1'],
    )
    const found = (await answerOf(['images', path])).json as readonly { automated: boolean; policy: string }[]
    assert.deepEqual(
      found.map(({ automated, policy }) => [automated, policy]),
      [[true, 'semver:~1.2']],
    )
  })

  test('shows images also where the configuration is broken, and says so', async (t) => {
    const { path } = await folderWith(t, { '.github/lotse.yaml': 'version: 2\n', 'web.yaml': deployment(image) })
    const { code, json, stderr } = await answerOf(['images', path])
    assert.deepEqual([code, (json as readonly unknown[]).length], [0, 1])
    assert.match(stderr, /\.github\/lotse\.yaml:1:10/)
  })

  test('reads when tags were created where that is their order', async (t) => {
    const registry = await startRegistry()
    t.after(registry.close)
    for (const [tag, created] of [
      ['main-1', '2026-11-20T10:00:00Z'],
      ['main-3', '2026-11-20T11:00:00Z'],
      ['main-2', '2026-11-20T12:00:00Z'],
    ] as const)
      await pushImage(registry.url, { repository, tag, created })
    const environment = { REGISTRIES: JSON.stringify([{ host: 'eu.gcr.io', url: registry.url }]) }
    const follow = ['fluxcd.io/automated: "true"', 'fluxcd.io/tag.web: glob:main-*']
    const { path } = await folderWith(t, { 'web.yaml': deployment(`${image}:main-1`, follow) })
    const { json } = await answerOf(['plan', path], { environment })
    assert.equal((json as { changes: readonly { to: string }[] }).changes[0]?.to, 'main-2')
    const ranked = await answerOf(['tags', '--policy', 'glob:main-*', '--image', image], { environment })
    const { winner, tags } = ranked.json as { winner: string; tags: readonly { tag: string }[] }
    assert.deepEqual([ranked.code, winner, tags.map(({ tag }) => tag)], [0, 'main-2', ['main-2', 'main-3', 'main-1']])
  })

  test('ends with 1 when manifests have problems, and releases what it can', async (t) => {
    const { path } = await folderWith(t, {
      'broken.yaml': 'a: [1\n',
      'web.yaml': deployment(`${image}:1.2.0`, follows),
      'wrong.yaml': deployment(`${image}:1.2.0`, ['fluxcd.io/automated: "true"', 'fluxcd.io/tag.web: semver:x y']),
    })
    const { code, json } = await answerOf(['plan', path], { environment: await registryWith(t, ['1.2.1']) })
    const { changes, problems } = json as {
      readonly changes: readonly unknown[]
      readonly problems: readonly { readonly file: string; readonly line: number; readonly column: number }[]
    }
    assert.deepEqual([code, changes.length], [1, 1])
    assert.deepEqual(
      problems.map(({ file, line, column }) => [file, line, column]),
      [
        ['broken.yaml', 2, 1],
        ['wrong.yaml', 7, 24],
      ],
    )
  })

  test('drops a tag whose manifest is gone, says so, and takes the next', async (t) => {
    const environment = await registryAnswering(t, ['1.2.0', '1.2.1', '1.2.2'], (tag) => (tag === '1.2.1' ? 200 : 404))
    const { path } = await folderWith(t, { 'web.yaml': deployment(`${image}:1.2.0`, follows) })
    const { json, stderr } = await answerOf(['plan', path], { environment })
    assert.deepEqual(
      (json as { readonly changes: readonly { readonly to: string }[] }).changes.map(({ to }) => to),
      ['1.2.1'],
    )
    assert.match(stderr, /^lotse: .*demo-service:1\.2\.2 is passed over .*: its registry has no such manifest$/m)
  })

  const silent: readonly (readonly [name: string, status: number, because: RegExp])[] = [
    ['has no manifest of what it lists', 404, /^no tag that matches semver:~1\.2 can be had: 1\.2\.1 is listed, but /],
    ['refuses to show what it lists', 403, /^no tag that matches .* 1\.2\.1 is listed, but .* status 403$/],
    ['breaks down after the list', 500, /^its registry cannot be read: HEAD .* was answered with 500$/],
    ['wants to be left alone', 429, /was answered with 429; it may be asked again in 120 s$/],
  ]
  for (const [name, status, because] of silent) {
    test(`says what a registry answered that ${name}`, async (t) => {
      const environment = await registryAnswering(t, ['1.2.0', '1.2.1'], () => status)
      const { path } = await folderWith(t, { 'web.yaml': deployment(`${image}:1.2.0`, follows) })
      const { code, json } = await answerOf(['plan', path], { environment })
      const { changes, skipped } = json as { changes: unknown; skipped: readonly { readonly because: string }[] }
      assert.deepEqual([code, changes, skipped.length], [0, [], 1])
      assert.match(skipped[0]?.because ?? '', because)
    })
  }

  test('says why nobody knows when a tag was created', async (t) => {
    const environment = await registryAnswering(t, ['main-1', 'main-2'], () => 200)
    const { path } = await folderWith(t, { 'web.yaml': deployment(`${image}:main-1`, ['fluxcd.io/automated: "true"']) })
    const { json, stderr } = await answerOf(['plan', path], { environment })
    const { skipped } = json as { readonly skipped: readonly { readonly because: string }[] }
    assert.match(
      skipped[0]?.because ?? '',
      /created time, .*; main-\d cannot be read: its registry has no such manifest$/,
    )
    assert.match(stderr, /^lotse: .*demo-service:main-\d cannot be read: its registry has no such manifest$/m)
    const ranked = await answerOf(['tags', '--policy', 'main-*', '--image', image], { environment })
    const because = 'matches, but when it was created is not known: its registry has no such manifest'
    assert.deepEqual((ranked.json as { readonly tags: unknown }).tags, [
      { tag: 'main-1', matches: true, because },
      { tag: 'main-2', matches: true, because },
    ])
  })

  test('honours the configuration of the folder', async (t) => {
    const { path } = await folderWith(t, {
      '.github/lotse.yaml': 'version: 1\nclusters:\n  production: { path: production }\n',
      'production/web.yaml': deployment(`${image}:1.2.0`, follows),
      'elsewhere/web.yaml': deployment(`${image}:1.2.0`, follows),
      'elsewhere/broken.yaml': 'a: [1\n',
    })
    const { code, json } = await answerOf(['plan', path], { environment: await registryWith(t, ['1.2.1']) })
    const plan = json as { readonly changes: readonly { readonly file: string }[]; readonly skipped: unknown }
    assert.deepEqual([code, plan.changes.map(({ file }) => file)], [0, ['production/web.yaml']])
    assert.deepEqual(plan.skipped, [
      {
        workload: web,
        container: 'web',
        image: `${image}:1.2.0`,
        because: 'its file is in the path of no cluster of .github/lotse.yaml',
      },
    ])
  })

  test('takes a configuration that is wrong for a problem of its file, and plans nothing', async (t) => {
    const { path } = await folderWith(t, {
      '.github/lotse.yaml': 'version: 2\n',
      'web.yaml': deployment(`${image}:1.2.0`, follows),
    })
    const { code, stderr, json } = await answerOf(['plan', path])
    const message = 'expected `1`, got the number `2`'
    assert.deepEqual(
      [code, stderr, json],
      [1, '', { changes: [], skipped: [], problems: [{ file: '.github/lotse.yaml', line: 1, column: 10, message }] }],
    )
    const { stdout } = await lotse(['plan', path])
    assert.equal(stdout, `Nothing to release\n\nProblems\n  .github/lotse.yaml:1:10  ${message}\n`)
  })

  test('needs no registry where nothing is automated, and else says how to name one', async (t) => {
    const quiet = await folderWith(t, { 'web.yaml': deployment('nginx:1') })
    assert.equal((await lotse(['plan', quiet.path])).stdout, 'Nothing to release\n\nSkipped\n  1 more: not automated\n')
    const { path } = await folderWith(t, { 'web.yaml': deployment('nginx:1', follows) })
    const { code, stdout, stderr } = await lotse(['plan', path])
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^lotse: expected the registries that may be asked in REGISTRIES, got none\n {2}Name them/)
  })

  test('takes a file of registries, and says what is wrong in it', async (t) => {
    const { path } = await folderWith(t, {
      'web.yaml': deployment('nginx:1', follows),
      'registries.json': '[{"host":"docker.io","url":"ftp://x"}]',
    })
    const ended = await lotse(['plan', path], { environment: { REGISTRIES_FILE: `${path}/registries.json` } })
    assert.match(ended.stderr, /^lotse: REGISTRIES_FILE: entry 1: `url`: expected an http or https address/)
    assert.equal(ended.code, 1)
  })
})

suite('lotse tags --image', () => {
  test('reads the tags of a registry', async (t) => {
    const environment = await registryWith(t, ['1.2.0', '1.2.1', 'main'])
    const args = ['tags', '--policy', 'semver:~1.2', '--image', `${image}:1.2.0`]
    const { code, json } = await answerOf(args, { environment })
    const { winner, tags } = json as { readonly winner: string; readonly tags: readonly { readonly tag: string }[] }
    assert.deepEqual([code, winner, tags.map(({ tag }) => tag)], [0, '1.2.1', ['1.2.1', '1.2.0', 'main']])
  })

  test('shows what is listed and cannot be had, and lets it not win', async (t) => {
    const environment = await registryAnswering(t, ['main-1', 'main-2', 'x'], () => 404)
    const { code, json } = await answerOf(['tags', '--policy', 'main-*', '--image', image], { environment })
    const because = 'matches and is listed, but its registry has no such manifest'
    assert.deepEqual(
      [code, json],
      [
        1,
        {
          winner: null,
          tags: [
            { tag: 'main-2', matches: true, because },
            { tag: 'main-1', matches: true, because },
            { tag: 'x', matches: false, because: 'does not match' },
          ],
          problem: 'no tag that matches `main-*` can be had',
        },
      ],
    )
  })

  test('says why there are none', async (t) => {
    const environment = await registryWith(t, [])
    const of = async (name: string) => answerOf(['tags', '--policy', '*', '--image', name], { environment })
    assert.deepEqual(await of(image), {
      code: 1,
      stderr: '',
      json: { winner: null, tags: [], problem: 'its registry has no such image' },
    })
    assert.match(JSON.stringify((await of('nginx')).json), /`docker\.io` is not an allowed registry/)
  })
})
