import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { acmeFiles } from '../../src/sandbox/acme.ts'
import { acme, startWorld, type World } from '../support/world.ts'

const worker = 'clusters/production/demo-worker.yaml'
const helm = 'clusters/production/demo-service.yaml'

const hourMs = 3_600_000

describe('release', () => {
  test('a pushed image becomes a pull request that changes exactly the tags', async () => {
    await using world = await startWorld()
    await world.push('1.2.1')
    await world.push('1.3.0')
    await world.rest()

    const [pull, ...others] = world.pulls()
    assert.ok(pull !== undefined)
    assert.deepEqual(others, [])
    assert.equal(pull.title, 'Auto-release eu.gcr.io/project/demo-service:1.2.1')
    assert.equal(pull.state, 'open')
    assert.deepEqual(await world.changes(pull), [
      helm,
      '-      tag: 1.2.0',
      '+      tag: 1.2.1',
      worker,
      '-          image: eu.gcr.io/project/demo-service:1.2.0 # the same image as the web part',
      '+          image: eu.gcr.io/project/demo-service:1.2.1 # the same image as the web part',
    ])
    assert.deepEqual(world.checks(pull), { 'lotse/policy': 'in_progress' })
  })

  test('from notification to open pull request with check it asks GitHub 7 times, and the registry for what is new', async () => {
    await using world = await startWorld()
    world.github.requests.reset()
    world.registry.requests.reset()
    await world.push('1.2.1')
    await world.rest()

    const asked = world.github.requests.all.filter(({ route }) => !route.includes('access_tokens'))
    assert.ok(asked.length <= 7, JSON.stringify(world.github.requests.byRoute(), undefined, 2))
    assert.equal(world.registry.requests.of('tags'), 1)
    // Of the new tag and, as nobody has looked at it yet, of the current one.
    assert.equal(world.registry.requests.of('manifest-head'), 2)

    world.registry.requests.reset()
    await world.push('1.2.2')
    await world.rest()
    assert.equal(world.registry.requests.of('tags'), 1)
    assert.equal(world.registry.requests.of('manifest-head'), 1)
  })

  test('what was read of an image is not read again, not by a restarted bot either', async () => {
    await using world = await startWorld()
    await world.push('1.2.1', { created: '2026-11-20T10:00:00Z' })
    await world.rest()
    world.registry.requests.reset()
    await world.restartBot()
    await world.rest()
    assert.deepEqual([world.registry.requests.of('tags'), world.registry.requests.of('manifest-head')], [1, 0])
    assert.deepEqual([world.registry.requests.of('manifest-get'), world.registry.requests.of('blob-get')], [0, 0])
  })

  test('an image that cannot be read is asked for again late, and by no restarted bot', async () => {
    const byTime = { [worker]: (acmeFiles[worker] ?? '').replace(/semver:[^\s"]*/, 'glob:main-*'), [helm]: null }
    await using world = await startWorld({ files: byTime })
    world.registry.loseNotifications(2)
    await world.push('main-1', { created: '2026-11-20T12:00:00Z' })
    await world.push('main-2', { created: '2026-11-20T13:00:00Z' })
    await loseConfig(world, 'main-2')
    await world.restartBot()
    assert.equal(world.pull(1).title, 'Auto-release eu.gcr.io/project/demo-service:main-1')
    world.registry.requests.reset()
    await world.restartBot()
    assert.deepEqual(world.registry.requests.all(), { tags: 1 })
    world.pass(2 * 60_000)
    await world.restartBot()
    assert.deepEqual(world.registry.requests.all(), { tags: 2, 'manifest-get': 1, 'blob-get': 1 })
    world.pass(2 * 60_000)
    await world.restartBot()
    assert.deepEqual(world.registry.requests.all(), { tags: 3, 'manifest-get': 1, 'blob-get': 1 })
  })

  test('an image that does not run where the current one runs is not released', async () => {
    await using world = await startWorld()
    await world.push('1.2.1', { platforms: ['linux/arm64'] })
    await world.rest()
    assert.deepEqual(world.pulls(), [])
    await world.push('1.2.2', { platforms: ['linux/amd64', 'linux/arm64'] })
    await world.rest()
    assert.equal(world.pull(1).title, 'Auto-release eu.gcr.io/project/demo-service:1.2.2')
  })

  test('a tag is released once it is old enough, and not when it was replaced meanwhile', async () => {
    const minimumAge = `${acmeFiles['.github/lotse.yaml'] ?? ''}release: { minimum-age: 2h }\n`
    await using world = await startWorld({ files: { '.github/lotse.yaml': minimumAge } })
    await world.push('1.2.1', { created: '2026-11-20T10:00:00Z' })
    await world.rest()
    assert.deepEqual(world.pulls(), [])
    world.pass(hourMs)
    await world.push('1.2.1', { created: '2026-11-20T11:00:00Z' })
    await world.restartBot()
    world.pass(1.5 * hourMs)
    await world.restartBot()
    assert.deepEqual(world.pulls(), [])
    world.pass(hourMs)
    await world.restartBot()
    assert.equal(world.pull(1).title, 'Auto-release eu.gcr.io/project/demo-service:1.2.1')
  })

  test('a tag that was replaced since it was looked at is not released where it no longer runs', async () => {
    await using world = await startWorld()
    await world.push('1.2.1', { platforms: ['linux/amd64', 'linux/arm64'] })
    await world.rest()
    assert.equal(world.pull(1).state, 'open')
    world.registry.loseNotifications(2)
    await world.push('1.2.1', { platforms: ['linux/arm64'] })
    world.pass(2 * hourMs)
    await world.restartBot()
    assert.equal(world.pull(1).state, 'closed')
  })

  test('a tag that was gone and is back is another image', async () => {
    const byTime = { [worker]: (acmeFiles[worker] ?? '').replace(/semver:[^\s"]*/, 'glob:main-*'), [helm]: null }
    await using world = await startWorld({ files: byTime })
    await world.push('main-a', { created: '2026-11-20T12:00:00Z' })
    await world.push('main-b', { created: '2026-11-20T13:00:00Z' })
    await world.rest()
    const gone = `${world.registry.url}/v2/project/demo-service/manifests/main-a`
    assert.equal((await fetch(gone, { method: 'DELETE' })).status, 202)
    await world.restartBot()
    await world.push('main-a', { created: '2026-11-20T14:00:00Z' })
    await world.restartBot()
    assert.equal(world.pull(1).title, 'Auto-release eu.gcr.io/project/demo-service:main-a')
  })

  test('a tag that is told to be pushed again is another image', async () => {
    const byTime = { [worker]: (acmeFiles[worker] ?? '').replace(/semver:[^\s"]*/, 'glob:main-*'), [helm]: null }
    await using world = await startWorld({ files: byTime })
    await world.push('main-a', { created: '2026-11-20T12:00:00Z' })
    await world.push('main-b', { created: '2026-11-20T13:00:00Z' })
    await world.rest()
    assert.equal(world.pull(1).title, 'Auto-release eu.gcr.io/project/demo-service:main-b')
    await world.push('main-a', { created: '2026-11-20T14:00:00Z' })
    await world.rest()
    assert.equal(world.pull(1).title, 'Auto-release eu.gcr.io/project/demo-service:main-a')
  })

  test('without a version the last created tag is released, whatever its name', async () => {
    const byTime = { [worker]: (acmeFiles[worker] ?? '').replace(/semver:[^\s"]*/, 'glob:main-*'), [helm]: null }
    await using world = await startWorld({ files: byTime })
    await world.push('main-a', { created: '2026-11-20T12:00:00Z' })
    await world.push('main-c', { created: '2026-11-20T11:00:00Z' })
    await world.push('main-b', { created: '2026-11-20T13:00:00Z' })
    await world.rest()
    assert.equal(world.pull(1).title, 'Auto-release eu.gcr.io/project/demo-service:main-b')
  })

  test('a tag that changes nothing costs no call to GitHub', async () => {
    await using world = await startWorld()
    world.github.requests.reset()
    await world.push('1.3.0')
    await world.rest()
    assert.deepEqual(world.github.requests.byRoute(), {})
    assert.deepEqual(world.pulls(), [])
  })

  test('an executable manifest stays executable', async () => {
    await using world = await startWorld()
    const mode = { branch: 'main', path: worker, mode: '100755' } as const
    await world.github.person('alice').setMode(acme.repository, mode)
    await world.rest()
    await world.push('1.2.1')
    await world.rest()
    const { head } = world.pull(1)
    assert.deepEqual([await world.mode(worker, head), await world.mode(helm, head)], ['100755', '100644'])
  })

  test('two tags at once become one pull request with the newer', async () => {
    await using world = await startWorld()
    await Promise.all([world.push('1.2.1'), world.push('1.2.2')])
    await world.rest()
    assert.deepEqual(
      world.pulls().map(({ title, state }) => [title, state]),
      [['Auto-release eu.gcr.io/project/demo-service:1.2.2', 'open']],
    )
  })

  test('a newer tag moves the same pull request', async () => {
    await using world = await startWorld()
    await world.push('1.2.1')
    await world.rest()
    await world.push('1.2.2')
    await world.rest()
    const [pull, ...others] = world.pulls()
    assert.ok(pull !== undefined)
    assert.deepEqual(others, [])
    assert.equal(pull.title, 'Auto-release eu.gcr.io/project/demo-service:1.2.2')
    assert.deepEqual(
      (await world.changes(pull)).filter((line) => line.startsWith('+')),
      ['+      tag: 1.2.2', '+          image: eu.gcr.io/project/demo-service:1.2.2 # the same image as the web part'],
    )
    assert.deepEqual(world.checks(pull), { 'lotse/policy': 'in_progress' })
  })

  test('a person closing it means: not this tag; the next one asks again', async () => {
    await using world = await startWorld()
    await world.push('1.2.1')
    await world.rest()
    await world.github.person('bob').closePull(acme.repository, 1)
    await world.rest()
    await world.restartBot()
    assert.deepEqual(
      world.pulls().map(({ number, state }) => [number, state]),
      [[1, 'closed']],
    )
    await world.push('1.2.2')
    await world.rest()
    assert.deepEqual(
      world.pulls().map(({ number, state, title }) => [number, state, title.split(':')[1]]),
      [
        [1, 'closed', '1.2.1'],
        [2, 'open', '1.2.2'],
      ],
    )
  })

  test('a commit of a person on the branch means: hands off', async () => {
    await using world = await startWorld()
    await world.push('1.2.1')
    await world.rest()
    const pull = world.pull(1)
    const head = await world.github
      .person('bob')
      .push(acme.repository, { branch: pull.branch, files: { 'clusters/production/note.md': 'wait' }, message: 'Wait' })
    await world.rest()
    await world.push('1.2.2')
    await world.rest()
    assert.equal(world.pull(1).head, head)
    assert.deepEqual(world.checks(world.pull(1)), { 'lotse/policy': 'neutral' })
  })

  test('a push of a person between our look and our write is not overwritten', async () => {
    await using world = await startWorld()
    await world.push('1.2.1')
    await world.rest()
    const pull = world.pull(1)
    let head: string | undefined
    world.github.faults.onWrite(async ({ route, phase }) => {
      if (head !== undefined || phase !== 'before' || !route.startsWith('graphql')) return
      head = 'pushing'
      head = await world.github
        .person('bob')
        .push(acme.repository, { branch: pull.branch, files: { 'NOTE.md': 'mine' }, message: 'Mine' })
    })
    await world.push('1.2.2')
    await world.rest()
    assert.notEqual(head, undefined)
    assert.equal(world.pull(1).head, head)
  })

  test('a push of a person to the default branch between our look and our write is built upon', async () => {
    await using world = await startWorld()
    let pushed = false
    world.github.faults.onWrite(async ({ route, phase }) => {
      if (pushed || phase !== 'before' || !route.startsWith('POST /repos/{owner}/{repo}/git/trees')) return
      pushed = true
      await world.github
        .person('bob')
        .push(acme.repository, { branch: 'main', files: { 'README.md': '# Newer\n' }, message: 'Say more' })
    })
    await world.push('1.2.1')
    await world.rest()
    const [pull, ...others] = world.pulls()
    assert.ok(pull !== undefined)
    assert.deepEqual(others, [])
    assert.equal((await world.changes(pull)).filter((line) => line.startsWith('+')).length, 2)
  })

  test('a notification that is lost costs the time to the next refresh', async () => {
    await using world = await startWorld()
    world.registry.loseNotifications(1)
    await world.push('1.2.1')
    await world.rest()
    assert.deepEqual(world.pulls(), [])
    await world.restartBot()
    assert.equal(world.pulls().length, 1)
  })

  test('a webhook that is lost costs the time to the next refresh', async () => {
    await using world = await startWorld()
    world.github.faults.loseWebhooks(1)
    await world.github.person('alice').push(acme.repository, {
      branch: 'main',
      files: { [worker]: (await world.file(worker)).replace('semver:~1.2', 'semver:~1.3') },
      message: 'Follow 1.3',
    })
    await world.push('1.3.1')
    await world.rest()
    await world.restartBot()
    assert.equal(world.pull(1).title, 'Auto-release eu.gcr.io/project/demo-service:1.3.1')
  })

  test('a webhook that is delivered twice is processed once', async () => {
    await using world = await startWorld()
    await world.push('1.2.1')
    await world.rest()
    world.github.faults.duplicateWebhooks(1)
    await world.github.person('alice').comment(acme.repository, 1, '/lotse help')
    await world.rest()
    const pull = world.pull(1)
    assert.equal(world.comments(pull).length, 2)
  })

  test('a change that is taken back in git takes its pull request with it', async () => {
    await using world = await startWorld()
    await world.push('1.2.1')
    await world.rest()
    const off = async (path: string): Promise<[string, string]> => [
      path,
      (await world.file(path)).replace('automated: "true"', 'automated: "false"'),
    ]
    await world.github.person('alice').push(acme.repository, {
      branch: 'main',
      files: Object.fromEntries([await off(worker), await off(helm)]),
      message: 'Release by hand',
    })
    await world.rest()
    assert.deepEqual(
      world.pulls().map(({ state }) => state),
      ['closed'],
    )
    await assert.rejects(world.file('README.md', world.pull(1).branch))
  })

  for (const [name, files] of [
    ['without a configuration', { '.github/lotse.yaml': null }],
    ['with a broken configuration', { '.github/lotse.yaml': 'version: 1\nclusters: { production: { pth: x } }\n' }],
  ] as const) {
    test(`${name} nothing is released`, async () => {
      await using world = await startWorld({ files })
      await world.push('1.2.1')
      await world.rest()
      assert.deepEqual(world.pulls(), [])
    })
  }

  test('a broken manifest does not stop the others', async () => {
    await using world = await startWorld({ files: { 'clusters/production/broken.yaml': 'kind: [\n' } })
    await world.push('1.2.1')
    await world.rest()
    assert.equal(world.pulls().length, 1)
  })
})

/** Storage that was cleaned up too well: what the image is can no longer be read. */
async function loseConfig({ registry }: World, tag: string): Promise<void> {
  const repository = `${registry.url}/v2/project/demo-service`
  const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' }
  const manifest: unknown = await (await fetch(`${repository}/manifests/${tag}`, { headers })).json()
  const digest = /"config":\{[^}]*"digest":"([^"]+)"/.exec(JSON.stringify(manifest))?.[1]
  const deleted = await fetch(`${repository}/blobs/${digest}`, { method: 'DELETE' })
  assert.equal(deleted.status, 202)
}
