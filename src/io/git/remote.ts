import { type BranchName, type CommitSha, parseBranchName, parseCommitSha } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import type { CopyFolder } from './copy-folder.ts'
import type { GitCredential } from './credential.ts'
import { localEnvironment, remoteEnvironment } from './environment.ts'
import { failureOf, readable } from './failure.ts'
import { GitError } from './git-error.ts'
import type { BranchHead } from './mirror.ts'
import type { GitAnswer } from './run.ts'

const listTimeoutMs = 60_000
const fetchTimeoutMs = 600_000
const mostPackBytes = 1024 * 1024 * 1024

/** One conversation with the remote, with a credential that is good now. */
export type Remote = {
  readonly folder: CopyFolder
  readonly url: string
  readonly credential: GitCredential
  readonly signal: AbortSignal | undefined
}

/** Where a branch is; costs no objects. */
export async function readBranch(remote: Remote, branch: BranchName | undefined): Promise<BranchHead> {
  const wanted = branch === undefined ? 'HEAD' : `refs/heads/${branch}`
  const listed = await talk(remote, ['ls-remote', '--symref', 'origin', wanted], { timeoutMs: listTimeoutMs })
  const lines = listed.stdout.toString('utf8').split('\n')
  // A pattern also matches the end of longer names.
  const sha = lines.find((line) => line.endsWith(`\t${wanted}`) && !line.startsWith('ref: '))?.split('\t')[0]
  const named = branch ?? branchOfHead(lines)
  if (sha === undefined || named === undefined) throw branchGone(remote.url, branch)
  return { branch: named, head: guaranteed(parseCommitSha(sha)) }
}

/** `ref: refs/heads/main\tHEAD` */
function branchOfHead(lines: readonly string[]): BranchName | undefined {
  const [, name] =
    lines.map((line) => /^ref: refs\/heads\/(.+)\tHEAD$/.exec(line)).find((match) => match !== null) ?? []
  return name === undefined ? undefined : guaranteed(parseBranchName(name))
}

function branchGone(url: string, branch: BranchName | undefined): GitError {
  return branch === undefined
    ? new GitError('branch-gone', `${url} has no default branch with a commit on it`, {
        help: 'push one, or set GIT_BRANCH',
      })
    : new GitError('branch-gone', `${url} has no branch ${branch}`, {
        help: 'push it again, or set GIT_BRANCH to another',
      })
}

/** A commit with its trees, without its history and its files. What was fetched before is named, and not sent again. */
export async function fetchCommitObjects(remote: Remote, commit: CommitSha): Promise<void> {
  await fetchObjects(remote, ['--depth=1', 'origin', `+${commit}:refs/lotse/newest`])
}

/** All of them in one fetch: what git does by itself when a blob is missing is one fetch for each. */
export async function fetchBlobs(remote: Remote, blobs: readonly string[]): Promise<void> {
  await fetchObjects(remote, ['--stdin', 'origin'], blobs.map((blob) => `${blob}\n`).join(''))
}

/** Without `fsckObjects`: it refuses what old repositories hold, and nothing is ever checked out here. */
async function fetchObjects(remote: Remote, args: readonly string[], input = ''): Promise<void> {
  const noNegotiation = input === '' ? [] : ['-c', 'fetch.negotiationAlgorithm=noop']
  const options = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--filter=blob:none']
  const limits = { timeoutMs: fetchTimeoutMs, mostFileBytes: mostPackBytes }
  await talk(remote, [...noNegotiation, 'fetch', ...options, ...args], { ...limits, input })
}

type Talk = { readonly timeoutMs: number; readonly mostFileBytes?: number; readonly input?: string }

async function talk(remote: Remote, args: readonly string[], how: Talk): Promise<GitAnswer> {
  const { folder, url, credential, signal } = remote
  const answer = await folder.inMirror(args, {
    ...how,
    signal,
    environment: remoteEnvironment(folder.machine, url, credential),
  })
  if (answer.code === 0 && answer.cut === undefined) return answer
  throw await explain(remote, answer)
}

/** Words that we do not know: then our copy is looked at, and if nothing is wrong with it, it is the remote. */
async function explain({ folder, url, credential }: Remote, answer: GitAnswer): Promise<GitError> {
  const secret = credential.kind === 'token' ? credential.token.reveal() : undefined
  const known = failureOf(answer, url, secret)
  if (known !== undefined) return known
  const cause = new Error(readable(answer.stderr, secret))
  const check = await folder.inMirror(['fsck', '--no-dangling', '--no-progress'], {
    environment: localEnvironment(folder.machine),
  })
  return check.code === 0
    ? new GitError('unreachable', `${url} could not be fetched`, { cause })
    : new GitError('corrupt', 'the git mirror is broken', { cause })
}
