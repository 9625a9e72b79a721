import { nodeId } from '../node-id.ts'
import { issueHtml } from '../render/issue.ts'
import { type Pull, type TimelineEvent } from '../state.ts'
import { accountFields } from './account.ts'
import { labelFields } from './comment.ts'
import { type Fields, type View } from './fields.ts'

type TimelineType = { readonly item: string; readonly typename: string }

/** What of our timeline GraphQL shows, by the names that `itemTypes` and the schema have for it. */
export const timelineTypes: Readonly<Record<TimelineEvent['event'], TimelineType | undefined>> = {
  opened: undefined,
  closed: { item: 'CLOSED_EVENT', typename: 'ClosedEvent' },
  reopened: { item: 'REOPENED_EVENT', typename: 'ReopenedEvent' },
  merged: { item: 'MERGED_EVENT', typename: 'MergedEvent' },
  renamed: { item: 'RENAMED_TITLE_EVENT', typename: 'RenamedTitleEvent' },
  labeled: { item: 'LABELED_EVENT', typename: 'LabeledEvent' },
  unlabeled: { item: 'UNLABELED_EVENT', typename: 'UnlabeledEvent' },
  base_ref_changed: { item: 'BASE_REF_CHANGED_EVENT', typename: 'BaseRefChangedEvent' },
  head_ref_deleted: { item: 'HEAD_REF_DELETED_EVENT', typename: 'HeadRefDeletedEvent' },
  head_ref_force_pushed: { item: 'HEAD_REF_FORCE_PUSHED_EVENT', typename: 'HeadRefForcePushedEvent' },
  // A commit is no event of its own there; `commits` lists them.
  committed: undefined,
  converted_to_draft: { item: 'CONVERT_TO_DRAFT_EVENT', typename: 'ConvertToDraftEvent' },
  ready_for_review: { item: 'READY_FOR_REVIEW_EVENT', typename: 'ReadyForReviewEvent' },
  auto_merge_enabled: { item: 'AUTO_MERGE_ENABLED_EVENT', typename: 'AutoMergeEnabledEvent' },
  auto_merge_disabled: { item: 'AUTO_MERGE_DISABLED_EVENT', typename: 'AutoMergeDisabledEvent' },
}

export function eventFields(view: View, pull: Pull, event: TimelineEvent): Fields {
  const url = `${issueHtml(view.github, pull.issue)}#event-${event.id}`
  return {
    __typename: timelineTypes[event.event]?.typename ?? 'UnknownEvent',
    id: nodeId('event', event.id),
    actor: () => accountFields(view, event.actor),
    createdAt: event.at,
    url,
    pullRequest: () => view.show.pull(pull),
    closable: () => view.show.pull(pull),
    ...(event.label === undefined ? {} : { label: labelFields(event.label) }),
    ...(event.renamed === undefined ? {} : { previousTitle: event.renamed.from, currentTitle: event.renamed.to }),
    ...(event.event === 'merged' ? mergedFields(view, pull, event) : {}),
  }
}

function mergedFields(view: View, pull: Pull, { commit }: TimelineEvent): Omit<Fields, '__typename'> {
  return {
    mergeRefName: pull.base.ref,
    commit: () => (commit === undefined ? null : view.show.commit(pull.issue.repository, commit)),
  }
}
