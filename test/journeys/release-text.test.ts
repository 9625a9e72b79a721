import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { acmeBuild } from '../../src/sandbox/acme.ts'
import { acme, startWorld } from '../support/world.ts'

const run = promisify(execFile)

const revisionOf = (tag: string): string => acmeBuild(tag).labels['org.opencontainers.image.revision']

describe('the text of a release', () => {
  test('says what the new tag is, where it comes from, and why it comes now', async () => {
    await using world = await startWorld()
    await world.push('1.2.1', { created: '2026-11-20T09:14:07Z' })
    await world.rest()
    const { body } = world.pull(1)
    const source = `https://github.com/acme/demo-service/compare/${revisionOf('1.2.0')}...${revisionOf('1.2.1')}`
    assert.match(body, /^- Digest `sha256:[0-9a-f]{64}`, created 2026-11-20 09:14 UTC$/m)
    assert.ok(body.includes(`](${source}) since \`1.2.0\``), body)
    assert.match(body, /^- Why now: the newest tag that `semver:~1\.2` allows; it is newer than `1\.2\.0`$/m)
  })

  test('is edited when only that is new, and nothing is committed for it', async () => {
    await using world = await startWorld()
    await world.push('1.2.1')
    await world.rest()
    const before = world.pull(1)
    await world.push('1.2.2', { platforms: ['linux/arm64'] })
    await world.rest()
    await world.restartBot()
    const after = world.pull(1)
    assert.equal(after.title, before.title)
    assert.equal(after.head, before.head)
    assert.match(after.body, /^- Held back: `1\.2\.2` \(does not run on `linux\/amd64`, as the current image does\)$/m)

    await world.restartBot()
    assert.equal(world.pull(1).body, after.body)
    assert.equal(world.pulls().length, 1)
  })

  test('begins with the prefix of the configuration, and so does its commit', async () => {
    const configuration =
      'version: 1\nclusters: { production: { path: clusters/production } }\npull-requests: { commit-prefix: "chore: " }\n'
    await using world = await startWorld({ files: { '.github/lotse.yaml': configuration } })
    await world.push('1.2.1')
    await world.rest()
    const title = 'chore: Auto-release eu.gcr.io/project/demo-service:1.2.1'
    assert.equal(world.pull(1).title, title)
    const { git } = world.github.repository(acme.repository)
    const { stdout } = await run('git', ['-C', git.path, 'log', '-1', '--format=%s', world.pull(1).head])
    assert.equal(stdout.trim(), title)
  })
})
