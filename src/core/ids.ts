import { type Parsed, parsed, refused } from './parsed.ts'

declare const brand: unique symbol
type Branded<T, B extends string> = T & { readonly [brand]: B }

/** GitHub's numeric id of a repository. Keys are ids, never names: names move when a repository is renamed. */
export type RepoId = Branded<number, 'RepoId'>
export type InstallationId = Branded<number, 'InstallationId'>
/** GitHub's numeric id of a person or bot. */
export type UserId = Branded<number, 'UserId'>
export type PullNumber = Branded<number, 'PullNumber'>
export type CommentId = Branded<number, 'CommentId'>
/** `owner/name`, lower-cased: GitHub ignores the case. For calls and texts only, never a key. */
export type RepoName = Branded<string, 'RepoName'>
/** 40 lower-case hex digits (64 in a SHA-256 repository). */
export type CommitSha = Branded<string, 'CommitSha'>
export type TreeSha = Branded<string, 'TreeSha'>
export type BlobSha = Branded<string, 'BlobSha'>
/** `main`, `feature/x`: without `refs/heads/`. */
export type BranchName = Branded<string, 'BranchName'>
/** A cluster's name in `.github/lotse.yaml`. */
export type ClusterName = Branded<string, 'ClusterName'>
/** A path in a repository: relative, `/` between segments, no `.` or `..` segment. */
export type FilePath = Branded<string, 'FilePath'>

export const parseRepoId = number<RepoId>('repository id')
export const parseInstallationId = number<InstallationId>('installation id')
export const parseUserId = number<UserId>('user id')
export const parsePullNumber = number<PullNumber>('pull request number')
export const parseCommentId = number<CommentId>('comment id')

const sha = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/
export const parseCommitSha = pattern<CommitSha>('commit', sha, '40 hex digits')
export const parseTreeSha = pattern<TreeSha>('tree', sha, '40 hex digits')
export const parseBlobSha = pattern<BlobSha>('blob', sha, '40 hex digits')
export const parseClusterName = pattern<ClusterName>(
  'cluster name',
  /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
  'lower-case letters, digits and hyphens, at most 63',
)

export function parseRepoName(text: string): Parsed<RepoName> {
  const name = text.toLowerCase()
  return /^[a-z0-9-]{1,39}\/[a-z0-9._-]{1,100}$/.test(name)
    ? parsed(name as RepoName)
    : refused(`expected a repository as owner/name, got \`${text}\``)
}

/** Git's own rules for a ref name (git-check-ref-format), for the part behind `refs/heads/`. */
export function parseBranchName(text: string): Parsed<BranchName> {
  const forbidden =
    text === '' ||
    text.length > 244 ||
    text === '@' ||
    // oxlint-disable-next-line no-control-regex -- control characters are what git forbids here
    /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.$|^-/.test(text) ||
    text.split('/').some((segment) => segment.startsWith('.') || segment.endsWith('.lock'))
  return forbidden ? refused(`expected a branch name, got \`${text}\``) : parsed(text as BranchName)
}

export function parseFilePath(text: string): Parsed<FilePath> {
  const segments = text.split('/')
  const wrong = text === '' || text.includes('\0') || segments.some((segment) => ['', '.', '..'].includes(segment))
  return wrong
    ? refused(`expected a path inside the repository, without leading slash or \`..\`, got \`${text}\``)
    : parsed(text as FilePath)
}

function number<T extends number>(what: string): (value: number | string) => Parsed<T> {
  return (value) => {
    const number = typeof value === 'string' && /^[0-9]{1,16}$/.test(value) ? Number(value) : value
    return typeof number === 'number' && Number.isSafeInteger(number) && number > 0
      ? parsed(number as T)
      : refused(`expected a ${what}, a whole number above 0, got \`${value}\``)
  }
}

function pattern<T extends string>(what: string, form: RegExp, expected: string): (text: string) => Parsed<T> {
  return (text) =>
    form.test(text) ? parsed(text as T) : refused(`expected a ${what} (${expected}), got \`${text.slice(0, 80)}\``)
}
