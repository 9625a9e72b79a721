import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { noCommit } from '../../../../src/sandbox/github/git/refs.ts'
import { closeIssue } from '../../../../src/sandbox/github/operations/issue-state.ts'
import { updatePull } from '../../../../src/sandbox/github/operations/pulls.ts'
import { changeRefs } from '../../../../src/sandbox/github/operations/refs.ts'
import { submitReview } from '../../../../src/sandbox/github/operations/reviews.ts'
import { breakGround, inRepository, tell, type Ground } from './ground.ts'

suite('a pull request', () => {
  test('has the last opinion of each reviewer, and no threads', async (t) => {
    const ground = await breakGround(t)
    const { github, ann, lotse } = ground
    const head = await ground.commit('one', { a: '1' })
    const pull = await ground.openPull(lotse, 'one')
    await submitReview(github, pull, { actor: ann, state: 'APPROVED', body: '' })
    await submitReview(github, pull, { actor: ann, state: 'CHANGES_REQUESTED', body: 'no' })
    await submitReview(github, pull, { actor: ann, state: 'COMMENTED', body: 'well' })
    const author = 'author { __typename login ... on User { databaseId } }'
    const data = await tell(
      ground,
      inRepository(`pullRequest(number: 1) {
        latestOpinionatedReviews(last: 9) { totalCount nodes { state submittedAt commit { oid } ${author} } }
        reviewThreads(first: 9) { totalCount nodes { isResolved } } }`),
    )
    assert.deepEqual(data, {
      repository: {
        pullRequest: {
          latestOpinionatedReviews: {
            totalCount: 1,
            nodes: [
              {
                state: 'CHANGES_REQUESTED',
                submittedAt: '2026-11-22T18:00:00Z',
                commit: { oid: head },
                author: { __typename: 'User', login: 'ann', databaseId: ann.account.id },
              },
            ],
          },
          reviewThreads: { totalCount: 0, nodes: [] },
        },
      },
    })
  })

  test('has as many commits as its base lacks, wherever its base is', async (t) => {
    const ground = await breakGround(t)
    const { github, repository, ann, lotse } = ground
    const start = repository.git.refs.get('refs/heads/main') ?? ''
    await ground.commit('main', { b: '1' })
    const main = await ground.commit('main', { c: '1' })
    const old = { name: 'refs/heads/old', before: noCommit, after: start, force: false }
    await changeRefs(github, { repository, actor: ann }, [old])
    await ground.commit('one', { a: '1' })
    const pull = await ground.openPull(lotse, 'one')
    assert.equal(await commitsOf(ground), 1)
    const rewound = { name: 'refs/heads/main', before: main, after: start, force: true }
    await changeRefs(github, { repository, actor: ann }, [rewound])
    assert.equal(await commitsOf(ground), 3)
    await changeRefs(github, { repository, actor: ann }, [{ ...rewound, before: start, after: main }])
    assert.equal(await commitsOf(ground), 1)
    await updatePull(github, pull, { base: 'old', actor: ann })
    assert.equal(await commitsOf(ground), 3)
  })
})

async function commitsOf(ground: Ground): Promise<unknown> {
  const data = await tell(
    ground,
    inRepository('pullRequest(number: 1) { baseRefName commits(first: 0) { totalCount } }'),
  )
  return Number(/"totalCount":(\d+)/.exec(JSON.stringify(data))?.[1])
}

test('a list of open pull requests loses none when one is closed while it is read', async (t) => {
  const ground = await breakGround(t)
  for (const branch of ['one', 'two', 'three', 'four']) {
    await ground.commit(branch, { [branch]: '1' })
    await ground.openPull(ground.lotse, branch)
  }
  for (const direction of ['ASC', 'DESC']) {
    const page = (after: string): string =>
      inRepository(`pullRequests(states: OPEN, first: 2${after}, orderBy: { field: CREATED_AT, direction: ${direction} }) {
        pageInfo { hasNextPage endCursor } nodes { number } }`)
    const first = JSON.stringify(await tell(ground, page('')))
    const cursor = /"endCursor":"([^"]+)"/.exec(first)?.[1]
    const pull = ground.repository.issues.get(direction === 'ASC' ? 2 : 4)
    assert.ok(pull)
    await closeIssue(ground.github, pull, ground.ann)
    assert.deepEqual(await tell(ground, page(`, after: "${cursor}"`)), {
      repository: {
        pullRequests: {
          pageInfo: { hasNextPage: false, endCursor: cursorOf(direction === 'ASC' ? 4 : 1) },
          nodes: (direction === 'ASC' ? [3, 4] : [1]).map((number) => ({ number })),
        },
      },
    })
  }
})

function cursorOf(number: number): string {
  return Buffer.from(`cursor:2026-11-22T18:00:00Z ${String(number).padStart(9, '0')}`).toString('base64')
}
