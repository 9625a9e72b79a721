import { nodeId, gitNodeId, parseNodeId } from '../node-id.ts'
import { rulesOf } from '../operations/branch-rules.ts'
import { allRuns, commitState, latestStatuses, type CheckState } from '../operations/check-state.ts'
import { fullName, pullsOf } from '../lookup.ts'
import { type CheckRun, type CommitStatus, type Pull, type Repository } from '../state.ts'
import { accountFields } from './account.ts'
import { suiteFields } from './check-suite.ts'
import { connection, type Page } from './connection.ts'
import { type Fields, type View } from './fields.ts'
import { may, need, refusal } from './refuse.ts'

/**
 * Everything that has reported on a commit, check runs and statuses together; null when nothing has. Its list holds runs
 * that newer ones have taken the place of, its state does not count them.
 */
export function rollupFields(view: View, repository: Repository, sha: string): Fields | null {
  need(view.caller, repository, { checks: 'read', statuses: 'read' })
  const runs = allRuns(repository, sha)
  const statuses = latestStatuses(repository, sha)
  if (runs.length + statuses.length === 0) return null
  return {
    __typename: 'StatusCheckRollup',
    id: gitNodeId('C', repository.id, `rollup:${sha}`),
    state: stateNames[commitState(repository, sha)],
    commit: () => view.show.commit(repository, sha),
    contexts: (page: Page) => ({
      ...connection('StatusCheckRollupContextConnection', [...runs, ...statuses], {
        page,
        node: (context) => contextFields(view, repository, context),
      }),
      checkRunCount: runs.length,
      statusContextCount: statuses.length,
    }),
  }
}

const stateNames: Readonly<Record<CheckState, string>> = {
  expected: 'EXPECTED',
  pending: 'PENDING',
  failing: 'FAILURE',
  success: 'SUCCESS',
}

/** One that may not be seen is an error in its place, the others stay. */
function contextFields(view: View, repository: Repository, context: CheckRun | CommitStatus): Fields | Error {
  const permission = 'suite' in context ? 'checks' : 'statuses'
  if (!may(view.caller, repository, { [permission]: 'read' })) {
    return refusal('FORBIDDEN', 'Resource not accessible by integration')
  }
  return 'suite' in context ? checkRunFields(view, context) : statusFields(view, repository, context)
}

export function checkRunFields(view: View, run: CheckRun): Fields {
  const { repository } = run.suite
  const path = `/${fullName(repository)}/runs/${run.id}`
  return {
    __typename: 'CheckRun',
    id: nodeId('checkRun', run.id),
    databaseId: run.id,
    name: run.name,
    status: run.status.toUpperCase(),
    conclusion: run.conclusion?.toUpperCase() ?? null,
    externalId: run.externalId,
    title: run.output.title,
    summary: run.output.summary,
    text: run.output.text,
    detailsUrl: run.detailsUrl ?? run.suite.app.externalUrl,
    startedAt: run.startedAt,
    completedAt: run.completedAt,
    resourcePath: path,
    url: `${view.github.urls.web}${path}`,
    permalink: `${view.github.urls.web}${path}`,
    repository: () => view.show.repository(repository),
    checkSuite: () => suiteFields(view, run.suite),
    isRequired: (of: PullArguments) =>
      isRequired(repository, of, { context: run.name, integrationId: run.suite.app.id }),
  }
}

function statusFields(view: View, repository: Repository, status: CommitStatus): Fields {
  return {
    __typename: 'StatusContext',
    id: nodeId('status', status.id),
    context: status.context,
    state: status.state.toUpperCase(),
    description: status.description,
    targetUrl: status.targetUrl,
    createdAt: status.createdAt,
    creator: () => accountFields(view, status.creator),
    commit: () => view.show.commit(repository, status.sha),
    isRequired: (of: PullArguments) => isRequired(repository, of, { context: status.context }),
  }
}

type PullArguments = { readonly pullRequestNumber?: number; readonly pullRequestId?: string }

/** Required is always said of a pull request: its base's rules decide. */
function isRequired(
  repository: Repository,
  of: PullArguments,
  reported: { readonly context: string; readonly integrationId?: number },
): boolean {
  const pull = namedPull(repository, of)
  if (pull === undefined) throw refusal('UNPROCESSABLE', 'Either pullRequestId or pullRequestNumber must be provided')
  return rulesOf(repository, pull.base.ref).some(({ rules }) =>
    rules.requiredChecks.some(
      ({ context, integrationId }) =>
        context === reported.context && (integrationId === undefined || integrationId === reported.integrationId),
    ),
  )
}

function namedPull(repository: Repository, { pullRequestNumber, pullRequestId }: PullArguments): Pull | undefined {
  const id = pullRequestId === undefined ? undefined : parseNodeId(pullRequestId)?.id
  return pullsOf(repository).find((pull) => pull.id === id || pull.issue.number === pullRequestNumber)
}
