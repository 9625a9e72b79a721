import type { Octokit } from '@octokit/rest'
import {
  type CommentId,
  type CommitSha,
  type PullNumber,
  type RepoName,
  type UserId,
  parseCommentId,
  parseCommitSha,
  parseUserId,
} from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { listOwnComments } from './comments.ts'
import { graphql, isAbsent } from './graphql.ts'
import type { PolicyRun } from './merge-facts.ts'
import { ownerAndName } from './repository-name.ts'
import { type RequiredContextsAnswer, requiredContexts, requiredContextsFields } from './required-contexts.ts'

export const diffPullQuery = `
query DiffPull($owner: String!, $name: String!, $number: Int!, $appId: Int!) {
  repository(owner: $owner, name: $name) {
    defaultBranchRef { name target { oid } }
    pullRequest(number: $number) {
      state isCrossRepository headRefOid baseRefName
      author { __typename login ... on Bot { databaseId } ... on User { databaseId } }
      baseRef {${requiredContextsFields} }
      comments(first: 100) {
        totalCount
        nodes { databaseId body author { __typename ... on Bot { databaseId } } }
      }
      commits(last: 1) {
        nodes {
          commit {
            oid
            checkSuites(first: 5, filterBy: { appId: $appId }) {
              nodes { checkRuns(first: 100) { nodes { databaseId name conclusion title summary } } }
            }
          }
        }
      }
    }
  }
}`

type RunAnswer = {
  readonly databaseId: number
  readonly name: string
  readonly conclusion: string | null
  readonly title: string | null
  readonly summary: string | null
}
type CommitAnswer = {
  readonly oid: string
  readonly checkSuites: {
    readonly nodes: readonly { readonly checkRuns: { readonly nodes: readonly RunAnswer[] } }[]
  } | null
}
type CommentAnswer = {
  readonly databaseId: number
  readonly body: string
  readonly author: { readonly databaseId?: number } | null
}
type PullAnswer = {
  readonly state: 'OPEN' | 'CLOSED' | 'MERGED'
  readonly isCrossRepository: boolean
  readonly headRefOid: string
  readonly baseRefName: string
  readonly author: { readonly login: string; readonly databaseId?: number } | null
  readonly baseRef: RequiredContextsAnswer | null
  readonly comments: { readonly totalCount: number; readonly nodes: readonly CommentAnswer[] }
  readonly commits: { readonly nodes: readonly { readonly commit: CommitAnswer }[] }
}
type DiffPullAnswer = {
  readonly repository: {
    readonly defaultBranchRef: { readonly name: string; readonly target: { readonly oid: string } } | null
    readonly pullRequest: PullAnswer | null
  }
}

/** What the effect of a pull request on live clusters depends on, and what of ours stands on it already. */
export type DiffPull = {
  readonly state: 'open' | 'closed'
  readonly fromFork: boolean
  readonly intoDefault: boolean
  readonly head: CommitSha
  readonly defaultHead: CommitSha
  readonly author: { readonly login: string; readonly id: UserId } | undefined
  /** The contexts that the base requires. */
  readonly required: readonly string[]
  /** Our newest check runs on the head, by name. */
  readonly runs: ReadonlyMap<string, PolicyRun>
  /** Our comments, oldest first. */
  readonly comments: readonly { readonly id: CommentId; readonly body: string }[]
}

export type OwnTraces = {
  readonly appId: number
  readonly bot: UserId
  /** Our comments, where they are known: then what others have said is not looked through for them. */
  readonly comments: DiffPull['comments'] | undefined
}

/** undefined: there is no such pull request, or its commit is gone. */
export async function readDiffPull(
  octokit: Octokit,
  repository: RepoName,
  number: PullNumber,
  own: OwnTraces,
): Promise<DiffPull | undefined> {
  const [owner, name] = ownerAndName(repository)
  const variables = { owner, name, number, appId: own.appId }
  const found = await graphql<DiffPullAnswer>(octokit, diffPullQuery, variables).then(
    (answer) => answer.repository,
    (error: unknown) => {
      if (isAbsent(error, 'repository.pullRequest')) return undefined
      throw error
    },
  )
  const pull = found?.pullRequest ?? undefined
  const base = found?.defaultBranchRef ?? undefined
  const commit = pull?.commits.nodes.at(-1)?.commit
  if (pull === undefined || base === undefined || commit === undefined) return undefined
  const id = pull.author?.databaseId
  return {
    state: pull.state === 'OPEN' ? 'open' : 'closed',
    fromFork: pull.isCrossRepository,
    intoDefault: pull.baseRefName === base.name,
    head: guaranteed(parseCommitSha(pull.headRefOid)),
    defaultHead: guaranteed(parseCommitSha(base.target.oid)),
    author:
      pull.author === null || id === undefined
        ? undefined
        : { login: pull.author.login, id: guaranteed(parseUserId(id)) },
    required: requiredContexts(pull.baseRef),
    // Of a head that has just moved the commit may still be the one before it: its runs are not ours to edit.
    runs: commit.oid === pull.headRefOid ? runsOf(commit) : new Map(),
    comments: await commentsOf(octokit, repository, number, { pull, own }),
  }
}

function runsOf({ checkSuites }: CommitAnswer): ReadonlyMap<string, PolicyRun> {
  const runs = (checkSuites?.nodes ?? []).flatMap((suite) => suite.checkRuns.nodes)
  const oldestFirst = runs.toSorted((a, b) => a.databaseId - b.databaseId)
  return new Map(
    oldestFirst.map(({ databaseId: id, name, conclusion, title, summary }) => [
      name,
      { id, conclusion: conclusion?.toLowerCase(), title: title ?? '', summary: summary ?? '' },
    ]),
  )
}

/** One page shows them nearly always; where there are more, and ours are not known, all of them are listed. */
async function commentsOf(
  octokit: Octokit,
  repository: RepoName,
  number: PullNumber,
  { pull: { comments }, own: { bot, comments: known } }: { readonly pull: PullAnswer; readonly own: OwnTraces },
): Promise<DiffPull['comments']> {
  if (comments.totalCount > comments.nodes.length) {
    return known ?? listOwnComments(octokit, repository, number, { bot, since: '1970-01-01T00:00:00Z' })
  }
  return comments.nodes
    .filter(({ author }) => author?.databaseId === bot)
    .map(({ databaseId, body }) => ({ id: guaranteed(parseCommentId(databaseId)), body }))
}
