import { unprocessable, validationFailed } from '../api-error.ts'
import { personActor, type Actor } from '../caller.ts'
import { timestamp, type GitHub } from '../context.ts'
import { readCommit } from '../git/commit.ts'
import { isAncestor } from '../git/history.ts'
import { renderCheckRunEvent, suiteState } from '../render/check.ts'
import { renderCommit } from '../render/commit.ts'
import { fullName, nextId } from '../lookup.ts'
import { repositoryUrl } from '../render/repository.ts'
import {
  type Annotation,
  type App,
  type CheckConclusion,
  type CheckRun,
  type CheckStatus,
  type CommitStatus,
  type Repository,
} from '../state.ts'
import { emitSuite, suiteOf, type WorkflowChoice } from './check-suites.ts'

export type CheckChange = {
  readonly name?: string
  readonly detailsUrl?: string
  readonly externalId?: string
  readonly status?: CheckStatus
  readonly conclusion?: CheckConclusion
  readonly startedAt?: string
  readonly completedAt?: string
  readonly output?: {
    readonly title: string
    readonly summary: string
    readonly text?: string
    readonly annotations?: readonly Annotation[]
  }
  readonly actions?: CheckRun['actions']
}

type ByApp = { readonly repository: Repository; readonly app: App }

export async function createCheckRun(
  github: GitHub,
  { repository, app }: ByApp,
  check: CheckChange & {
    readonly name: string
    readonly headSha: string
    readonly workflow?: WorkflowChoice | undefined
  },
): Promise<CheckRun> {
  const commit = await readCommit(repository.git.objects, check.headSha)
  if (commit === undefined) throw unprocessable(`No commit found for SHA: ${check.headSha}`)
  refuseTooMuch(check)
  const branch = branchWithHead(repository, commit.sha)
  const { suite } = suiteOf(github, { repository, app }, { sha: commit.sha, branch, workflow: check.workflow })
  const run: CheckRun = {
    id: nextId(github.state),
    suite,
    name: check.name,
    externalId: '',
    detailsUrl: null,
    status: 'queued',
    conclusion: null,
    startedAt: timestamp(github),
    completedAt: null,
    output: { title: null, summary: null, text: null, annotations: [] },
    actions: [],
  }
  repository.checkRuns.set(run.id, run)
  apply(github, run, check)
  await tellOfRun(github, run, 'created')
  return run
}

export async function updateCheckRun(github: GitHub, run: CheckRun, change: CheckChange): Promise<void> {
  refuseTooMuch(change)
  apply(github, run, change)
  // GitHub has no event for a run that only says more: `completed` is the only other one.
  if (change.conclusion !== undefined || change.status === 'completed') await tellOfRun(github, run, 'completed')
}

function apply(github: GitHub, run: CheckRun, change: CheckChange): void {
  run.name = change.name ?? run.name
  run.detailsUrl = change.detailsUrl ?? run.detailsUrl
  run.externalId = change.externalId ?? run.externalId
  run.startedAt = change.startedAt ?? run.startedAt
  run.actions = change.actions ?? run.actions
  // A conclusion completes a run, whatever status comes with it; a new status reopens it.
  run.status = change.conclusion === undefined ? (change.status ?? run.status) : 'completed'
  run.conclusion = run.status === 'completed' ? (change.conclusion ?? run.conclusion) : null
  run.completedAt = run.status === 'completed' ? (change.completedAt ?? run.completedAt ?? timestamp(github)) : null
  if (change.output !== undefined) {
    const { title, summary, text, annotations = [] } = change.output
    run.output = { title, summary, text: text ?? null, annotations: [...run.output.annotations, ...annotations] }
  }
  run.suite.updatedAt = timestamp(github)
}

const longestText = 65_535

function refuseTooMuch({ status, conclusion, output, actions = [] }: CheckChange): void {
  const refused = (field: string, message: string): Error =>
    validationFailed({ resource: 'CheckRun', field, code: 'invalid', message })
  if (status === 'completed' && conclusion === undefined) {
    throw refused('conclusion', 'conclusion is required when status is completed')
  }
  for (const field of ['summary', 'text'] as const) {
    if ((output?.[field] ?? '').length > longestText) {
      throw refused(field, `Only ${longestText} characters are allowed; ${output?.[field]?.length} were supplied.`)
    }
  }
  if ((output?.annotations?.length ?? 0) > 50) throw refused('annotations', 'No more than 50 annotations are allowed.')
  if (actions.length > 3) throw refused('actions', 'No more than 3 actions are allowed.')
}

async function tellOfRun(github: GitHub, run: CheckRun, action: 'created' | 'completed'): Promise<void> {
  const { suite } = run
  const { repository, app } = suite
  const actor: Actor = { account: app.bot, app, permissions: undefined }
  const payload = (): Record<string, unknown> => ({ check_run: renderCheckRunEvent(github, run) })
  await github.outbox.emit({ name: 'check_run', action, actor, repository, payload })
  if (action === 'created' && run.status === 'completed') {
    await github.outbox.emit({ name: 'check_run', action: 'completed', actor, repository, payload })
  }
  if (run.status === 'completed' && suiteState(suite).status === 'completed') {
    await emitSuite(github, suite, { action: 'completed', actor })
  }
}

function branchWithHead(repository: Repository, sha: string): string | null {
  const ref = [...repository.git.refs.all()].find(([name, at]) => at === sha && name.startsWith('refs/heads/'))
  return ref === undefined ? null : ref[0].slice('refs/heads/'.length)
}

export type NewStatus = Pick<CommitStatus, 'sha' | 'state' | 'context' | 'description' | 'targetUrl'>

export async function createStatus(
  github: GitHub,
  { repository, actor }: { readonly repository: Repository; readonly actor: Actor },
  wanted: NewStatus,
): Promise<CommitStatus> {
  const commit = await readCommit(repository.git.objects, wanted.sha)
  if (commit === undefined) throw unprocessable(`No commit found for SHA: ${wanted.sha}`)
  if ((wanted.description ?? '').length > 140) {
    throw validationFailed({
      resource: 'Status',
      field: 'description',
      code: 'custom',
      message: 'description is too long (maximum is 140 characters)',
    })
  }
  const status: CommitStatus = {
    ...wanted,
    id: nextId(github.state),
    creator: actor.account,
    createdAt: timestamp(github),
  }
  repository.statuses.push(status)
  await github.outbox.emit({
    name: 'status',
    actor: actor.app === undefined ? personActor(actor.account) : actor,
    repository,
    payload: async () => ({
      id: status.id,
      sha: status.sha,
      name: fullName(repository),
      state: status.state,
      context: status.context,
      description: status.description,
      target_url: status.targetUrl,
      commit: renderCommit(github, repository, commit),
      branches: await branchesWith(github, repository, status.sha),
      created_at: status.createdAt,
      updated_at: status.createdAt,
    }),
  })
  return status
}

/** At most ten, as GitHub lists them; of a fork's head there are none. */
async function branchesWith(github: GitHub, repository: Repository, sha: string): Promise<readonly unknown[]> {
  const heads = [...repository.git.refs.all()].filter(([name]) => name.startsWith('refs/heads/'))
  const holding = await Promise.all(
    heads.map(async ([name, tip]) => ((await isAncestor(repository.git.path, sha, tip)) ? [{ name, tip }] : [])),
  )
  return holding
    .flat()
    .slice(0, 10)
    .map(({ name, tip }) => ({
      name: name.slice('refs/heads/'.length),
      commit: { sha: tip, url: `${repositoryUrl(github, repository)}/commits/${tip}` },
      protected: false,
    }))
}
