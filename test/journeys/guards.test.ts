import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type World, acme, startWorld } from '../support/world.ts'

const helm = 'clusters/production/demo-service.yaml'
const worker = 'clusters/production/demo-worker.yaml'
const manual = 'version: 1\nclusters: { production: { path: clusters/production } }\n'

async function withRelease(files: Readonly<Record<string, string>> = {}): Promise<World> {
  const world = await startWorld({ files })
  await world.push('1.2.1')
  await world.rest()
  return world
}

async function green(world: World, number = 1): Promise<void> {
  const { head } = world.pull(number)
  await world.github.ci(acme.repository).report(head, { name: 'ci', conclusion: 'success' })
  await world.rest()
}

describe('a pull request that breaks the configuration', () => {
  const configuration = '.github/lotse.yaml'
  const typo = 'version: 1\nclustrs: {}\n'

  async function propose(world: World, files: Readonly<Record<string, string>>): Promise<number> {
    const bob = world.github.person('bob')
    await bob.push(acme.repository, { branch: 'topic', files, create: true, message: 'Propose' })
    const { issue } = await bob.openPull(acme.repository, { head: 'topic', title: 'Propose' })
    await world.rest()
    return issue.number
  }

  function policyRun({ github }: World, head: string) {
    const runs = [...github.repository(acme.repository).checkRuns.values()]
    return runs.findLast(({ name, suite }) => name === 'lotse/policy' && suite.headSha === head)
  }

  test('is told so at the line, and passes when it is mended', async () => {
    await using world = await startWorld()
    const number = await propose(world, { [configuration]: typo })
    const run = policyRun(world, world.pull(number).head)
    assert.equal(run?.conclusion, 'failure')
    assert.deepEqual(
      run.output.annotations.map(({ path, start_line: line }) => [path, line]),
      [[configuration, 2]],
    )
    await world.github.person('bob').push(acme.repository, { branch: 'topic', files: { [configuration]: manual } })
    await world.rest()
    assert.equal(world.checks(world.pull(number))['lotse/policy'], 'success')
  })

  test('is not one that is only older than the mended configuration', async () => {
    await using world = await startWorld()
    const alice = world.github.person('alice')
    await alice.push(acme.repository, { branch: 'main', files: { [configuration]: typo } })
    const number = await propose(world, { 'notes.md': 'new' })
    await alice.push(acme.repository, { branch: 'main', files: { [configuration]: manual } })
    await world.github.person('bob').push(acme.repository, { branch: 'topic', files: { 'notes.md': 'newer' } })
    await world.rest()
    assert.equal(world.checks(world.pull(number))['lotse/policy'], 'success')
  })

  test('is told that nothing is committed to a protected branch, and not where it is free', async () => {
    await using world = await startWorld()
    const id = world.github.addRuleset(acme.repository, { branch: 'main', requiredApprovals: 1 })
    const number = await propose(world, { [configuration]: 'version: 1\nrelease: { merge: commit }\n' })
    const run = policyRun(world, world.pull(number).head)
    assert.equal(run?.conclusion, 'neutral')
    assert.match(
      run.output.summary ?? '',
      /`default`: `merge: commit` releases nothing while `main` is protected \(pull request\)/,
    )
    world.github.removeRuleset(acme.repository, id)
    await world.github.person('bob').push(acme.repository, { branch: 'topic', files: { 'notes.md': 'go' } })
    await world.rest()
    assert.equal(world.checks(world.pull(number))['lotse/policy'], 'success')
  })

  test('is known by one more question, and no other takes any', async () => {
    await using world = await startWorld()
    await propose(world, { 'notes.md': 'new' })
    const count = (route: string) => world.github.requests.byRoute()[route] ?? 0
    const before = count('POST graphql Blobs')
    await world.github.person('bob').push(acme.repository, { branch: 'topic', files: { 'notes.md': 'newer' } })
    await world.rest()
    assert.equal(count('POST graphql Blobs'), before)
    await world.github.person('bob').push(acme.repository, { branch: 'topic', files: { [configuration]: manual } })
    await world.rest()
    assert.equal(count('POST graphql Blobs'), before + 1)
  })
})

describe('what people have said stands', () => {
  test('a commit that was taken out of the default branch does not come back with a release', async () => {
    await using world = await startWorld()
    const alice = world.github.person('alice')
    const good = world.head('main')
    await alice.push(acme.repository, { branch: 'main', files: { 'clusters/production/evil.yaml': 'kind: Evil\n' } })
    await world.push('1.2.1')
    await world.rest()
    await alice.moveBranch(acme.repository, 'main', good, { force: true })
    await world.rest()
    await green(world)
    await assert.rejects(world.file('clusters/production/evil.yaml'))
    assert.match(await world.file(helm), /tag: 1\.2\.[01]/)
  })

  test('an amended commit is a person’s, also after a newer tag and a restart', async () => {
    await using world = await withRelease()
    const { branch } = world.pull(1)
    const head = await world.github.person('bob').push(acme.repository, {
      branch,
      files: { 'NOTE.md': 'mine' },
      amend: true,
      author: world.app.botLogin,
    })
    await world.rest()
    await world.push('1.2.2')
    await world.rest()
    await world.restartBot()
    assert.equal(world.pull(1).head, head)
  })

  test('a revert holds the tag, and the next one asks again', async () => {
    await using world = await withRelease()
    await green(world)
    assert.equal(world.pull(1).state, 'merged')
    const reverted = await Promise.all(
      [helm, worker].map(async (path) => [path, (await world.file(path)).replace('1.2.1', '1.2.0')] as const),
    )
    await world.github
      .person('alice')
      .push(acme.repository, { branch: 'main', files: Object.fromEntries(reverted), message: 'Revert' })
    await world.rest()
    await world.restartBot()
    assert.equal(world.pulls().length, 1)
    await world.push('1.2.2')
    await world.rest()
    assert.equal(world.pull(2).title, 'Auto-release eu.gcr.io/project/demo-service:1.2.2')
  })

  test('an approval of one tag is none of the next', async () => {
    await using world = await withRelease()
    world.github.addRuleset(acme.repository, { branch: 'main', requiredApprovals: 1 })
    await world.github.person('bob').review(acme.repository, 1, { state: 'APPROVED' })
    await world.rest()
    await world.push('1.2.2')
    await world.rest()
    await green(world)
    assert.equal(world.pull(1).state, 'open')
    await world.github.person('bob').review(acme.repository, 1, { state: 'APPROVED' })
    await world.rest()
    assert.equal(world.pull(1).state, 'merged')
  })

  test('a reviewer who asks for changes is waited for, also where no review is required', async () => {
    await using world = await withRelease()
    await world.github.person('bob').review(acme.repository, 1, { state: 'CHANGES_REQUESTED' })
    await green(world)
    assert.equal(world.pull(1).state, 'open')
    await world.github.person('bob').review(acme.repository, 1, { state: 'APPROVED' })
    await world.rest()
    assert.equal(world.pull(1).state, 'merged')
  })

  test('another app that closes it is not argued with', async () => {
    await using world = await withRelease()
    await world.github.bot('stale').closePull(acme.repository, 1)
    await world.rest()
    await world.restartBot()
    assert.deepEqual(
      world.pulls().map(({ number, state }) => [number, state]),
      [[1, 'closed']],
    )
  })

  test('a note in the description stays', async () => {
    await using world = await withRelease()
    const body = `${world.pull(1).body}\n\nWaiting for the maintenance window.`
    await world.github.person('bob').editPull(acme.repository, 1, { body })
    await world.restartBot()
    assert.equal(world.pull(1).body, body)
    await world.push('1.2.2')
    await world.rest()
    assert.match(world.pull(1).body, /1\.2\.2[^]*Waiting for the maintenance window\.$/)
  })

  test('what a person has taken over, and the plan dropped, does not hang that person’s merge', async () => {
    await using world = await withRelease()
    const bob = world.github.person('bob')
    await bob.push(acme.repository, { branch: world.pull(1).branch, files: { 'NOTE.md': 'mine' } })
    const off = await Promise.all(
      [helm, worker].map(async (path) => [path, (await world.file(path)).replace('d: "true"', 'd: "false"')] as const),
    )
    await bob.push(acme.repository, { branch: 'main', files: Object.fromEntries(off) })
    await world.rest()
    await world.restartBot()
    assert.deepEqual([world.pull(1).state, world.checks(world.pull(1))['lotse/policy']], ['open', 'neutral'])
  })
})

describe('green is what succeeded', () => {
  test('a skipped job alone proves nothing', async () => {
    await using world = await withRelease()
    const ci = world.github.ci(acme.repository)
    await ci.report(world.pull(1).head, { name: 'e2e', conclusion: 'skipped' })
    await world.rest()
    assert.equal(world.pull(1).state, 'open')
    await green(world)
    assert.equal(world.pull(1).state, 'merged')
  })
})

describe('a merge queue', () => {
  test('gets the answer that it waits for, and gets it once', async () => {
    await using world = await startWorld()
    const repository = world.github.repository(acme.repository)
    const sha = world.head('main')
    const payload = {
      action: 'checks_requested',
      merge_group: {
        head_sha: sha,
        head_ref: 'refs/heads/gh-readonly-queue/main/pr-1',
        base_sha: sha,
        base_ref: 'refs/heads/main',
      },
      repository: { id: repository.id },
      installation: { id: [...world.github.state.installations.keys()][0] },
    }
    for (const guid of ['queue-1-0000', 'queue-2-0000']) {
      assert.equal(await world.deliver({ guid, event: 'merge_group', payload }), 202)
      await world.rest()
    }
    const runs = [...repository.checkRuns.values()].filter(({ suite }) => suite.headSha === sha)
    assert.deepEqual(
      runs.map(({ name, conclusion }) => [name, conclusion]),
      [['lotse/policy', 'success']],
    )
  })
})

describe('nothing stays stuck', () => {
  test('a conflict is rebuilt also where a person merges', async () => {
    await using world = await withRelease({ '.github/lotse.yaml': manual })
    const text = await world.file(helm)
    await world.github.person('alice').push(acme.repository, {
      branch: 'main',
      files: { [helm]: text.replace('tag: 1.2.0', 'tag: 1.2.0 # see the notes') },
    })
    await world.rest()
    await world.restartBot()
    await world.github.person('bob').mergePull(acme.repository, 1)
    assert.match(await world.file(helm), /tag: 1\.2\.1 # see the notes/)
  })

  test('one group that cannot be written keeps no other back', async () => {
    const two = 'version: 1\nclusters: { aaa: { path: clusters/aaa }, production: { path: clusters/production } }\n'
    const deployment = `kind: Deployment
metadata: { name: a, annotations: { fluxcd.io/automated: "true", fluxcd.io/tag.a: "semver:~1.2" } }
spec: { template: { spec: { containers: [{ name: a, image: "eu.gcr.io/project/demo-service:1.2.0" }] } } }
`
    await using world = await startWorld({ files: { '.github/lotse.yaml': two, 'clusters/aaa/a.yaml': deployment } })
    // Git cannot hold a branch below another one.
    await world.github
      .person('bob')
      .push(acme.repository, { branch: 'lotse/release/aaa', create: true, files: { a: '' } })
    await world.push('1.2.1')
    await world.rest()
    assert.deepEqual(
      world.pulls().map(({ branch }) => branch),
      ['lotse/release/production/eu.gcr.io+project+demo-service'],
    )
  })

  test('whoever edits the body moves no release under the rules of another cluster', async () => {
    const rules = `version: 1
clusters:
  production: { path: clusters/production, release: { merge: manual } }
  staging: { path: clusters/staging, release: { merge: auto } }
`
    await using world = await withRelease({ '.github/lotse.yaml': rules })
    const body = world.pull(1).body.replace('"cluster":"production"', '"cluster":"staging"')
    assert.notEqual(body, world.pull(1).body)
    await world.github.person('bob').editPull(acme.repository, 1, { body })
    await world.rest()
    await green(world)
    assert.equal(world.pull(1).state, 'open')
    assert.deepEqual(world.checks(world.pull(1)), { 'lotse/policy': 'success', ci: 'success' })
  })

  test('what cannot be withdrawn because the default branch is gone is withdrawn later', async () => {
    const rules = 'version: 1\nclusters: { production: { path: clusters/production } }\nrelease: { group: workload }\n'
    await using world = await withRelease({ '.github/lotse.yaml': rules })
    const branches = world.pulls().map(({ branch }) => branch)
    assert.equal(branches.length, 2)
    const alice = world.github.person('alice')
    let renamed = false
    world.github.faults.onWrite(async ({ method, phase }) => {
      if (renamed || method !== 'PATCH' || phase === 'after') return
      renamed = true
      world.github.faults.loseWebhooks(({ event }) => event === 'repository')
      await alice.push(acme.repository, { branch: 'trunk', create: true, files: { 'README.md': '# Trunk\n' } })
      await world.github.changeDefaultBranch(acme.repository, 'trunk')
      await alice.deleteBranch(acme.repository, 'main')
    })
    await alice.push(acme.repository, { branch: 'main', files: { [helm]: null, [worker]: null } })
    await world.rest()
    assert.ok(renamed)
    await world.restartBot()
    assert.deepEqual(
      branches.map((branch) => world.head(branch)),
      ['', ''],
    )
  })
})
