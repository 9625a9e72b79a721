import type { Octokit } from '@octokit/rest'
import {
  type BranchName,
  type FilePath,
  type RepoName,
  type UserId,
  parseBranchName,
  parseCommitSha,
  parsePullNumber,
  parseTreeSha,
  parseUserId,
} from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import type { BranchFacts, PullFacts, ReleaseFacts } from '../../core/release/decide.ts'
import type { CommitFacts } from '../../core/release/commit-decision.ts'
import { parseReleaseMarker } from '../../core/release/marker.ts'
import { type GitActorAnswer, authorId, committerId } from './actor.ts'
import { graphql } from './graphql.ts'
import { type PastsAnswer, filesAtOnce, histories, pastFragment, pastOf, readCommitFacts } from './commit-facts.ts'
import type { FileText } from './branch.ts'
import { type FilesAnswer, exactTexts, fileVariables, filesOf, namedFiles, readCommitFiles } from './commit-files.ts'
import { halfOf, mayBeTooMuch } from './pieces.ts'
import { ownerAndName } from './repository-name.ts'

/** What GitHub knows about one release branch, its pull requests, and the files to edit at the base's head. */
export type ReleaseState = Omit<ReleaseFacts, 'bot'> & {
  /** GraphQL's id of the repository, for `updateRefs`. */
  readonly repositoryNode: string
  /** Each file as it is at the base's head; one that is not there, or no text, is absent. */
  readonly files: ReadonlyMap<FilePath, FileText>
  /** The last commits that touched each file, newest first; of files whose past was not asked for, nothing. */
  readonly history: CommitFacts['history']
}

export type ReleaseQuestion = {
  readonly repository: RepoName
  readonly base: BranchName
  readonly branch: BranchName
  readonly files: readonly FilePath[]
  /** What the files have been through. */
  readonly past?: 'asked'
}

const pullsFragment = `
fragment Pulls on PullRequestConnection {
  pageInfo { hasNextPage endCursor }
  nodes {
    number state body isCrossRepository baseRefName headRefOid closedAt
    author { ...Account }
    timelineItems(itemTypes: [CLOSED_EVENT], last: 1) { nodes { ... on ClosedEvent { actor { ...Account } } } }
  }
}
fragment Account on Actor { ... on Bot { databaseId } ... on User { databaseId } }`

export const releaseFactsQuery = (files: number, past?: 'asked'): string => `
query ReleaseFacts($owner: String!, $name: String!, $base: String!, $branch: String!, $head: String!${fileVariables(files)}) {
  repository(owner: $owner, name: $name) {
    id
    base: ref(qualifiedName: $base) {
      target {
        oid
        ... on Commit {
          tree { oid }
          ${filesOf(files)}
          ${past === undefined ? '' : histories(files)}
        }
      }
    }
    branch: ref(qualifiedName: $branch) {
      target { oid ... on Commit { tree { oid } parents(first: 3) { nodes { oid } } author { ...Actor } committer { ...Actor } } }
    }
    pullRequests(headRefName: $head, first: 20, orderBy: { field: CREATED_AT, direction: DESC }) { ...Pulls }
    stacked: pullRequests(baseRefName: $head, states: OPEN, first: 1) { totalCount }
  }
}
fragment Actor on GitActor { email user { databaseId } }
${past === undefined ? '' : pastFragment}
${pullsFragment}`

/** Anybody with a fork can open pull requests from a branch of this name: ours may stand on a later page. */
export const morePullsQuery = `
query MoreReleasePulls($owner: String!, $name: String!, $head: String!, $after: String!) {
  repository(owner: $owner, name: $name) {
    pullRequests(headRefName: $head, first: 100, after: $after, orderBy: { field: CREATED_AT, direction: DESC }) { ...Pulls }
  }
}
${pullsFragment}`

type Answer = {
  readonly repository: {
    readonly id: string
    readonly base: { readonly target: BaseAnswer } | null
    readonly branch: { readonly target: BranchAnswer } | null
    readonly pullRequests: PullsAnswer
    readonly stacked: { readonly totalCount: number }
  }
}
type BaseAnswer = {
  readonly oid: string
  readonly tree: { readonly oid: string }
} & FilesAnswer &
  PastsAnswer
type BranchAnswer = {
  readonly oid: string
  readonly tree: { readonly oid: string }
  readonly parents: { readonly nodes: readonly { readonly oid: string }[] }
  readonly author: GitActorAnswer
  readonly committer: GitActorAnswer
}
type PullsAnswer = {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  readonly nodes: readonly PullAnswer[]
}
type AccountAnswer = { readonly databaseId?: number } | null
type PullAnswer = {
  readonly number: number
  readonly state: 'OPEN' | 'CLOSED' | 'MERGED'
  readonly body: string
  readonly isCrossRepository: boolean
  readonly baseRefName: string
  readonly headRefOid: string
  readonly closedAt: string | null
  readonly author: AccountAnswer
  readonly timelineItems: { readonly nodes: readonly { readonly actor: AccountAnswer }[] }
}

/** One query for all of it, and more where the files are many. undefined: the base is gone. */
export async function readReleaseState(octokit: Octokit, question: ReleaseQuestion): Promise<ReleaseState | undefined> {
  const { repository, base, branch, files, past } = question
  const [owner, name] = ownerAndName(repository)
  const { found, asked } = await readFacts(octokit, question)
  if (found.base === null) return undefined
  const { target } = found.base
  const head = guaranteed(parseCommitSha(target.oid))
  const history =
    past === undefined || asked === files.length
      ? pastOf(files, target)
      : (await readCommitFacts(octokit, { repository, branch: base, files })).history
  const first = { files: files.slice(0, asked), answer: target }
  const rest = { repository, commit: head, files: files.slice(asked) }
  const restAtOnce = asked === 0 ? halfOf(atFirst(files)) : filesAtOnce
  return {
    repositoryNode: found.id,
    base: { branch: base, head, tree: guaranteed(parseTreeSha(target.tree.oid)) },
    branch: found.branch === null ? undefined : branchFacts(found.branch.target),
    pulls: (await allPulls(octokit, { owner, name, head: branch }, found.pullRequests)).map(pullFacts),
    stacked: found.stacked.totalCount > 0,
    files: new Map([
      ...(await exactTexts(octokit, repository, first)),
      ...(await readCommitFiles(octokit, rest, restAtOnce)),
    ]),
    history,
  }
}

/** With as many files as one query takes, or with none where they were too much for it. */
async function readFacts(
  octokit: Octokit,
  { repository, base, branch, files, past }: ReleaseQuestion,
): Promise<{ readonly found: Answer['repository']; readonly asked: number }> {
  const [owner, name] = ownerAndName(repository)
  const ask = async (first: readonly FilePath[]) => {
    // Each history costs GitHub a walk: those of many files are asked for apart.
    const isAll = first.length > 0 && first.length === files.length
    const query = releaseFactsQuery(first.length, isAll ? past : undefined)
    const where = { owner, name, base: `refs/heads/${base}`, branch: `refs/heads/${branch}`, head: branch }
    const { repository: found } = await graphql<Answer>(octokit, query, { ...where, ...namedFiles(first) })
    return { found, asked: first.length }
  }
  try {
    return await ask(atFirst(files))
  } catch (error) {
    if (files.length <= 1 || !mayBeTooMuch(error)) throw error
    return ask([])
  }
}

function atFirst(files: readonly FilePath[]): readonly FilePath[] {
  return files.slice(0, filesAtOnce)
}

const mostPages = 20
/** Of an image's long history the newest tell what is refused now: the price of a release does not grow with it. */
const enoughPulls = 20

async function allPulls(
  octokit: Octokit,
  where: { readonly owner: string; readonly name: string; readonly head: string },
  first: PullsAnswer,
): Promise<readonly PullAnswer[]> {
  const ours: PullAnswer[] = []
  let page = first
  for (let pages = 1; ; pages += 1) {
    ours.push(...page.nodes.filter((pull) => !pull.isCrossRepository))
    if (!page.pageInfo.hasNextPage || ours.length >= enoughPulls || pages === mostPages) return ours
    const variables = { ...where, after: page.pageInfo.endCursor }
    page = (await graphql<Pick<Answer, 'repository'>>(octokit, morePullsQuery, variables)).repository.pullRequests
  }
}

function branchFacts({ oid, tree, parents, author, committer }: BranchAnswer): BranchFacts {
  return {
    head: guaranteed(parseCommitSha(oid)),
    tree: guaranteed(parseTreeSha(tree.oid)),
    parents: parents.nodes.map((parent) => guaranteed(parseCommitSha(parent.oid))),
    author: authorId(author),
    committer: committerId(committer),
  }
}

const states = { OPEN: 'open', CLOSED: 'closed', MERGED: 'merged' } as const

function pullFacts(pull: PullAnswer): PullFacts {
  return {
    number: guaranteed(parsePullNumber(pull.number)),
    state: states[pull.state],
    base: guaranteed(parseBranchName(pull.baseRefName)),
    head: guaranteed(parseCommitSha(pull.headRefOid)),
    body: pull.body.replaceAll('\r\n', '\n'),
    author: userId(pull.author),
    marker: parseReleaseMarker(pull.body),
    closedBy: userId(pull.timelineItems.nodes.at(-1)?.actor ?? null),
    closedMs: pull.closedAt === null ? undefined : Date.parse(pull.closedAt),
  }
}

function userId(account: AccountAnswer): UserId | undefined {
  return account?.databaseId === undefined ? undefined : guaranteed(parseUserId(account.databaseId))
}
