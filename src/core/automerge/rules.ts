import { clusterOfBranch } from '../release/group.ts'
import { standstill } from '../release/timing.ts'
import type { CheckFacts, DiffFact, MergeFacts, RequiredCheck } from './facts.ts'
import { policyCheckName } from './policy-check-name.ts'

/** A reason: the kind for code, the sentence for people. `says` may hold untrusted text; whoever shows it escapes it. */
export type Because = { readonly kind: ReasonKind; readonly says: string }

export type ReasonKind =
  | 'closed'
  | 'no-configuration'
  | 'broken-configuration'
  | 'no-such-cluster'
  | 'manual'
  | 'freeze'
  | 'window'
  | 'other-base'
  | 'draft'
  | 'plan-unknown'
  | 'superseded'
  | 'outdated'
  | 'changed-by-person'
  | 'edit-refused'
  | 'not-on-base'
  | 'conflict'
  | 'mergeability-unknown'
  | 'behind'
  | 'check-failed'
  | 'check-missing'
  | 'check-pending'
  | 'no-checks'
  | 'diff-pending'
  | 'diff-offline'
  | 'diff-failed'
  | 'diff-refused'
  | 'changes-requested'
  | 'approval-missing'
  | 'conversation-open'
  | 'merge-queue'
  | 'unknown-gate'
  | 'method-not-allowed'
  | 'blocked'
  | 'own-check'

export type Verdict = { readonly holds: 'yes' } | { readonly holds: 'no' | 'waiting'; readonly because: Because }

export type Rule = { readonly says: string; readonly judge: (facts: MergeFacts) => Verdict }

const yes: Verdict = { holds: 'yes' }
const no = (kind: ReasonKind, says: string): Verdict => ({ holds: 'no', because: { kind, says } })
const waiting = (kind: ReasonKind, says: string): Verdict => ({ holds: 'waiting', because: { kind, says } })

const changedByPerson = no('changed-by-person', 'its head is not what Lotse wrote: a person has taken over')

/** The order is the precedence: the first rule that does not hold is the answer. Unknown never holds. */
export const rules: readonly Rule[] = [
  { says: 'the pull request is open', judge: isOpen },
  { says: 'the configuration is valid', judge: isConfigured },
  { says: 'the cluster merges by itself', judge: mergesByItself },
  { says: 'there is no freeze, and the window is open', judge: isInTime },
  { says: 'it goes into the default branch', judge: goesIntoDefaultBranch },
  { says: 'it is not a draft', judge: isReady },
  { says: 'it changes exactly what the plan says', judge: isUntouched },
  { says: 'it brings that one commit', judge: bringsOneCommit },
  { says: 'it has no conflict', judge: isMergeable },
  { says: 'checks succeeded', judge: hasGreenChecks },
  { says: 'what it changes in the live clusters is known', judge: hasKnownDiffs },
  { says: 'reviews are in', judge: isApproved },
  { says: 'conversations are resolved', judge: isTalkedOut },
  { says: 'it is as fresh as required', judge: isFresh },
  { says: 'the default branch merges without a queue', judge: needsNoQueue },
  { says: 'its rules are those that Lotse can judge', judge: hasKnownGates },
  { says: 'the merge method is allowed', judge: hasAllowedMethod },
  { says: 'nothing else blocks it', judge: isNotBlocked },
]

function isOpen({ pull }: MergeFacts): Verdict {
  return pull.state === 'open' ? yes : no('closed', `it is ${pull.state}`)
}

function isConfigured({ settings, pull }: MergeFacts): Verdict {
  switch (settings.kind) {
    case 'release':
      return yes
    case 'absent':
      return no('no-configuration', 'there is no .github/lotse.yaml on the default branch')
    case 'broken':
      return no('broken-configuration', settings.problem)
    case 'no-such-cluster':
      return no('no-such-cluster', `the configuration has no cluster ${clusterOfBranch(pull.headBranch ?? '') ?? ''}`)
  }
}

/** What was opened before the cluster committed is withdrawn by the release: merging it would be a race with the commit. */
function mergesByItself({ settings }: MergeFacts): Verdict {
  const rule = settings.kind === 'release' ? settings.release.merge : 'manual'
  switch (rule) {
    case 'auto':
      return yes
    case 'manual':
      return waiting('manual', 'a person merges it: “release.merge” is “manual”')
    case 'commit':
      return waiting('superseded', 'it is released by a commit instead: “release.merge” is “commit”')
  }
}

/** Nothing tells of its end: the refresh looks at every open release again. */
function isInTime({ settings, now }: MergeFacts): Verdict {
  const still = settings.kind === 'release' ? standstill(now, settings.release) : undefined
  return still === undefined ? yes : waiting(still.kind, still.says)
}

function goesIntoDefaultBranch({ base }: MergeFacts): Verdict {
  return base.isDefault ? yes : no('other-base', `its base is ${base.branch}`)
}

function isReady({ pull }: MergeFacts): Verdict {
  return pull.draft ? waiting('draft', 'it is a draft') : yes
}

function isUntouched(facts: MergeFacts): Verdict {
  const { plan } = facts
  switch (plan.kind) {
    case 'unknown':
      return waiting('plan-unknown', "today's plan is not known yet")
    case 'nothing':
      return waiting('superseded', "today's plan does not ask for it any more")
    case 'outdated':
      return waiting('outdated', 'newer tags are out: it is edited within a minute')
    case 'taken-over':
      return changedByPerson
    case 'refused':
      return no('edit-refused', plan.problem)
    case 'commit':
      return isAsWritten(facts) ? yes : changedByPerson
  }
}

/** Exactly the commit that we wrote. One comparison stands for "only allowed files" and "nobody touched it". */
export function isAsWritten({ plan, pull }: MergeFacts): boolean {
  return (
    plan.kind === 'commit' &&
    pull.head === plan.head &&
    pull.headTree === plan.tree &&
    pull.headParents.join() === plan.parent
  )
}

/** When its parent is gone from the base, a merge would bring back what somebody took away. */
function bringsOneCommit({ pull }: MergeFacts): Verdict {
  return pull.commits === 1 ? yes : waiting('not-on-base', `it brings ${pull.commits} commits, and will be rebuilt`)
}

function isMergeable({ pull }: MergeFacts): Verdict {
  switch (pull.mergeable) {
    case 'yes':
      return yes
    case 'conflict':
      return waiting('conflict', 'it conflicts with its base, and will be rebuilt')
    case 'unknown':
      return waiting('mergeability-unknown', 'GitHub has not said yet whether it can merge')
  }
}

/** A fresh pull request has no checks yet, so "no failure" is not green. */
function hasGreenChecks({ checks, base, settings }: MergeFacts): Verdict {
  const required = base.required.filter(({ context }) => context !== policyCheckName)
  for (const check of required) {
    const verdict = judgeRequired(check, checks)
    if (verdict.holds !== 'yes') return verdict
  }
  if (required.length > 0) return yes
  if (settings.kind === 'release' && settings.release.checks === 'none') return yes
  return judgeUnasked(checks.filter((check) => !check.ours))
}

function judgeRequired(required: RequiredCheck, checks: readonly CheckFacts[]): Verdict {
  const reported = checks.filter(
    ({ name, app }) => name === required.context && (required.app === undefined || app === required.app),
  )
  if (reported.length === 0) return waiting('check-missing', `the required check ${required.context} has not reported`)
  if (reported.some(({ state }) => state === 'failure')) return no('check-failed', `${required.context} failed`)
  if (reported.some(({ state }) => state === 'pending')) {
    return waiting('check-pending', `${required.context} is still running`)
  }
  return yes
}

/** Where nothing is required, whatever reports counts, and one must really have succeeded: a skipped job proves nothing. */
function judgeUnasked(foreign: readonly CheckFacts[]): Verdict {
  const failed = foreign.find(({ state }) => state === 'failure')
  if (failed !== undefined) return no('check-failed', `${failed.name} failed`)
  const pending = foreign.find(({ state }) => state === 'pending')
  if (pending !== undefined) return waiting('check-pending', `${pending.name} is still running`)
  if (foreign.some(({ state }) => state === 'success')) return yes
  return waiting(
    'no-checks',
    'no check has reported yet; without CI, say “release: { checks: none }” in the configuration',
  )
}

/** A refusal anywhere is the answer: it passes by no waiting. */
function hasKnownDiffs({ diffs }: MergeFacts): Verdict {
  const verdicts = diffs.map(judgeDiff)
  return verdicts.find(({ holds }) => holds === 'no') ?? verdicts.find(({ holds }) => holds === 'waiting') ?? yes
}

function judgeDiff({ cluster, state, because = 'it did not say why' }: DiffFact): Verdict {
  switch (state) {
    case 'told':
      return yes
    case 'pending':
      return waiting('diff-pending', `the agent of ${cluster} is asked what it changes`)
    case 'offline':
      return waiting('diff-offline', `what it changes in ${cluster} cannot be told: ${because}`)
    case 'failed':
      return waiting('diff-failed', `what it changes in ${cluster} could not be told: ${because}`)
    case 'refused':
      return no('diff-refused', `${cluster} would not take it: ${because}`)
  }
}

/** GitHub keeps an approval when the head moves; ours moves to other tags, so it counts for the head that it was given. */
function isApproved({ pull, base }: MergeFacts): Verdict {
  if (pull.review === 'changes-requested') return waiting('changes-requested', 'a reviewer asked for changes')
  const count = Math.max(base.requiredApprovals, base.codeOwnersRequired || pull.review === 'required' ? 1 : 0)
  if (pull.review !== 'required' && pull.approvals >= count) return yes
  return waiting(
    'approval-missing',
    `${count === 1 ? 'an approval' : `${count} approvals`} of its latest commit is required`,
  )
}

function isTalkedOut({ pull, base }: MergeFacts): Verdict {
  if (!base.conversationsRequired || pull.unresolvedThreads === 0) return yes
  return waiting('conversation-open', `${pull.unresolvedThreads} conversations are not resolved`)
}

/** GitHub says "behind" only where it must not be. */
function isFresh({ pull }: MergeFacts): Verdict {
  return pull.mergeState === 'behind'
    ? waiting('behind', 'it must be up to date with its base, and will be rebuilt')
    : yes
}

/** An app that may bypass a rule is not stopped by it, so a rule that we do not know stops us. */
function hasKnownGates({ base }: MergeFacts): Verdict {
  if (base.otherGates.length === 0) return yes
  return waiting('unknown-gate', `a person merges it: Lotse cannot judge the rule ${base.otherGates.join(', ')}`)
}

function needsNoQueue({ base }: MergeFacts): Verdict {
  return base.mergeQueue ? waiting('merge-queue', `${base.branch} merges by a queue; a person adds it`) : yes
}

function hasAllowedMethod({ settings, base }: MergeFacts): Verdict {
  if (settings.kind !== 'release' || base.methods.includes(settings.release.mergeMethod)) return yes
  const allowed = base.methods.length === 0 ? 'none' : base.methods.join(', ')
  return no('method-not-allowed', `the repository does not allow ${settings.release.mergeMethod}; it allows ${allowed}`)
}

/**
 * Our own check, when it is required, blocks until it says yes. It says so first; only the next look, where nothing is
 * in the way any more, merges.
 */
function isNotBlocked({ pull, base, checks }: MergeFacts): Verdict {
  const awaitsOurs =
    base.required.some(({ context }) => context === policyCheckName) &&
    !checks.some(({ ours, name, state }) => ours && name === policyCheckName && state === 'success')
  if (awaitsOurs) return waiting('own-check', 'every rule holds, and the branch waits for lotse/policy to say so')
  if (pull.mergeState !== 'blocked') return yes
  return waiting('blocked', 'GitHub says that it is blocked, for a reason that Lotse cannot see')
}
