import type { Probot } from 'probot'
import { parseComment } from '../core/command/parse.ts'
import { parseDiffCheckName } from '../core/diff/check-name.ts'
import { isReleaseBranch } from '../core/release/group.ts'
import {
  type RepoId,
  parseCommentId,
  parseCommitSha,
  parseInstallationId,
  parsePullNumber,
  parseRepoId,
  parseUserId,
} from '../core/ids.ts'
import { parseRegistryNotification } from '../core/image/registry-notification.ts'
import { guaranteed } from '../core/parsed.ts'
import { keepComment } from '../io/store/comments.ts'
import { doubtPull, forgetDiffResult, pullsOfHead, readDiffPull } from '../io/store/diffs.ts'
import { doubtHead } from '../io/store/repositories.ts'
import { pullOfHead } from '../io/store/releases.ts'
import type { Deps } from './deps.ts'
import { createPushedImages } from './pushed-images.ts'
import { type Pull, formatCommentKey, formatHeadKey, formatPullKey, journeys } from './keys.ts'

/**
 * GitHub's events, each turned into "look at this again". Of a payload only the keys are believed; whatever a journey
 * decides on, it asks GitHub for. The one exception is a comment, which counts as it was created.
 */
export function app(probot: Probot, deps: Deps): void {
  onBranches(probot, deps)
  onPullRequests(probot, deps)
  onChecks(probot, deps)
  onComments(probot, deps)
  onPackages(probot, deps)
  onInstallations(probot, deps)
}

function onBranches(probot: Probot, { database, jobs }: Deps): void {
  probot.on('push', async ({ payload }) => {
    if (payload.ref !== `refs/heads/${payload.repository.default_branch}`) return
    const repository = repositoryOf(payload)
    await doubtHead(database, repository)
    await jobs.ask(journeys.release, `${repository}`)
  })
}

function onPullRequests(probot: Probot, { database, jobs }: Deps): void {
  const lookAgain = async (payload: PullPayload): Promise<void> => {
    await jobs.ask(journeys.automerge, formatPullKey(pullOf(payload)))
  }
  const opened = ['opened', 'reopened', 'synchronize', 'edited', 'ready_for_review', 'converted_to_draft'] as const
  probot.on(
    opened.map((action) => `pull_request.${action}` as const),
    ({ payload }) => lookAgain(payload),
  )
  probot.on(
    ['pull_request.opened', 'pull_request.reopened', 'pull_request.synchronize', 'pull_request.edited'],
    async ({ payload }) => {
      if (payload.action === 'edited' && !Object.hasOwn(payload.changes ?? {}, 'base')) return
      // Where no cluster has an agent there is nothing to ask.
      if (await doubtPull(database, pullOf(payload))) await jobs.ask(journeys.diff, formatPullKey(pullOf(payload)))
    },
  )
  probot.on('pull_request.closed', async ({ payload }) => {
    const pull = pullOf(payload)
    if ((await readDiffPull(database, pull)) === undefined) return
    await doubtPull(database, pull)
    await jobs.ask(journeys.diff, formatPullKey(pull))
  })
  probot.on(
    ['pull_request.closed', 'pull_request_review.submitted', 'pull_request_review.dismissed'],
    async ({ payload }) => {
      if (isReleaseBranch(payload.pull_request.head.ref)) await lookAgain(payload)
    },
  )
}

function onChecks(probot: Probot, { database, jobs, appId }: Deps): void {
  const reported = async (repository: RepoId, sha: string): Promise<void> => {
    const number = await pullOfHead(database, repository, guaranteed(parseCommitSha(sha)))
    if (number !== undefined) await jobs.ask(journeys.automerge, formatPullKey({ repository, number }))
  }
  const askDiffAnew = async (repository: RepoId, run: { readonly name: string; readonly head_sha: string }) => {
    const cluster = parseDiffCheckName(run.name)
    if (cluster === undefined) return
    for (const number of await pullsOfHead(database, repository, guaranteed(parseCommitSha(run.head_sha)))) {
      await forgetDiffResult(database, { repository, number }, cluster)
      // Its author may have another role now.
      await doubtPull(database, { repository, number })
      await jobs.ask(journeys.diff, formatPullKey({ repository, number }))
    }
  }
  // Our own checks come back to us: what we said is no news, but that a person asks for it again is.
  probot.on('check_run', async ({ payload }) => {
    const asked = payload.action === 'rerequested' || payload.action === 'requested_action'
    if (payload.check_run.app?.id === appId && !asked) return
    if (payload.check_run.app?.id === appId) await askDiffAnew(repositoryOf(payload), payload.check_run)
    await reported(repositoryOf(payload), payload.check_run.head_sha)
  })
  probot.on('check_suite.completed', async ({ payload }) => {
    if (payload.check_suite.app.id === appId) return
    await reported(repositoryOf(payload), payload.check_suite.head_sha)
  })
  probot.on('merge_group.checks_requested', async ({ payload }) => {
    if (payload.repository === undefined) return
    const repository = guaranteed(parseRepoId(payload.repository.id))
    const sha = guaranteed(parseCommitSha(payload.merge_group.head_sha))
    await jobs.ask(journeys.mergeGroup, formatHeadKey({ repository, sha }))
  })
  probot.on('status', async ({ payload }) => {
    await reported(repositoryOf(payload), payload.sha)
  })
}

function onComments(probot: Probot, { database, jobs, identity }: Deps): void {
  probot.on('issue_comment.created', async ({ payload, isBot }) => {
    const { comment, issue } = payload
    if (isBot || comment.user === null || payload.installation === undefined) return
    // Most comments are for people: of those nothing is kept.
    const { slug } = await identity(guaranteed(parseInstallationId(payload.installation.id)))
    if (parseComment(comment.body, { slug }).length === 0) return
    const id = guaranteed(parseCommentId(comment.id))
    await keepComment(database, {
      id,
      repository: repositoryOf(payload),
      number: guaranteed(parsePullNumber(issue.number)),
      author: guaranteed(parseUserId(comment.user.id)),
      authorType: comment.user.type ?? 'unknown',
      login: comment.user.login,
      body: comment.body,
      createdAt: comment.created_at,
    })
    await jobs.ask(journeys.chat, formatCommentKey(id))
  })
}

/**
 * Images of GitHub's own registry, as far as a repository of the installation has them: the same hint as a registry
 * sends, only signed. Whether somebody follows the image is asked of the store, so a stranger's package costs nothing.
 */
function onPackages(probot: Probot, deps: Deps): void {
  const pushedImages = createPushedImages(deps)
  probot.on('registry_package', async ({ payload }) => {
    const pushed = parseRegistryNotification(payload, { host: 'ghcr.io' })
    // What we cannot read is no push of an image that anybody could follow.
    if (pushed.ok) await pushedImages(pushed.value)
  })
}

function onInstallations(probot: Probot, { jobs }: Deps): void {
  const changed = async (id: number): Promise<void> => {
    await jobs.ask(journeys.installation, `${guaranteed(parseInstallationId(id))}`)
  }
  probot.on(
    [
      'installation.created',
      'installation.deleted',
      'installation.suspend',
      'installation.unsuspend',
      'installation.new_permissions_accepted',
    ],
    ({ payload }) => changed(payload.installation.id),
  )
  probot.on('installation_repositories', ({ payload }) => changed(payload.installation.id))
  probot.on('repository', async ({ payload }) => {
    if (payload.installation !== undefined) await changed(payload.installation.id)
  })
}

type PullPayload = Parameters<typeof repositoryOf>[0] & { readonly pull_request: { readonly number: number } }

function pullOf(payload: PullPayload): Pull {
  return { repository: repositoryOf(payload), number: guaranteed(parsePullNumber(payload.pull_request.number)) }
}

function repositoryOf(payload: { readonly repository: { readonly id: number } }): RepoId {
  return guaranteed(parseRepoId(payload.repository.id))
}
