import { type GitHub } from '../context.ts'
import { type Commit } from '../git/commit.ts'
import { fullName, pullsOf } from '../lookup.ts'
import { nodeId } from '../node-id.ts'
import { latestOfSuites, latestStatuses, statusState } from '../operations/check-state.ts'
import { type Annotation, type CheckRun, type CheckSuite, type CommitStatus, type Repository } from '../state.ts'
import { renderAccount } from './account.ts'
import { renderApp } from './app.ts'
import { renderSimpleCommit } from './commit.ts'
import { type Json } from './json.ts'
import { renderPullMinimal } from './pull.ts'
import { renderRepository, repositoryUrl } from './repository.ts'

/** `check-run`. In REST the suite is only its id. */
export function renderCheckRun(github: GitHub, run: CheckRun): Json {
  return { ...checkRunFields(github, run), check_suite: { id: run.suite.id } }
}

/** `check-run-with-simple-check-suite`: as in events. */
export function renderCheckRunEvent(github: GitHub, run: CheckRun): Json {
  return { ...checkRunFields(github, run), check_suite: checkSuiteFields(github, run.suite) }
}

function checkRunFields(github: GitHub, run: CheckRun): Json {
  const { repository } = run.suite
  const url = `${repositoryUrl(github, repository)}/check-runs/${run.id}`
  const html = `${github.urls.web}/${fullName(repository)}/runs/${run.id}`
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('checkRun', run.id),
    head_sha: run.suite.headSha,
    external_id: run.externalId,
    url,
    html_url: html,
    details_url: run.detailsUrl ?? run.suite.app.externalUrl,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      title: run.output.title,
      summary: run.output.summary,
      text: run.output.text,
      annotations_count: run.output.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    app: renderApp(github, run.suite.app),
    pull_requests: pullsOfSuite(github, run.suite),
  }
}

/** `check-suite` */
export function renderCheckSuite(github: GitHub, suite: CheckSuite, headCommit: Commit): Json {
  return {
    ...renderCheckSuiteEvent(github, suite, headCommit),
    repository: renderRepository(github, suite.repository),
  }
}

/** As in events, which name the repository once, beside it. */
export function renderCheckSuiteEvent(github: GitHub, suite: CheckSuite, headCommit: Commit): Json {
  return {
    ...checkSuiteFields(github, suite),
    head_commit: renderSimpleCommit(headCommit),
    latest_check_runs_count: runsOf(suite).length,
    check_runs_url: `${suiteUrl(github, suite)}/check-runs`,
    rerequestable: true,
    runs_rerequestable: true,
  }
}

function checkSuiteFields(github: GitHub, suite: CheckSuite): Json {
  return {
    id: suite.id,
    node_id: nodeId('checkSuite', suite.id),
    head_branch: suite.headBranch,
    head_sha: suite.headSha,
    ...suiteState(suite),
    url: suiteUrl(github, suite),
    before: suite.before,
    after: suite.headSha,
    pull_requests: pullsOfSuite(github, suite),
    app: renderApp(github, suite.app),
    created_at: suite.createdAt,
    updated_at: suite.updatedAt,
  }
}

/** A suite is done when all its runs are; the worst of them speaks for it. */
export function suiteState(suite: CheckSuite): Pick<CheckRun, 'status' | 'conclusion'> {
  const runs = runsOf(suite)
  if (runs.length === 0) return { status: 'queued', conclusion: null }
  if (runs.some(({ status }) => status !== 'completed')) {
    const started = runs.some(({ status }) => status !== 'queued')
    return { status: started ? 'in_progress' : 'queued', conclusion: null }
  }
  const order = [
    'action_required',
    'timed_out',
    'cancelled',
    'failure',
    'stale',
    'success',
    'neutral',
    'skipped',
  ] as const
  const worst = order.find((conclusion) => runs.some((run) => run.conclusion === conclusion))
  return { status: 'completed', conclusion: worst ?? 'success' }
}

function runsOf(suite: CheckSuite): readonly CheckRun[] {
  return latestOfSuites(suite.repository, suite.headSha).filter((run) => run.suite === suite)
}

export function renderAnnotation(github: GitHub, run: CheckRun, annotation: Annotation): Json {
  const { repository, headSha } = run.suite
  return {
    path: annotation.path,
    blob_href: `${github.urls.web}/${fullName(repository)}/blob/${headSha}/${annotation.path}`,
    start_line: annotation.start_line,
    start_column: annotation.start_column ?? null,
    end_line: annotation.end_line,
    end_column: annotation.end_column ?? null,
    annotation_level: annotation.annotation_level,
    title: annotation.title ?? null,
    message: annotation.message,
    raw_details: annotation.raw_details ?? null,
  }
}

/** `status` */
export function renderStatus(github: GitHub, repository: Repository, status: CommitStatus): Json {
  return { ...statusFields(github, repository, status), creator: renderAccount(github, status.creator) }
}

export function renderCombinedStatus(github: GitHub, repository: Repository, sha: string): Json {
  const statuses = latestStatuses(repository, sha)
  const states = statuses.map(statusState)
  const url = repositoryUrl(github, repository)
  return {
    state: states.includes('failing')
      ? 'failure'
      : states.length === 0 || states.includes('pending')
        ? 'pending'
        : 'success',
    statuses: statuses.map((status) => statusFields(github, repository, status)),
    sha,
    total_count: statuses.length,
    repository: renderRepository(github, repository),
    commit_url: `${url}/commits/${sha}`,
    url: `${url}/commits/${sha}/status`,
  }
}

function statusFields(github: GitHub, repository: Repository, status: CommitStatus): Json {
  return {
    url: `${repositoryUrl(github, repository)}/statuses/${status.sha}`,
    avatar_url: `${github.urls.web}/avatars/u/${status.creator.id}?v=4`,
    id: status.id,
    node_id: nodeId('status', status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: status.createdAt,
    updated_at: status.createdAt,
  }
}

/** Open ones of the same repository with this head; of a fork's head GitHub names none. */
function pullsOfSuite(github: GitHub, suite: CheckSuite): readonly Json[] {
  return pullsOf(suite.repository)
    .filter(
      (pull) =>
        pull.issue.state === 'open' && pull.head.repository === suite.repository && pull.head.sha === suite.headSha,
    )
    .map((pull) => renderPullMinimal(github, pull))
}

function suiteUrl(github: GitHub, suite: CheckSuite): string {
  return `${repositoryUrl(github, suite.repository)}/check-suites/${suite.id}`
}
