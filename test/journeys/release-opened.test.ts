import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { acmeFiles } from '../../src/sandbox/acme.ts'
import { type World, acme, startWorld } from '../support/world.ts'

const configuration = (more: string): Record<string, string> => ({
  '.github/lotse.yaml': `${acmeFiles['.github/lotse.yaml'] ?? ''}pull-requests: ${more}\n`,
})

describe('labels and reviewers', () => {
  test('are given to a pull request when it is opened, with one call for each', async () => {
    const files = configuration('{ labels: [release, lotse], reviewers: [alice, "team:platform"] }')
    await using world = await startWorld({ files })
    world.github.createTeam('acme', 'platform', [acme.repository])
    world.github.requests.reset()
    await world.push('1.2.1')
    await world.rest()
    assert.deepEqual(given(world, 1), { labels: ['release', 'lotse'], reviewers: ['alice', 'team:platform'] })
    const asked = world.github.requests.all.filter(({ route }) => !route.includes('access_tokens'))
    assert.ok(asked.length <= 9, JSON.stringify(world.github.requests.byRoute(), undefined, 2))
  })

  test('are not given again once somebody has taken them away', async () => {
    await using world = await startWorld({ files: configuration('{ labels: [release], reviewers: [alice] }') })
    await world.push('1.2.1')
    await world.rest()
    await world.github.person('bob').unlabel(acme.repository, 1, 'release')
    await world.push('1.2.2')
    await world.rest()
    await world.restartBot()
    assert.equal(world.pull(1).title, 'Auto-release eu.gcr.io/project/demo-service:1.2.2')
    assert.deepEqual(given(world, 1).labels, [])
  })

  test('are not given to a pull request that was open before they were configured', async () => {
    await using world = await startWorld()
    await world.push('1.2.1')
    await world.rest()
    const files = configuration('{ labels: [release] }')
    await world.github.person('alice').push(acme.repository, { branch: 'main', files, message: 'Label' })
    await world.push('1.2.2')
    await world.rest()
    assert.deepEqual(given(world, 1).labels, [])
  })

  test('that GitHub refuses are told in the pull request, and the others are asked all the same', async () => {
    const files = configuration('{ reviewers: [alice, stranger, "team:platform"] }')
    await using world = await startWorld({ files })
    await world.push('1.2.1')
    await world.rest()
    assert.deepEqual(given(world, 1).reviewers, ['alice'])
    const notes = world
      .pull(1)
      .body.split('\n')
      .filter((line) => line.startsWith('> '))
    assert.deepEqual(
      notes.map((note) => note.replace(/collaborators\..*/, 'collaborators.')),
      [
        '> Not asked for a review: `stranger`: Reviews may only be requested from collaborators.',
        '> Not asked for a review: `team:platform`: Reviews may only be requested from collaborators.',
      ],
    )
    assert.deepEqual(world.checks(world.pull(1)), { 'lotse/policy': 'in_progress' })
    await world.push('1.2.2')
    await world.rest()
    assert.equal(
      world
        .pull(1)
        .body.split('\n')
        .filter((line) => line.startsWith('> ')).length,
      2,
    )
  })

  for (const status of [403, 422]) {
    test(`that GitHub refuses with ${status} leave the pull request as it is`, async () => {
      await using world = await startWorld({ files: configuration('{ labels: [release], reviewers: [alice] }') })
      world.github.faults.refuse('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', status, 99)
      world.github.faults.refuse('POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers', status, 99)
      await world.push('1.2.1')
      await world.rest()
      const { body } = world.pull(1)
      assert.match(body, /> GitHub did not take the label `release`: Server Error/)
      assert.match(body, /> Not asked for a review: `alice`: Server Error/)
      assert.deepEqual(world.checks(world.pull(1)), { 'lotse/policy': 'in_progress' })
    })
  }

  test('that GitHub cannot take now leave the pull request its place, and are given later', async () => {
    const clusters = 'version: 1\nclusters: { production: { path: clusters/production } }\n'
    const rules = 'release: { group: workload, max-open: 1 }\npull-requests: { labels: [release] }\n'
    await using world = await startWorld({ files: { '.github/lotse.yaml': `${clusters}${rules}` } })
    world.github.faults.refuse('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', 409)
    await world.push('1.2.1')
    await world.rest()
    assert.equal(world.pulls().length, 1)
    assert.deepEqual(given(world, 1).labels, ['release'])
  })
})

function given({ github }: World, number: number): { labels: readonly string[]; reviewers: readonly string[] } {
  const issue = github.repository(acme.repository).issues.get(number)
  return {
    labels: issue?.labels.map(({ name }) => name) ?? [],
    reviewers: [
      ...(issue?.pull?.requestedReviewers.map(({ login }) => login) ?? []),
      ...(issue?.pull?.requestedTeams.map(({ slug }) => `team:${slug}`) ?? []),
    ],
  }
}
