import { notFound, unprocessable, validationFailed } from '../api-error.ts'
import { readCommit } from '../git/commit.ts'
import { diffText } from '../git/diff.ts'
import { bytes, json, noContent, type Answer } from '../http/answer.ts'
import { pageOf } from '../http/pages.ts'
import { type RepositoryRequest, type Route } from '../http/router.ts'
import { pullsOf } from '../lookup.ts'
import { refuseLongBody } from '../operations/issues.ts'
import { mergePull, updateBranch } from '../operations/merge.ts'
import { pullCommits, pullFiles, pullStart } from '../operations/mergeability.ts'
import { createPull, updatePull } from '../operations/pulls.ts'
import { requestReviewers } from '../operations/review-requests.ts'
import { submitReview } from '../operations/reviews.ts'
import { renderCommit, renderFile } from '../render/commit.ts'
import { pullUrl, renderPull, renderPullSimple, renderReview } from '../render/pull.ts'
import { type Pull } from '../state.ts'
import { actorFrom, onRepository, pullFrom } from './find.ts'

export const pullRoutes: readonly Route[] = [
  { method: 'GET', path: '/repos/{owner}/{repo}/pulls', handle: onRepository(listPulls) },
  { method: 'POST', path: '/repos/{owner}/{repo}/pulls', handle: onRepository(create) },
  { method: 'GET', path: '/repos/{owner}/{repo}/pulls/{pull_number}', handle: onRepository(getPull) },
  { method: 'PATCH', path: '/repos/{owner}/{repo}/pulls/{pull_number}', handle: onRepository(update) },
  { method: 'GET', path: '/repos/{owner}/{repo}/pulls/{pull_number}/files', handle: onRepository(listFiles) },
  { method: 'GET', path: '/repos/{owner}/{repo}/pulls/{pull_number}/commits', handle: onRepository(listPullCommits) },
  { method: 'GET', path: '/repos/{owner}/{repo}/pulls/{pull_number}/merge', handle: onRepository(checkMerged) },
  { method: 'PUT', path: '/repos/{owner}/{repo}/pulls/{pull_number}/merge', handle: onRepository(merge) },
  { method: 'PUT', path: '/repos/{owner}/{repo}/pulls/{pull_number}/update-branch', handle: onRepository(updateHead) },
  { method: 'GET', path: '/repos/{owner}/{repo}/pulls/{pull_number}/reviews', handle: onRepository(listReviews) },
  { method: 'POST', path: '/repos/{owner}/{repo}/pulls/{pull_number}/reviews', handle: onRepository(createReview) },
  {
    method: 'POST',
    path: '/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers',
    handle: onRepository(askForReview),
  },
]

async function listPulls(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, query } = request
  const state = query.get('state') ?? 'open'
  const head = query.get('head')
  const base = query.get('base')
  const chosen = pullsOf(repository).filter(
    (pull) =>
      (state === 'all' || pull.issue.state === state) &&
      (base === null || pull.base.ref === base) &&
      (head === null || isFrom(pull, head)),
  )
  const { items, headers } = pageOf(request, sorted(chosen, query))
  return json(
    items.map((pull) => renderPullSimple(github, pull)),
    200,
    headers,
  )
}

/** `owner:branch`, of a fork or of this repository; a head without an owner filters nothing, which is GitHub's own surprise. */
function isFrom({ head }: Pull, wanted: string): boolean {
  const colon = wanted.indexOf(':')
  if (colon === -1) return true
  // Of a fork that is gone nobody knows any more whose it was.
  const owner = head.repository?.owner.login.toLowerCase()
  return owner === wanted.slice(0, colon).toLowerCase() && head.ref === wanted.slice(colon + 1)
}

/** Newest first unless asked otherwise; `updated` and `created` sort by time, the rest as GitHub's default. */
function sorted(pulls: readonly Pull[], query: URLSearchParams): readonly Pull[] {
  const sort = query.get('sort') ?? 'created'
  const descending = (query.get('direction') ?? (sort === 'created' ? 'desc' : 'asc')) === 'desc'
  const key = ({ issue }: Pull): string => (sort === 'updated' ? issue.updatedAt : issue.createdAt)
  const ascending = pulls.toSorted(
    (one, other) => key(one).localeCompare(key(other)) || one.issue.number - other.issue.number,
  )
  return descending ? ascending.toReversed() : ascending
}

async function create(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, fields } = request
  if (fields.has('issue')) throw unprocessable('sandbox does not turn issues into pull requests')
  const body = fields.nullableText('body') ?? null
  refuseLongBody('PullRequest', body)
  const title = fields.text('title')
  if (title.trim() === '') throw validationFailed({ resource: 'PullRequest', field: 'title', code: 'missing_field' })
  const pull = await createPull(
    github,
    { repository, actor: actorFrom(request) },
    {
      title,
      body,
      head: fields.text('head'),
      base: fields.text('base').replace(/^refs\/heads\//, ''),
      draft: fields.optionalFlag('draft') ?? false,
      maintainerCanModify: fields.optionalFlag('maintainer_can_modify') ?? true,
    },
  )
  return json(await renderPull(github, pull), 201, { Location: pullUrl(github, pull) })
}

async function getPull(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, headers } = request
  const pull = pullFrom(request)
  const accept = headers['accept'] ?? ''
  if (!/\.(diff|patch)/.test(accept)) return json(await renderPull(github, pull))
  const text = await diffText(repository.git.path, await pullStart(pull), pull.head.sha)
  return bytes('application/vnd.github.diff; charset=utf-8', text)
}

async function update(request: RepositoryRequest): Promise<Answer> {
  const { github, fields } = request
  const pull = pullFrom(request)
  const title = fields.optionalText('title')
  const body = fields.nullableText('body')
  const state = fields.oneOf('state', ['open', 'closed'])
  const base = fields.optionalText('base')
  refuseLongBody('PullRequest', body)
  await updatePull(github, pull, {
    actor: actorFrom(request),
    ...(title === undefined ? {} : { title }),
    ...(body === undefined ? {} : { body }),
    ...(state === undefined ? {} : { state }),
    ...(base === undefined ? {} : { base }),
  })
  return json(await renderPull(github, pull))
}

/** GitHub lists no more. */
const mostFiles = 3000

async function listFiles(request: RepositoryRequest): Promise<Answer> {
  const { github, repository } = request
  const pull = pullFrom(request)
  const { items, headers } = pageOf(request, (await pullFiles(pull)).slice(0, mostFiles))
  return json(
    items.map((file) => renderFile(github, { repository, sha: pull.head.sha }, file)),
    200,
    headers,
  )
}

async function listPullCommits(request: RepositoryRequest): Promise<Answer> {
  const { github, repository } = request
  const { items, headers } = pageOf(request, (await pullCommits(pullFrom(request))).slice(0, 250))
  const commits = await Promise.all(items.map((sha) => readCommit(repository.git.objects, sha)))
  const found = commits.filter((commit) => commit !== undefined)
  return json(
    found.map((commit) => renderCommit(github, repository, commit)),
    200,
    headers,
  )
}

async function checkMerged(request: RepositoryRequest): Promise<Answer> {
  if (pullFrom(request).merged === undefined) throw notFound()
  return noContent
}

async function merge(request: RepositoryRequest): Promise<Answer> {
  const { github, fields } = request
  const pull = pullFrom(request)
  const method = fields.oneOf('merge_method', ['merge', 'squash', 'rebase'])
  const expected = fields.optionalText('sha')
  const title = fields.optionalText('commit_title')
  const message = fields.optionalText('commit_message')
  const sha = await mergePull(github, pull, {
    actor: actorFrom(request),
    method: method ?? 'merge',
    ...(expected === undefined ? {} : { sha: expected }),
    ...(title === undefined ? {} : { title }),
    ...(message === undefined ? {} : { message }),
  })
  return json({ sha, merged: true, message: 'Pull Request successfully merged' })
}

async function updateHead(request: RepositoryRequest): Promise<Answer> {
  const { github, fields } = request
  const pull = pullFrom(request)
  const expectedHead = fields.optionalText('expected_head_sha')
  await updateBranch(github, pull, { actor: actorFrom(request), expectedHead })
  return json({ message: 'Updating pull request branch.', url: pullUrl(github, pull) }, 202)
}

async function listReviews(request: RepositoryRequest): Promise<Answer> {
  const { items, headers } = pageOf(request, pullFrom(request).reviews)
  return json(
    items.map((review) => renderReview(request.github, review)),
    200,
    headers,
  )
}

const reviewStates = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', COMMENT: 'COMMENTED' } as const

async function createReview(request: RepositoryRequest): Promise<Answer> {
  const { github, fields } = request
  const event = fields.oneOf('event', ['APPROVE', 'REQUEST_CHANGES', 'COMMENT'])
  if (event === undefined) throw unprocessable('sandbox keeps no pending reviews: an event is needed')
  const review = await submitReview(github, pullFrom(request), {
    actor: actorFrom(request),
    state: reviewStates[event],
    body: fields.optionalText('body') ?? '',
  })
  return json(renderReview(github, review))
}

async function askForReview(request: RepositoryRequest): Promise<Answer> {
  const { github, fields } = request
  const pull = pullFrom(request)
  const names = (field: string): readonly string[] =>
    (fields.optionalList(field) ?? []).filter((name) => typeof name === 'string')
  const wanted = { users: names('reviewers'), teams: names('team_reviewers') }
  await requestReviewers(github, pull, { ...wanted, actor: actorFrom(request) })
  return json(renderPullSimple(github, pull), 201)
}
