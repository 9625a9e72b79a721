import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { Probot } from 'probot'
import { app } from '../../src/bot/app.ts'
import {
  parseBranchName,
  parseClusterName,
  parseCommentId,
  parseCommitSha,
  parsePullNumber,
  parseRepoId,
  parseRepoName,
  parseTreeSha,
} from '../../src/core/ids.ts'
import { parseImageName } from '../../src/core/image/ref.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { readComment } from '../../src/io/store/comments.ts'
import { keepRelease } from '../../src/io/store/releases.ts'
import { keepRepositoryReading, knowRepository, readRepository } from '../../src/io/store/repositories.ts'
import { silentLogger } from '../../src/runtime/log.ts'
import { openTestDatabase } from '../io/store/test-database.ts'
import { asked, clear, installation, testDeps, testSettings, webhookSecret } from './ground.ts'

const settings = testSettings()
const database = await openTestDatabase()
const deps = await testDeps(database, settings)
const probot = new Probot({
  appId: settings.github.appId,
  privateKey: settings.github.privateKey.reveal(),
  secret: webhookSecret,
  log: silentLogger,
})
app(probot, deps)
after(async () => deps.jobs.stop())

const repository = guaranteed(parseRepoId(11))
const releaseBranch = guaranteed(parseBranchName('lotse/release/production/eu.gcr.io+project+demo-service'))
const releaseHead = 'c'.repeat(40)

beforeEach(async () => {
  await clear(deps)
  const name = guaranteed(parseRepoName('acme/gitops'))
  const defaultBranch = guaranteed(parseBranchName('main'))
  const head = guaranteed(parseCommitSha('b'.repeat(40)))
  await knowRepository(database, { id: repository, installation, name, defaultBranch, archived: false })
  await keepRepositoryReading(database, repository, { head, doubts: 0, configuration: undefined, files: [] })
  const cluster = guaranteed(parseClusterName('production'))
  const image = guaranteed(parseImageName('eu.gcr.io/project/demo-service'))
  await keepRelease(database, repository, {
    group: { branch: releaseBranch, cluster, of: { kind: 'image', image }, changes: [] },
    written: {
      head: guaranteed(parseCommitSha(releaseHead)),
      parent: head,
      tree: guaranteed(parseTreeSha('d'.repeat(40))),
    },
    pull: guaranteed(parsePullNumber(3)),
    open: true,
    editedAt: undefined,
    next: undefined,
    held: undefined,
    opening: undefined,
    text: undefined,
    problem: undefined,
    doubts: 0,
    plannedAt: head,
    settledAt: head,
  })
})

type Payload = Readonly<Record<string, unknown>>

/** What GitHub sends with every event; a key that is undefined is not there. */
const envelope: Payload = {
  repository: { id: repository, default_branch: 'main', full_name: 'acme/gitops' },
  installation: { id: installation },
  sender: { id: 7, login: 'bob', type: 'User' },
}
const bySomeBot = { sender: { id: 8, login: 'ci[bot]', type: 'Bot' } }

async function receive(event: string, payload: unknown): Promise<void> {
  await probot.receive({ id: 'a-delivery', name: event, payload } as Parameters<Probot['receive']>[0])
}

function pull(action: string, { branch = 'topic', fork = false } = {}): Payload {
  return { action, pull_request: { number: 3, head: { ref: branch, repo: { id: fork ? 99 : repository, fork } } } }
}

const ciApp = 15368

function checkRun(action: string, { app = ciApp, sha = releaseHead } = {}): Payload {
  return { action, check_run: { name: 'lotse/policy', head_sha: sha, app: { id: app } } }
}

function checkSuite(action: string, { app = ciApp } = {}): Payload {
  return { action, check_suite: { head_sha: releaseHead, app: { id: app } } }
}

const createdAt = '2026-11-22T10:00:00Z'

function comment(body: string, { action = 'created', type = 'User' } = {}): Payload {
  return {
    action,
    issue: { number: 3 },
    comment: { id: 99, body, user: { id: 7, login: 'bob', type }, created_at: createdAt },
    sender: { id: 7, login: 'bob', type },
  }
}

describe('of the events of GitHub', () => {
  const automerge = [`automerge ${repository}#3`]
  const read = [`installation ${installation}`]
  const rows: readonly (readonly [name: string, event: string, payload: Payload, jobs: readonly string[]])[] = [
    ['a push to the default branch plans', 'push', { ref: 'refs/heads/main' }, [`release ${repository}`]],
    ['a push to another branch is ignored', 'push', { ref: 'refs/heads/topic' }, []],
    ['a push to a branch that ends alike is ignored', 'push', { ref: 'refs/heads/x/main' }, []],
    ['a tag with the name of the default branch is ignored', 'push', { ref: 'refs/tags/main' }, []],
    [
      'a push to a default branch with a slash plans',
      'push',
      { ref: 'refs/heads/env/live', repository: { id: repository, default_branch: 'env/live' } },
      [`release ${repository}`],
    ],

    ...['opened', 'reopened', 'synchronize', 'edited', 'ready_for_review', 'converted_to_draft'].flatMap(
      (action) =>
        [
          [`a pull request ${action} is looked at`, 'pull_request', pull(action), automerge],
          [
            `a pull request ${action} from a fork is looked at`,
            'pull_request',
            pull(action, { fork: true }),
            automerge,
          ],
        ] as const,
    ),
    ...['labeled', 'assigned', 'review_requested', 'locked'].map(
      (action) => [`a pull request ${action} is ignored`, 'pull_request', pull(action), []] as const,
    ),
    ['a release that is closed is looked at', 'pull_request', pull('closed', { branch: releaseBranch }), automerge],
    ['another pull request that is closed is ignored', 'pull_request', pull('closed'), []],
    ...['submitted', 'dismissed'].flatMap(
      (action) =>
        [
          [
            `a review of a release ${action} is looked at`,
            'pull_request_review',
            pull(action, { branch: releaseBranch }),
            automerge,
          ],
          [`a review of another pull request ${action} is ignored`, 'pull_request_review', pull(action), []],
        ] as const,
    ),
    ['a review that is edited is ignored', 'pull_request_review', pull('edited', { branch: releaseBranch }), []],

    ['a check run on a release is looked at', 'check_run', { ...checkRun('completed'), ...bySomeBot }, automerge],
    ['a check run that begins is looked at', 'check_run', { ...checkRun('created'), ...bySomeBot }, automerge],
    [
      'a check run on another commit is ignored',
      'check_run',
      { ...checkRun('completed', { sha: 'e'.repeat(40) }), ...bySomeBot },
      [],
    ],
    ['our own check run is ignored', 'check_run', { ...checkRun('completed', { app: deps.appId }), ...bySomeBot }, []],
    [
      'our own check run that a person runs again is looked at',
      'check_run',
      checkRun('rerequested', { app: deps.appId }),
      automerge,
    ],
    ['a check suite that completes is looked at', 'check_suite', checkSuite('completed'), automerge],
    ['our own check suite is ignored', 'check_suite', checkSuite('completed', { app: deps.appId }), []],
    ['a check suite that is asked for is ignored', 'check_suite', checkSuite('requested'), []],
    ['a status on a release is looked at', 'status', { sha: releaseHead }, automerge],
    ['a status on another commit is ignored', 'status', { sha: 'e'.repeat(40) }, []],

    [
      'a merge group is answered',
      'merge_group',
      { action: 'checks_requested', merge_group: { head_sha: releaseHead } },
      [`merge-group ${repository}@${releaseHead}`],
    ],
    [
      'a merge group that is gone is ignored',
      'merge_group',
      { action: 'destroyed', merge_group: { head_sha: releaseHead } },
      [],
    ],

    ['a command is answered', 'issue_comment', comment('/lotse why'), ['chat 99']],
    ['a command to the app by name is answered', 'issue_comment', comment('@lotse why'), ['chat 99']],
    ['what is not understood is answered', 'issue_comment', comment('/lotse wy'), ['chat 99']],
    ['a comment for people is ignored', 'issue_comment', comment('why, lotse?'), []],
    ['a command in a quote is ignored', 'issue_comment', comment('> /lotse why'), []],
    ['a command of a bot is ignored', 'issue_comment', comment('/lotse why', { type: 'Bot' }), []],
    ['a command that is edited in is ignored', 'issue_comment', comment('/lotse why', { action: 'edited' }), []],
    ['a command that is deleted is ignored', 'issue_comment', comment('/lotse why', { action: 'deleted' }), []],
    [
      'a command of somebody who is gone is ignored',
      'issue_comment',
      { ...comment('/lotse why'), comment: { id: 99, body: '/lotse why', user: null, created_at: createdAt } },
      [],
    ],
    [
      'a command that comes without an installation is ignored',
      'issue_comment',
      { ...comment('/lotse why'), installation: undefined },
      [],
    ],

    ...['created', 'deleted', 'suspend', 'unsuspend', 'new_permissions_accepted'].map(
      (action) => [`an installation ${action} is read`, 'installation', { action }, read] as const,
    ),
    ...['added', 'removed'].map(
      (action) => [`repositories ${action} are read`, 'installation_repositories', { action }, read] as const,
    ),
    ...['renamed', 'archived', 'unarchived', 'edited', 'transferred', 'deleted'].map(
      (action) => [`a repository ${action} is read`, 'repository', { action }, read] as const,
    ),
    ['a repository of nobody is ignored', 'repository', { action: 'renamed', installation: undefined }, []],

    ['an issue is ignored', 'issues', { action: 'opened', issue: { number: 3 } }, []],
    ['a ping is ignored', 'ping', { zen: 'Keep it logically awesome' }, []],
    ['an event of the future is ignored', 'sub_issues_of_tomorrow', { action: 'created' }, []],
  ]
  for (const [name, event, payload, jobs] of rows) {
    test(name, async () => {
      await receive(event, { ...envelope, ...payload })
      assert.deepEqual(await asked(deps), jobs)
    })
  }

  test('a push to the default branch puts what was read in doubt', async () => {
    assert.equal((await readRepository(database, repository))?.headIsCurrent, true)
    await receive('push', { ...envelope, ref: 'refs/heads/main' })
    assert.equal((await readRepository(database, repository))?.headIsCurrent, false)
  })

  test('a comment counts as it was created, whatever comes later', async () => {
    await receive('issue_comment', { ...envelope, ...comment('/lotse why') })
    await receive('issue_comment', { ...envelope, ...comment('/lotse help') })
    assert.deepEqual(await readComment(database, guaranteed(parseCommentId(99))), {
      id: 99,
      repository,
      number: 3,
      author: 7,
      authorType: 'User',
      login: 'bob',
      body: '/lotse why',
      createdAt,
    })
  })
})
