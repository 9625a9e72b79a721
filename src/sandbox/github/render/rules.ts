import { type GitHub } from '../context.ts'
import { fullName } from '../lookup.ts'
import { nodeId } from '../node-id.ts'
import { type Repository, type Ruleset } from '../state.ts'
import { type Json } from './json.ts'
import { repositoryUrl } from './repository.ts'

type Rule = { readonly type: string; readonly parameters?: Json }

/** `repository-rule-detailed`, one per rule of a ruleset. */
export function renderRules(repository: Repository, ruleset: Ruleset): readonly (Rule & Json)[] {
  return rulesIn(ruleset).map((rule) => ({
    ...rule,
    ruleset_source_type: 'Repository',
    ruleset_source: fullName(repository),
    ruleset_id: ruleset.id,
  }))
}

/** `repository-ruleset`, without conditions and rules: as in lists. */
export function renderRuleset(github: GitHub, repository: Repository, ruleset: Ruleset): Json {
  return {
    id: ruleset.id,
    name: ruleset.name,
    target: 'branch',
    source_type: 'Repository',
    source: fullName(repository),
    enforcement: ruleset.enforcement,
    node_id: nodeId('ruleset', ruleset.id),
    _links: {
      self: { href: `${repositoryUrl(github, repository)}/rulesets/${ruleset.id}` },
      html: { href: `${github.urls.web}/${fullName(repository)}/rules/${ruleset.id}` },
    },
    created_at: ruleset.createdAt,
    updated_at: ruleset.createdAt,
  }
}

function rulesIn({ rules }: Ruleset): readonly Rule[] {
  return [
    ...(rules.blockDeletions ? [{ type: 'deletion' }] : []),
    ...(rules.blockForcePushes ? [{ type: 'non_fast_forward' }] : []),
    ...(rules.linearHistory ? [{ type: 'required_linear_history' }] : []),
    ...(rules.requiredApprovals === undefined ? [] : [pullRequestRule(rules.requiredApprovals)]),
    ...(rules.requiredChecks.length === 0 ? [] : [requiredChecksRule(rules)]),
  ]
}

function pullRequestRule(approvals: number): Rule {
  return {
    type: 'pull_request',
    parameters: {
      required_approving_review_count: approvals,
      dismiss_stale_reviews_on_push: false,
      require_code_owner_review: false,
      require_last_push_approval: false,
      required_review_thread_resolution: false,
      allowed_merge_methods: ['merge', 'squash', 'rebase'],
    },
  }
}

function requiredChecksRule({ requiredChecks, strict }: Ruleset['rules']): Rule {
  return {
    type: 'required_status_checks',
    parameters: {
      strict_required_status_checks_policy: strict,
      do_not_enforce_on_create: false,
      required_status_checks: requiredChecks.map(({ context, integrationId }) =>
        integrationId === undefined ? { context } : { context, integration_id: integrationId },
      ),
    },
  }
}
