import { type ContentBudget, type ContentKind, fullContentBudget, spendContent } from '../../core/content-budget.ts'
import type { InstallationId } from '../../core/ids.ts'
import { Transient } from '../../core/transient.ts'

/** GitHub would refuse more content of this installation, so it was not asked. Nothing is lost: the same later succeeds. */
export class ContentLimit extends Transient {
  declare readonly retryAfterMs: number

  constructor(retryAfterMs: number) {
    super('the content that GitHub takes of an app in an hour is used up', { retryAfterMs })
  }
}

/**
 * What tells people something, by method and route. What GitHub counts as content it does not say; commits and check runs
 * tell nobody, and a pull request that is open may have its labels, its review and its merge.
 */
const content: Readonly<Record<string, ContentKind>> = {
  'POST /repos/{owner}/{repo}/pulls': 'release',
  'POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers': 'answer',
  'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge': 'answer',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/labels': 'answer',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': 'answer',
  'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions': 'answer',
}

export type ContentLimits = {
  /** Before a request: throws `ContentLimit` when it would be too much. */
  readonly spend: (installation: InstallationId, request: { readonly method: string; readonly url: string }) => void
  /** Throws `ContentLimit` while no release may be opened. */
  readonly expectRoom: (installation: InstallationId) => void
}

/**
 * One budget per installation, of this process. A restart fills it, which is 70 pieces more at most; what GitHub then
 * refuses is asked for again later, as whatever it refuses. A row for each piece would cost more than it spares.
 */
export function createContentLimits(now: () => Date): ContentLimits {
  const budgets = new Map<InstallationId, ContentBudget>()

  function ask(installation: InstallationId, kind: ContentKind): ContentBudget {
    const nowMs = now().getTime()
    const spending = spendContent(budgets.get(installation) ?? fullContentBudget(nowMs), kind, nowMs)
    if (spending.granted) return spending.budget
    budgets.set(installation, spending.budget)
    throw new ContentLimit(spending.untilMs - nowMs)
  }

  return {
    spend(installation, { method, url }) {
      const kind = content[`${method} ${url}`]
      if (kind !== undefined) budgets.set(installation, ask(installation, kind))
    },
    expectRoom(installation) {
      ask(installation, 'release')
    },
  }
}
