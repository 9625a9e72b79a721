import { gitNodeId, nodeId } from '../node-id.ts'
import { rulesOf } from '../operations/branch-rules.ts'
import { type BranchRules, type Repository, type Ruleset } from '../state.ts'
import { connection, type Page } from './connection.ts'
import { type Fields, type View } from './fields.ts'
import { objectFields } from './git-object.ts'
import { may } from './refuse.ts'

export function refFields(view: View, repository: Repository, name: string): Fields | null {
  const sha = repository.git.refs.get(name)
  if (sha === undefined) return null
  const [, prefix = '', short = ''] = /^(refs\/[^/]+\/)(.*)$/.exec(name) ?? ['', '', name]
  const branch = prefix === 'refs/heads/' ? short : undefined
  return {
    __typename: 'Ref',
    id: gitNodeId('REF', repository.id, name),
    name: short,
    prefix,
    repository: () => view.show.repository(repository),
    target: () => objectFields(view, repository, { oid: sha }),
    refUpdateRule: () => (branch === undefined ? null : updateRuleFields(view, repository, branch)),
    rules: (page: Page) =>
      connection('RepositoryRuleConnection', branch === undefined ? [] : rulesOfRulesets(repository, branch), {
        page,
        node: (rule) => rule,
      }),
  }
}

/** What classic protection asks, as those see it who do not administrate; of rulesets it says nothing. */
function updateRuleFields(view: View, repository: Repository, branch: string): Fields | null {
  const rules = repository.protections.get(branch)
  if (rules === undefined) return null
  return {
    __typename: 'RefUpdateRule',
    pattern: branch,
    requiredStatusCheckContexts: rules.requiredChecks.map(({ context }) => context),
    requiredApprovingReviewCount: rules.requiredApprovals ?? null,
    requiresCodeOwnerReviews: false,
    requiresConversationResolution: false,
    requiresLinearHistory: rules.linearHistory,
    requiresSignatures: false,
    allowsForcePushes: !rules.blockForcePushes,
    allowsDeletions: !rules.blockDeletions,
    blocksCreations: false,
    viewerAllowedToDismissReviews: may(view.caller, repository, { pull_requests: 'write' }),
    viewerCanPush: may(view.caller, repository, { contents: 'write' }),
  }
}

function rulesOfRulesets(repository: Repository, branch: string): readonly Fields[] {
  return rulesOf(repository, branch).flatMap(({ rules, ruleset }) =>
    ruleset === undefined ? [] : rulesetFields(ruleset, rules),
  )
}

function rulesetFields(ruleset: Ruleset, rules: BranchRules): readonly Fields[] {
  const rule = (type: string, parameters: Fields | null): Fields => ({
    __typename: 'RepositoryRule',
    id: nodeId('ruleset', ruleset.id),
    type,
    parameters,
  })
  return [
    ...(rules.requiredChecks.length === 0 ? [] : [rule('REQUIRED_STATUS_CHECKS', statusChecksFields(rules))]),
    ...(rules.requiredApprovals === undefined
      ? []
      : [rule('PULL_REQUEST', pullRequestFields(rules.requiredApprovals))]),
    ...(rules.linearHistory ? [rule('REQUIRED_LINEAR_HISTORY', null)] : []),
    ...(rules.blockForcePushes ? [rule('NON_FAST_FORWARD', null)] : []),
    ...(rules.blockDeletions ? [rule('DELETION', null)] : []),
  ]
}

function statusChecksFields(rules: BranchRules): Fields {
  return {
    __typename: 'RequiredStatusChecksParameters',
    doNotEnforceOnCreate: false,
    strictRequiredStatusChecksPolicy: rules.strict,
    requiredStatusChecks: rules.requiredChecks.map(({ context, integrationId }) => ({
      __typename: 'StatusCheckConfiguration',
      context,
      integrationId: integrationId ?? null,
    })),
  }
}

function pullRequestFields(approvals: number): Fields {
  return {
    __typename: 'PullRequestParameters',
    requiredApprovingReviewCount: approvals,
    requireCodeOwnerReview: false,
    requireLastPushApproval: false,
    requiredReviewThreadResolution: false,
    dismissStaleReviewsOnPush: false,
    allowedMergeMethods: ['MERGE', 'SQUASH', 'REBASE'],
  }
}
