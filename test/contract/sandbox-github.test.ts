import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { createAppAuth } from '@octokit/auth-app'
import { Octokit } from '@octokit/rest'
import { parse } from 'yaml'
import { startGitHub, type SandboxGitHub } from '../../src/sandbox/github/github.ts'
import { allRoutes } from '../../src/sandbox/github/routes/all-routes.ts'
import { recordContract, type ContractRecord } from '../support/record-contract.ts'

const owner = 'acme'
const repo = 'gitops'
const repository = { owner, repo }

type Scene = {
  readonly github: SandboxGitHub
  readonly record: ContractRecord
  /** The app by its JWT, the app on its installation, a person. */
  readonly app: Octokit
  readonly bot: Octokit
  readonly ann: Octokit
  readonly as: (token: string) => Octokit
  readonly appId: number
  readonly installation: number
}

suite('the sandbox answers as GitHub describes it', () => {
  test('to an app that looks around', async (t) => {
    const { app, bot, as, installation, record } = await scene(t)
    await app.rest.apps.getAuthenticated()
    await app.rest.apps.listInstallations()
    await app.rest.apps.getInstallation({ installation_id: installation })
    await app.rest.apps.getRepoInstallation(repository)
    const { data: token } = await app.rest.apps.createInstallationAccessToken({
      installation_id: installation,
      repositories: [repo],
      permissions: { contents: 'read' },
    })
    await as(token.token).rest.apps.revokeInstallationAccessToken()
    await bot.rest.apps.listReposAccessibleToInstallation()
    await bot.rest.rateLimit.get()
    await bot.rest.users.getByUsername({ username: 'ann' })
    await bot.rest.users.getByUsername({ username: owner })
    await bot.rest.repos.get(repository)
    await bot.rest.repos.getCollaboratorPermissionLevel({ ...repository, username: 'ann' })
    await bot.rest.repos.getCollaboratorPermissionLevel({ ...repository, username: 'nobody' }).catch(ignore(404))
    await bot.rest.repos.get({ owner, repo: 'none' }).catch(ignore(404))
    await as('wrong').rest.repos.get(repository).catch(ignore(401))
    obeyed(record)
  })

  test('to one that reads and writes git', async (t) => {
    const { bot, record } = await scene(t)
    const { rest } = bot
    await rest.repos.listBranches(repository)
    const { data: branch } = await rest.repos.getBranch({ ...repository, branch: 'main' })
    const base = branch.commit.sha
    await rest.git.getRef({ ...repository, ref: 'heads/main' })
    await rest.git.listMatchingRefs({ ...repository, ref: 'heads/ma' })
    const { data: commit } = await rest.git.getCommit({ ...repository, commit_sha: base })
    await rest.git.getTree({ ...repository, tree_sha: commit.tree.sha, recursive: 'true' })
    const { data: blob } = await rest.git.createBlob({ ...repository, content: 'tag: 1.2.1\n' })
    await rest.git.getBlob({ ...repository, file_sha: blob.sha })
    const { data: tree } = await rest.git.createTree({
      ...repository,
      base_tree: commit.tree.sha,
      tree: [
        { path: 'clusters/staging/app.yaml', mode: '100644', type: 'blob', sha: blob.sha },
        { path: 'README.md', mode: '100644', type: 'blob', sha: null },
      ],
    })
    const { data: made } = await rest.git.createCommit({
      ...repository,
      message: 'Change',
      tree: tree.sha,
      parents: [base],
    })
    await rest.git.createRef({ ...repository, ref: 'refs/heads/work', sha: made.sha })
    await rest.git.createRef({ ...repository, ref: 'refs/heads/work', sha: made.sha }).catch(ignore(422))
    await rest.git.updateRef({ ...repository, ref: 'heads/work', sha: base, force: true })
    await rest.git.updateRef({ ...repository, ref: 'heads/work', sha: made.sha })
    await rest.git.updateRef({ ...repository, ref: 'heads/work', sha: base }).catch(ignore(422))
    await rest.repos.listCommits({ ...repository, sha: 'work' })
    await rest.repos.getCommit({ ...repository, ref: 'work' })
    await rest.repos.compareCommitsWithBasehead({ ...repository, basehead: 'main...work' })
    await rest.git.deleteRef({ ...repository, ref: 'heads/work' })
    await rest.git.getRef({ ...repository, ref: 'heads/work' }).catch(ignore(404))
    obeyed(record)
  })

  test('to one that uses the contents API', async (t) => {
    const { bot, record } = await scene(t)
    const { rest } = bot
    const path = 'notes/today.md'
    await rest.repos.getContent({ ...repository, path: 'clusters' })
    await rest.repos.getContent({ ...repository, path: 'README.md' })
    const content = (text: string): string => Buffer.from(text).toString('base64')
    const { data: first } = await rest.repos.createOrUpdateFileContents({
      ...repository,
      path,
      message: 'Add',
      content: content('1'),
    })
    const sha = first.content?.sha ?? ''
    await rest.repos.createOrUpdateFileContents({ ...repository, path, message: 'Change', content: content('2'), sha })
    await rest.repos
      .createOrUpdateFileContents({ ...repository, path, message: 'Change', content: content('3'), sha })
      .catch(ignore(409))
    const { data: now } = await rest.repos.getContent({ ...repository, path })
    assert.ok(!Array.isArray(now))
    await rest.repos.deleteFile({ ...repository, path, message: 'Remove', sha: now.sha })
    obeyed(record)
  })

  test('to one that opens and merges a pull request', async (t) => {
    const { bot, ann, github, record } = await scene(t)
    const { rest } = bot
    await github
      .person('ann')
      .push('acme/gitops', { branch: 'lotse/x', create: true, files: { 'clusters/staging/app.yaml': 'tag: 1.2.1\n' } })
    const { data: pull } = await rest.pulls.create({
      ...repository,
      title: 'Auto-release',
      head: 'lotse/x',
      base: 'main',
      body: 'why',
    })
    const number = { ...repository, pull_number: pull.number }
    await rest.pulls.create({ ...repository, title: 'Again', head: 'lotse/x', base: 'main' }).catch(ignore(422))
    await rest.pulls.list({ ...repository, state: 'all', head: 'acme:lotse/x' })
    await rest.pulls.get(number)
    await rest.pulls.update({ ...number, title: 'Auto-release demo:1.2.1', body: 'because' })
    await rest.pulls.get({ ...number, mediaType: { format: 'diff' } })
    await rest.pulls.listFiles(number)
    await rest.pulls.listCommits(number)
    await rest.pulls.checkIfMerged(number).catch(ignore(404))
    await ann.rest.pulls.createReview({ ...number, event: 'APPROVE', body: 'fine' })
    await rest.pulls.listReviews(number)
    github.createTeam(owner, 'platform', [`${owner}/${repo}`])
    await rest.pulls.requestReviewers({ ...number, reviewers: ['ben'] }).catch(ignore(422))
    github.createUser('ben')
    github.grant(`${owner}/${repo}`, 'ben', 'read')
    await rest.pulls.requestReviewers({ ...number, reviewers: ['ben'], team_reviewers: ['platform'] })
    await rest.pulls.requestReviewers({ ...number, team_reviewers: ['strangers'] }).catch(ignore(422))
    await github.person('ann').push('acme/gitops', { branch: 'main', files: { other: '1' } })
    await rest.pulls.updateBranch({ ...number, expected_head_sha: pull.head.sha })
    await rest.pulls.merge({ ...number, sha: pull.head.sha }).catch(ignore(409))
    await rest.pulls.merge({ ...number, merge_method: 'squash', commit_title: 'Auto-release' })
    await rest.pulls.merge(number).catch(ignore(405))
    await rest.pulls.checkIfMerged(number)
    await rest.pulls.get(number)
    obeyed(record)
  })

  test('to one that talks', async (t) => {
    const { bot, ann, record } = await scene(t)
    const { rest } = bot
    const { data: issue } = await rest.issues.create({
      ...repository,
      title: 'Dashboard',
      body: 'all',
      labels: ['lotse'],
    })
    const number = { ...repository, issue_number: issue.number }
    await rest.issues.get(number)
    await rest.issues.listForRepo({ ...repository, state: 'all' })
    const { data: comment } = await ann.rest.issues.createComment({ ...number, body: '/lotse help' })
    const id = { ...repository, comment_id: comment.id }
    await rest.issues.getComment(id)
    await ann.rest.issues.updateComment({ ...id, body: '/lotse why' })
    await rest.issues.listComments(number)
    await rest.issues.listCommentsForRepo(repository)
    const { data: reaction } = await rest.reactions.createForIssueComment({ ...id, content: 'eyes' })
    await rest.reactions.createForIssueComment({ ...id, content: 'eyes' })
    await rest.reactions.listForIssueComment(id)
    await rest.reactions.deleteForIssueComment({ ...id, reaction_id: reaction.id })
    await rest.reactions.createForIssue({ ...number, content: 'rocket' })
    await rest.reactions.listForIssue(number)
    await ann.rest.issues.deleteComment(id)
    await rest.issues.listLabelsForRepo(repository)
    await rest.issues.createLabel({ ...repository, name: 'held', color: 'ff0000', description: 'not now' })
    await rest.issues.createLabel({ ...repository, name: 'held', color: 'ff0000' }).catch(ignore(422))
    await rest.issues.getLabel({ ...repository, name: 'held' })
    await rest.issues.updateLabel({ ...repository, name: 'held', new_name: 'kept', color: '00ff00', description: 'so' })
    await rest.issues.deleteLabel({ ...repository, name: 'kept' })
    await rest.issues.addLabels({ ...number, labels: ['held'] })
    await rest.issues.listLabelsOnIssue(number)
    await rest.issues.removeLabel({ ...number, name: 'held' })
    await rest.issues.setLabels({ ...number, labels: ['a', 'b'] })
    await rest.issues.removeAllLabels(number)
    await rest.issues.update({ ...number, title: 'Board', state: 'closed', state_reason: 'not_planned' })
    await rest.issues.update({ ...number, state: 'open' })
    obeyed(record)
  })

  test('to one that checks', async (t) => {
    const { bot, github, record } = await scene(t)
    const { rest } = bot
    const { data: branch } = await rest.repos.getBranch({ ...repository, branch: 'main' })
    const ref = branch.commit.sha
    const { data: run } = await rest.checks.create({
      ...repository,
      name: 'lotse/policy',
      head_sha: ref,
      status: 'in_progress',
      external_id: 'x',
    })
    await rest.checks.update({
      ...repository,
      check_run_id: run.id,
      status: 'completed',
      conclusion: 'success',
      output: {
        title: 'fine',
        summary: 'all rules hold',
        annotations: [{ path: 'README.md', start_line: 1, end_line: 1, annotation_level: 'notice', message: 'here' }],
      },
      actions: [{ label: 'Again', description: 'Look again', identifier: 'again' }],
    })
    await rest.checks.get({ ...repository, check_run_id: run.id })
    await rest.checks.listForRef({ ...repository, ref })
    await rest.checks.listSuitesForRef({ ...repository, ref })
    await rest.checks.getSuite({ ...repository, check_suite_id: run.check_suite?.id ?? 0 })
    await rest.checks.listAnnotations({ ...repository, check_run_id: run.id })
    await rest.checks.listForSuite({ ...repository, check_suite_id: run.check_suite?.id ?? 0 })
    await github.ci('acme/gitops').report(ref, { name: 'ci', conclusion: 'failure' })
    await github.ci('acme/gitops').status(ref, { context: 'legacy', state: 'success' })
    await rest.repos.createCommitStatus({
      ...repository,
      sha: ref,
      state: 'pending',
      context: 'lotse',
      description: 'waits',
    })
    await rest.repos.getCombinedStatusForRef({ ...repository, ref })
    await rest.repos.listCommitStatusesForRef({ ...repository, ref })
    github.addRuleset('acme/gitops', {
      branch: 'main',
      requiredChecks: [{ context: 'ci' }],
      requiredApprovals: 1,
      linearHistory: true,
      blockForcePushes: true,
      blockDeletions: true,
      strict: true,
    })
    await rest.repos.getBranchRules({ ...repository, branch: 'main' })
    const { data: rulesets } = await rest.repos.getRepoRulesets(repository)
    await rest.repos.getRepoRuleset({ ...repository, ruleset_id: rulesets[0]?.id ?? 0 })
    obeyed(record)
  })

  test('to one that says what runs', async (t) => {
    const { bot, github, record } = await scene(t)
    const { rest } = bot
    const wanted = { ...repository, ref: 'main', environment: 'staging', task: 'lotse', payload: { sync: 1 } }
    const { data: deployment } = await rest.repos.createDeployment(wanted)
    assert.ok('id' in deployment)
    const id = { ...repository, deployment_id: deployment.id }
    await rest.repos.createDeployment({ ...repository, ref: 'none' }).catch(ignore(422))
    await github.ci('acme/gitops').report(deployment.sha, { name: 'ci', conclusion: 'failure' })
    await rest.repos.createDeployment(wanted).catch(ignore(409))
    await rest.repos.createDeploymentStatus({ ...id, state: 'in_progress' })
    await rest.repos.createDeploymentStatus({
      ...id,
      state: 'success',
      description: 'in sync',
      log_url: 'https://lotse.example.org/syncs/1',
      environment_url: 'https://staging.example.org',
    })
    await rest.repos
      .createDeploymentStatus({ ...id, state: 'success', description: 'x'.repeat(141) })
      .catch(ignore(422))
    await rest.repos.getDeployment(id)
    await rest.repos.getDeployment({ ...repository, deployment_id: 1 }).catch(ignore(404))
    await rest.repos.listDeployments({ ...repository, environment: 'staging' })
    await rest.repos.listDeploymentStatuses(id)
    obeyed(record)
  })
})

suite('the sandbox tells apps what happens as GitHub describes it', () => {
  test('when people work', async (t) => {
    const { github, record } = await scene(t)
    const name = `${owner}/${repo}`
    const ann = github.person('ann')
    await ann.push(name, { branch: 'x', create: true, files: { a: '1' } })
    const { issue } = await ann.openPull(name, { head: 'x', title: 'Change', body: 'why' })
    const { number } = issue
    await ann.push(name, { branch: 'x', files: { a: '2' } })
    const comment = await ann.comment(name, number, 'hello')
    await ann.editComment(name, comment.id, 'hello again')
    await ann.deleteComment(name, comment.id)
    await ann.label(name, number, 'held')
    await ann.unlabel(name, number, 'held')
    await ann.setDraft(name, number, true)
    await ann.setDraft(name, number, false)
    await ann.editPull(name, number, { title: 'Better', body: 'because' })
    await ann.closePull(name, number)
    await ann.reopenPull(name, number)
    await ann.review(name, number, { state: 'COMMENTED', body: 'hm' })
    github.createUser('ben')
    await github.person('ben').review(name, number, { state: 'APPROVED' })
    await ann.dismissReview(name, number, 'ben')
    await ann.mergePull(name, number)
    await ann.moveBranch(name, 'kept', await ann.push(name, { branch: 'main', files: { a: '3' } }))
    await ann.deleteBranch(name, 'x')
    await github.changeDefaultBranch(name, 'kept')
    await github.archiveRepository(name)
    await github.unarchiveRepository(name)
    await github.renameRepository(name, 'renamed')
    await github.settled()
    obeyed(record)
  })

  test('to an app that is installed, suspended and taken away', async (t) => {
    const { github, app, appId, installation, record } = await scene(t)
    await github.createRepository(`${owner}/other`)
    await github.suspend(installation)
    await github.unsuspend(installation)
    await github.uninstall(installation)
    const second = await github.install(appId, owner, { repositories: [`${owner}/${repo}`] })
    await github.changeRepositories(second, { add: [`${owner}/other`] })
    await github.changeRepositories(second, { remove: [`${owner}/other`] })
    await github.settled()
    const { data: deliveries } = await app.rest.apps.listWebhookDeliveries()
    const id = { delivery_id: deliveries[0]?.id ?? 0 }
    await app.rest.apps.getWebhookDelivery(id)
    await app.rest.apps.redeliverWebhookDelivery(id)
    await github.settled()
    obeyed(record)
  })
})

test('every route of the sandbox was asked, and every event heard', () => {
  const asked = new Set([...seen].map((each) => each.replace(/ [0-9]{3}$/, '')))
  const missed = [
    ...allRoutes.map(({ method, path }) => `${method} ${path}`),
    ...events.map((event) => `webhook ${event}`),
  ].filter((name) => !asked.has(name))
  assert.deepEqual(missed, [])
})

const { default_permissions: permissions, default_events: subscribed } = parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'app.yml'), 'utf8'),
) as { readonly default_permissions: Record<string, string>; readonly default_events: readonly string[] }

/** What the sandbox sends at all; the app as it is registered does not hear of all of it. */
const events = [
  'check_run',
  'check_suite',
  'create',
  'delete',
  'issue_comment',
  'issues',
  'label',
  'pull_request',
  'pull_request_review',
  'push',
  'repository',
  'status',
]

async function scene(t: TestContext): Promise<Scene> {
  const receiver = await startReceiver()
  const github = await startGitHub()
  t.after(async () => {
    await github.close()
    receiver.closeAllConnections()
    receiver.close()
  })
  const { port } = receiver.address() as AddressInfo
  const record = recordContract(github)
  const client = (options: object): Octokit => new Octokit({ baseUrl: github.apiUrl, log: silent, ...options })
  github.createOrganization(owner)
  const { token } = github.createUser('ann')
  github.createUser('nobody')
  const { appId, privateKey } = github.registerApp(
    {
      name: 'Lotse',
      default_permissions: { ...permissions, statuses: 'write' },
      default_events: [...new Set([...subscribed, ...events])],
    },
    { webhookUrl: `http://127.0.0.1:${port}/`, webhookSecret: 'a secret of the test' },
  )
  await github.createRepository(`${owner}/${repo}`, {
    files: { 'README.md': '# gitops\n', 'clusters/staging/app.yaml': 'tag: 1.2.0\n' },
  })
  github.grant(`${owner}/${repo}`, 'ann', 'admin')
  const installation = await github.install(appId, owner)
  const app = client({ authStrategy: createAppAuth, auth: { appId, privateKey } })
  const minted = await app.rest.apps.createInstallationAccessToken({ installation_id: installation })
  const as = (auth: string): Octokit => client({ auth })
  return { github, record, app, bot: as(minted.data.token), ann: as(token), as, appId, installation }
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

async function startReceiver(): Promise<Server> {
  const receiver = createServer((incoming, outgoing) => {
    incoming.resume()
    outgoing.writeHead(202).end()
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  return receiver
}

const seen = new Set<string>()

function obeyed(record: ContractRecord): void {
  record.seen().forEach((each) => seen.add(each))
  assert.deepEqual(record.violations(), [])
}

/** What is refused on purpose, to see GitHub's form of refusals. */
function ignore(status: number): (error: unknown) => void {
  return (error) => assert.ok(error instanceof Error && 'status' in error && error.status === status, String(error))
}
