import { nodeId } from '../node-id.ts'
import { authorAssociation } from '../render/account.ts'
import { issueHtml } from '../render/issue.ts'
import { type IssueComment, type Label } from '../state.ts'
import { accountFields } from './account.ts'
import { type Fields, type View } from './fields.ts'

export function commentFields(view: View, comment: IssueComment): Fields {
  return {
    __typename: 'IssueComment',
    id: nodeId('comment', comment.id),
    databaseId: comment.id,
    fullDatabaseId: `${comment.id}`,
    body: comment.body,
    author: () => accountFields(view, comment.user),
    authorAssociation: authorAssociation(comment.issue.repository, comment.user),
    createdAt: comment.createdAt,
    updatedAt: comment.updatedAt,
    isMinimized: comment.minimized,
    includesCreatedEdit: comment.updatedAt !== comment.createdAt,
    url: `${issueHtml(view.github, comment.issue)}#issuecomment-${comment.id}`,
    pullRequest: () => (comment.issue.pull === undefined ? null : view.show.pull(comment.issue.pull)),
    repository: () => view.show.repository(comment.issue.repository),
  }
}

export function labelFields(label: Label): Fields {
  return {
    __typename: 'Label',
    id: nodeId('label', label.id),
    name: label.name,
    color: label.color,
    description: label.description,
    isDefault: label.default,
  }
}
