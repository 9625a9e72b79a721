import { GraphQLError } from 'graphql'
import { fullName, findPull, pullsOf } from '../lookup.ts'
import { nodeId } from '../node-id.ts'
import { type Pull, type Repository } from '../state.ts'
import { accountFields } from './account.ts'
import { connection, type Order, type Page } from './connection.ts'
import { labelFields } from './comment.ts'
import { type Fields, type View } from './fields.ts'
import { objectFields } from './git-object.ts'
import { need, refusal } from './refuse.ts'

export function repositoryFields(view: View, repository: Repository): Fields {
  return {
    __typename: 'Repository',
    ...settingFields(view, repository),
    ...gitFields(view, repository),
    pullRequest: ({ number }: { readonly number: number }) => {
      need(view.caller, repository, { pull_requests: 'read' })
      const pull = findPull(repository, number)
      if (pull !== undefined) return view.show.pull(pull)
      throw refusal('NOT_FOUND', `Could not resolve to a PullRequest with the number of ${number}.`)
    },
    pullRequests: (wanted: Page & WantedPulls) => {
      need(view.caller, repository, { pull_requests: 'read' })
      const order = orderOf(wanted)
      const pulls = selectPulls(repository, wanted, order)
      return connection('PullRequestConnection', pulls, { page: wanted, node: (pull) => view.show.pull(pull), order })
    },
    label: ({ name }: { readonly name: string }) => {
      const label = repository.labels.get(name.toLowerCase())
      return label === undefined ? null : labelFields(label)
    },
    labels: (page: Page) => connection('LabelConnection', [...repository.labels.values()], { page, node: labelFields }),
    // There are no merge queues here.
    mergeQueue: null,
  }
}

function settingFields(view: View, repository: Repository): Omit<Fields, '__typename'> {
  const { mergeMethods, parent } = repository
  return {
    id: nodeId('repository', repository.id),
    databaseId: repository.id,
    name: repository.name,
    nameWithOwner: fullName(repository),
    owner: () => accountFields(view, repository.owner),
    description: repository.description ?? null,
    resourcePath: `/${fullName(repository)}`,
    url: `${view.github.urls.web}/${fullName(repository)}`,
    isArchived: repository.archived,
    isDisabled: false,
    isFork: parent !== undefined,
    isInOrganization: repository.owner.type === 'Organization',
    isLocked: false,
    isPrivate: repository.private,
    visibility: repository.private ? 'PRIVATE' : 'PUBLIC',
    parent: () => (parent === undefined ? null : view.show.repository(parent)),
    squashMergeAllowed: mergeMethods.includes('squash'),
    mergeCommitAllowed: mergeMethods.includes('merge'),
    rebaseMergeAllowed: mergeMethods.includes('rebase'),
    autoMergeAllowed: repository.allowAutoMerge,
    deleteBranchOnMerge: repository.deleteBranchOnMerge,
    createdAt: repository.createdAt,
    updatedAt: repository.updatedAt,
    pushedAt: repository.pushedAt,
  }
}

function gitFields(view: View, repository: Repository): Omit<Fields, '__typename'> {
  const { git, defaultBranch } = repository
  const readable = <A, T>(resolve: (args: A) => T): ((args: A) => T) => {
    return (args) => {
      need(view.caller, repository, { contents: 'read' })
      return resolve(args)
    }
  }
  return {
    isEmpty: git.refs.all().size === 0,
    defaultBranchRef: readable(() => view.show.ref(repository, `refs/heads/${defaultBranch}`)),
    ref: readable(({ qualifiedName }: { readonly qualifiedName: string }) => {
      const names = [
        qualifiedName,
        `refs/heads/${qualifiedName}`,
        `refs/tags/${qualifiedName}`,
        `refs/${qualifiedName}`,
      ]
      const name = names.find((candidate) => git.refs.get(candidate) !== undefined)
      return name === undefined ? null : view.show.ref(repository, name)
    }),
    refs: readable(({ refPrefix, query, ...page }: Page & { readonly refPrefix: string; readonly query?: string }) => {
      const names = [...git.refs.all().keys()].filter(
        (name) => name.startsWith(refPrefix) && name.slice(refPrefix.length).includes(query ?? ''),
      )
      return connection('RefConnection', names.toSorted(), { page, node: (name) => view.show.ref(repository, name) })
    }),
    object: readable((named: { readonly oid?: string; readonly expression?: string }) =>
      objectFields(view, repository, named),
    ),
  }
}

type WantedPulls = {
  readonly headRefName?: string
  readonly baseRefName?: string
  readonly states?: readonly string[]
  readonly labels?: readonly string[]
  readonly orderBy?: { readonly field: string; readonly direction: 'ASC' | 'DESC' } | null
}

function orderOf({ orderBy }: WantedPulls): Order<Pull> {
  const { field, direction } = orderBy ?? { field: 'CREATED_AT', direction: 'ASC' }
  if (field === 'COMMENTS') throw new GraphQLError('sandbox does not implement ordering pull requests by comments')
  const at = ({ issue }: Pull): string => (field === 'UPDATED_AT' ? issue.updatedAt : issue.createdAt)
  return {
    key: (pull) => `${at(pull)} ${String(pull.issue.number).padStart(9, '0')}`,
    descending: direction === 'DESC',
  }
}

function selectPulls(repository: Repository, wanted: WantedPulls, { key, descending }: Order<Pull>): readonly Pull[] {
  const ordered = pullsOf(repository)
    .filter((pull) => isWanted(pull, wanted))
    .toSorted((one, other) => (key(one) < key(other) ? -1 : 1))
  return descending ? ordered.toReversed() : ordered
}

function isWanted(pull: Pull, { headRefName, baseRefName, states, labels }: WantedPulls): boolean {
  const state = pull.merged === undefined ? pull.issue.state.toUpperCase() : 'MERGED'
  return (
    (headRefName === undefined || pull.head.ref === headRefName) &&
    (baseRefName === undefined || pull.base.ref === baseRefName) &&
    (states === undefined || states.includes(state)) &&
    (labels === undefined || pull.issue.labels.some(({ name }) => labels.includes(name)))
  )
}
