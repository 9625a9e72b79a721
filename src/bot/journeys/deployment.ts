import type { Client } from '../../io/github/client.ts'
import type { AgentState } from '../../core/agent-protocol.ts'
import { clusterNamed } from '../../core/config/configuration.ts'
import type { CommitSha } from '../../core/ids.ts'
import type { SyncReport } from '../../core/sync/report.ts'
import { type CheckRun, readCheck, writeCheck } from '../../io/github/checks.ts'
import { createComment, listOwnComments } from '../../io/github/comments.ts'
import { compareCommits } from '../../io/github/compare.ts'
import { type WantedState, createDeployment, setDeploymentState } from '../../io/github/deployments.ts'
import { pullMergedAs } from '../../io/github/merged-pull.ts'
import { readAgent } from '../../io/store/agents.ts'
import {
  type ToldDeployment,
  isFailureTold,
  keepDeployment,
  keepToldFailure,
  readDeployment,
} from '../../io/store/syncs.ts'
import type { Deps } from '../deps.ts'
import { type ClusterOf, parseClusterKey } from '../keys.ts'
import { type ReadRepository, currentRepository } from './reading.ts'
import {
  deploymentDescription,
  deploymentState,
  failureComment,
  parseFailureMarker,
  reportDigest,
  syncCheck,
  syncCheckName,
} from './sync-check.ts'
import { moveSyncTag } from './sync-tag.ts'

export type DeploymentContext = {
  readonly deps: Deps
  readonly octokit: Client
  readonly repository: ReadRepository
  readonly of: ClusterOf
  readonly environment: string
}

/** Says on GitHub what a cluster's agent said last: deployment, check, tag, and a word to who brought a failure. */
export async function deployment(deps: Deps, key: string): Promise<void> {
  const of = parseClusterKey(key)
  const told = await readDeployment(deps.database, of)
  const steps = stepsFor((await readAgent(deps.database, of))?.state, told)
  if (steps.length === 0) return
  const context = await contextOf(deps, of)
  if (context === undefined) return
  let known = told
  for (const step of steps) known = await tell(context, step, known)
}

type Step =
  | { readonly kind: 'started'; readonly commit: CommitSha }
  | { readonly kind: 'synced'; readonly commit: CommitSha; readonly report: SyncReport }

/**
 * What GitHub was not told yet. A sync of a commit that has a report already is a look at it or another try: how it
 * stands is said when it ends.
 */
function stepsFor(state: AgentState | undefined, told: ToldDeployment | undefined): readonly Step[] {
  const { lastReport: report, syncing } = state ?? {}
  return [
    ...(report === undefined || reportDigest(report) === told?.report
      ? []
      : [{ kind: 'synced' as const, commit: report.commit, report }]),
    ...(syncing === undefined || syncing === told?.syncing || syncing === report?.commit
      ? []
      : [{ kind: 'started' as const, commit: syncing }]),
  ]
}

/** undefined: the cluster is gone, or has no agent any more. */
async function contextOf(deps: Deps, of: ClusterOf): Promise<DeploymentContext | undefined> {
  const repository = await currentRepository(deps, of.repository)
  if (repository?.configuration?.ok !== true) return undefined
  const cluster = clusterNamed(repository.configuration.value, of.cluster)
  if (cluster === undefined || cluster.agents.length === 0) return undefined
  const { installation, id } = repository
  const octokit = await deps.github.as({ installation, repository: id, profile: 'deployment' })
  return { deps, octokit, repository, of, environment: cluster.environment ?? of.cluster }
}

async function tell(
  context: DeploymentContext,
  step: Step,
  known: ToldDeployment | undefined,
): Promise<ToldDeployment | undefined> {
  const { deps, repository, of } = context
  if (!(await isMerged(context, step.commit))) {
    const { cluster } = of
    deps.log.warn({ repository: repository.name, cluster, commit: step.commit }, 'agent told of a commit never merged')
    return known
  }
  const told = step.kind === 'started' ? await tellStart(context, step, known) : await tellReport(context, step)
  await keepDeployment(deps.database, of, told)
  const { kind, commit } = step
  deps.log.info({ repository: repository.name, cluster: of.cluster, commit, told: kind }, 'deployment told')
  return told
}

/** An agent's word moves nothing for a commit that is not on the default branch: what runs is what is merged. */
async function isMerged({ octokit, repository }: DeploymentContext, commit: CommitSha): Promise<boolean> {
  if (commit === repository.head) return true
  const comparison = await compareCommits(octokit, repository.name, { base: commit, head: repository.head })
  return comparison?.mergeBase === commit
}

async function tellStart(
  context: DeploymentContext,
  { commit }: Step,
  known: ToldDeployment | undefined,
): Promise<ToldDeployment> {
  const id = await setState(context, commit, { state: 'in_progress', description: 'the agent applies the commit' })
  return { id, commit, syncing: commit, report: known?.report }
}

async function tellReport(
  context: DeploymentContext,
  { commit, report }: Step & { readonly kind: 'synced' },
): Promise<ToldDeployment> {
  const run = await sayCheck(context, report)
  const state = deploymentState(report)
  const logUrl = run?.url === undefined ? {} : { logUrl: run.url }
  const id = await setState(context, commit, { state, description: deploymentDescription(report), ...logUrl })
  if (state === 'success') await moveSyncTag(context, commit)
  if (state === 'failure') await tellPull(context, report)
  return { id, commit, syncing: commit, report: reportDigest(report) }
}

async function setState(
  { octokit, repository, of: { cluster }, environment }: DeploymentContext,
  commit: CommitSha,
  wanted: Pick<WantedState, 'state' | 'description' | 'logUrl'>,
): Promise<number> {
  const deployment = await createDeployment(octokit, repository.name, { cluster, commit, environment })
  await setDeploymentState(octokit, repository.name, { cluster, deployment, environment, ...wanted })
  return deployment
}

/** undefined: the commit is gone. */
async function sayCheck(
  { deps, octokit, repository, of }: DeploymentContext,
  report: SyncReport,
): Promise<CheckRun | undefined> {
  const name = syncCheckName(of.cluster)
  const { commit: head } = report
  const run = await readCheck(octokit, repository.name, { name, head, appId: deps.appId })
  if (run === 'no-commit') return undefined
  const check = syncCheck(report)
  return writeCheck(octokit, repository.name, run === 'missing' ? undefined : run, { name, head, check })
}

/** The pull request that brought a commit which could not be applied is told, once. */
async function tellPull({ deps, repository, of }: DeploymentContext, report: SyncReport): Promise<void> {
  const { commit } = report
  if (await isFailureTold(deps.database, of, commit)) return
  const { installation, id } = repository
  const octokit = await deps.github.as({ installation, repository: id, profile: 'diff' })
  const pull = await pullMergedAs(octokit, repository.name, commit)
  if (pull !== undefined) {
    const { bot } = await deps.identity(installation)
    const own = await listOwnComments(octokit, repository.name, pull, { bot, since: '1970-01-01T00:00:00Z' })
    const isTold = own.some(({ body }) => {
      const mark = parseFailureMarker(body)
      return mark?.cluster === of.cluster && mark.commit === commit
    })
    // Where no comment is taken, the check on the commit says it all the same.
    if (!isTold) await createComment(octokit, repository.name, pull, failureComment(of.cluster, report))
  }
  await keepToldFailure(deps.database, of, commit)
}
