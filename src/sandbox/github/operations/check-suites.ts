import { covers, type Actor } from '../caller.ts'
import { timestamp, type GitHub } from '../context.ts'
import { readCommit } from '../git/commit.ts'
import { noCommit, type RefChange } from '../git/refs.ts'
import { nextId } from '../lookup.ts'
import { renderCheckSuiteEvent } from '../render/check.ts'
import { type App, type CheckSuite, type Repository, type WorkflowRun } from '../state.ts'

type Head = {
  readonly sha: string
  readonly branch: string | null
  readonly before?: string
  readonly workflow?: WorkflowChoice | undefined
}

/** Of a workflow the newest run on the commit, or a new one `again`. */
export type WorkflowChoice = { readonly name: string; readonly again: boolean }

/** One suite per app and commit, and per run of a workflow: the one that is there, or a new one. */
export function suiteOf(
  github: GitHub,
  { repository, app }: { readonly repository: Repository; readonly app: App },
  head: Head,
): { readonly suite: CheckSuite; readonly isNew: boolean } {
  const known = [...repository.checkSuites.values()].findLast(
    (suite) =>
      suite.app === app && suite.headSha === head.sha && suite.workflowRun?.workflow.name === head.workflow?.name,
  )
  if (known !== undefined && head.workflow?.again !== true) return { suite: known, isNew: false }
  const suite: CheckSuite = {
    id: nextId(github.state),
    repository,
    app,
    workflowRun: head.workflow === undefined ? undefined : newWorkflowRun(github, repository, head.workflow.name),
    headSha: head.sha,
    headBranch: head.branch,
    before: head.before ?? null,
    createdAt: timestamp(github),
    updatedAt: timestamp(github),
  }
  repository.checkSuites.set(suite.id, suite)
  return { suite, isNew: true }
}

function newWorkflowRun({ state }: GitHub, repository: Repository, name: string): WorkflowRun {
  const runs = [...repository.checkSuites.values()].flatMap(({ workflowRun }) =>
    workflowRun?.workflow.name === name ? [workflowRun] : [],
  )
  const workflow = runs[0]?.workflow ?? { id: nextId(state), name }
  return { id: nextId(state), number: runs.length + 1, workflow }
}

/** On each push GitHub makes a suite for every installed app that may write checks, and asks only that app to fill it. */
export async function requestSuites(
  github: GitHub,
  { repository, actor, branch }: { readonly repository: Repository; readonly actor: Actor; readonly branch: string },
  { before, after }: RefChange,
): Promise<void> {
  for (const installation of github.state.installations.values()) {
    const { app, permissions } = installation
    if (permissions['checks'] !== 'write' || !covers(installation, repository)) continue
    const head = { sha: after, branch, before: before === noCommit ? noCommit : before }
    const { suite, isNew } = suiteOf(github, { repository, app }, head)
    if (isNew) await emitSuite(github, suite, { action: 'requested', actor, onlyApp: app })
  }
}

export async function emitSuite(
  github: GitHub,
  suite: CheckSuite,
  { action, actor, onlyApp }: { readonly action: string; readonly actor: Actor; readonly onlyApp?: App },
): Promise<void> {
  const { repository } = suite
  const commit = await readCommit(repository.git.objects, suite.headSha)
  if (commit === undefined) return
  await github.outbox.emit({
    name: 'check_suite',
    action,
    actor,
    repository,
    ...(onlyApp === undefined ? {} : { onlyApp }),
    payload: () => ({ check_suite: renderCheckSuiteEvent(github, suite, commit) }),
  })
}
