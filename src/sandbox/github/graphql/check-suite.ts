import { fullName } from '../lookup.ts'
import { nodeId } from '../node-id.ts'
import { suiteState } from '../render/check.ts'
import { type CheckSuite } from '../state.ts'
import { appFields } from './account.ts'
import { connection, type Page } from './connection.ts'
import { type Fields, type View } from './fields.ts'

type RunFilter = { readonly appId?: number; readonly checkName?: string }

export function suiteFields(view: View, suite: CheckSuite): Fields {
  const { status, conclusion } = suiteState(suite)
  return {
    __typename: 'CheckSuite',
    id: nodeId('checkSuite', suite.id),
    databaseId: suite.id,
    app: () => appFields(view, suite.app),
    status: status.toUpperCase(),
    conclusion: conclusion?.toUpperCase() ?? null,
    createdAt: suite.createdAt,
    updatedAt: suite.updatedAt,
    workflowRun: workflowRunFields(view, suite),
    checkRuns: ({ filterBy: { appId, checkName } = {}, ...page }: Page & { readonly filterBy?: RunFilter }) => {
      const runs = [...suite.repository.checkRuns.values()].filter(
        (run) =>
          run.suite === suite &&
          (appId === undefined || suite.app.id === appId) &&
          (checkName === undefined || run.name === checkName),
      )
      return connection('CheckRunConnection', runs, { page, node: (run) => view.show.checkRun(run) })
    },
    repository: () => view.show.repository(suite.repository),
    commit: () => view.show.commit(suite.repository, suite.headSha),
  }
}

/** Null for an app that runs no workflows. */
function workflowRunFields(view: View, suite: CheckSuite): Fields | null {
  const { workflowRun, repository, createdAt, updatedAt } = suite
  if (workflowRun === undefined) return null
  const { id, number, workflow } = workflowRun
  const path = `/${fullName(repository)}/actions`
  const { web } = view.github.urls
  return {
    __typename: 'WorkflowRun',
    id: nodeId('workflowRun', id),
    databaseId: id,
    runNumber: number,
    createdAt,
    updatedAt,
    resourcePath: `${path}/runs/${id}`,
    url: `${web}${path}/runs/${id}`,
    checkSuite: () => suiteFields(view, suite),
    workflow: {
      __typename: 'Workflow',
      id: nodeId('workflow', workflow.id),
      databaseId: workflow.id,
      name: workflow.name,
      state: 'ACTIVE',
      resourcePath: `${path}/workflows/${workflow.id}`,
      url: `${web}${path}/workflows/${workflow.id}`,
    },
  }
}
