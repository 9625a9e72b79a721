import type { Octokit } from '@octokit/rest'
import type { PolicyCheck } from '../../core/automerge/policy-check.ts'
import type { CommitSha, FilePath, RepoName } from '../../core/ids.ts'
import { hasStatus } from './errors.ts'
import type { PolicyRun } from './merge-facts.ts'
import { ownerAndName } from './repository-name.ts'

/** A check run as it shall be. Annotations stand at the lines of a commit's files; GitHub takes 50, the first are taken. */
export type Check = PolicyCheck & { readonly annotations?: readonly CheckAnnotation[] }

export type CheckAnnotation = {
  readonly path: FilePath
  readonly line: number
  readonly level: 'notice' | 'warning' | 'failure'
  readonly message: string
  readonly title?: string
}

const mostAnnotations = 50

type Written = { readonly name: string; readonly head: CommitSha; readonly check: Check }

/** A check run as GitHub has it; `url` is where people read it, where GitHub told it. */
export type CheckRun = PolicyRun & {
  readonly url?: string
  /** It has annotations. */
  readonly annotated?: boolean
}

/** Makes the check run say what `check` says; what it says already is not said again. Gives the run that says it. */
export async function writeCheck(
  octokit: Octokit,
  repository: RepoName,
  run: CheckRun | undefined,
  { name, head, check }: Written,
): Promise<CheckRun> {
  if (run !== undefined && sameText(run, check)) return run
  const [owner, repo] = ownerAndName(repository)
  const state = {
    ...(check.conclusion === undefined
      ? { status: 'in_progress' as const }
      : { status: 'completed' as const, conclusion: check.conclusion }),
    output: {
      title: check.title,
      summary: check.summary,
      ...(check.annotations === undefined
        ? {}
        : { annotations: check.annotations.slice(0, mostAnnotations).map(render) }),
    },
  }
  if (run === undefined || reopens(run, check) || run.annotated === true || hasAnnotations(check)) {
    const { data } = await octokit.rest.checks.create({ owner, repo, name, head_sha: head, ...state })
    return written(data, check)
  }
  const { data } = await octokit.rest.checks.update({ owner, repo, check_run_id: run.id, ...state })
  return written(data, check)
}

function written(data: { readonly id: number; readonly html_url: string | null }, check: Check): CheckRun {
  const { conclusion, title, summary } = check
  const seen = { ...(data.html_url === null ? {} : { url: data.html_url }), annotated: hasAnnotations(check) }
  return { id: data.id, conclusion, title, summary, ...seen }
}

/** A completed run cannot go back to be in progress: a new run of the same name takes its place. */
function reopens(run: PolicyRun, check: PolicyCheck): boolean {
  return run.conclusion !== undefined && check.conclusion === undefined
}

/** GitHub adds to those that a run has and takes none away: beside one that has some, a new run says what is so now. */
function hasAnnotations({ annotations = [] }: Check): boolean {
  return annotations.length > 0
}

function render({ path, line, level, message, title }: CheckAnnotation) {
  return {
    path,
    start_line: line,
    end_line: line,
    annotation_level: level,
    message,
    ...(title === undefined ? {} : { title }),
  }
}

function sameText(run: PolicyRun, check: PolicyCheck): boolean {
  return run.conclusion === check.conclusion && run.title === check.title && run.summary === check.summary
}

export type SoughtCheck = { readonly name: string; readonly head: CommitSha; readonly appId: number }

/** Whether a check run of ours with this name is on a commit. */
export async function findCheck(
  octokit: Octokit,
  repository: RepoName,
  sought: SoughtCheck,
): Promise<'there' | 'missing' | 'no-commit'> {
  const run = await readCheck(octokit, repository, sought)
  return typeof run === 'string' ? run : 'there'
}

/** Our newest check run with this name on a commit; a merge group that was given up takes its commit along. */
export async function readCheck(
  octokit: Octokit,
  repository: RepoName,
  { name, head, appId }: SoughtCheck,
): Promise<CheckRun | 'missing' | 'no-commit'> {
  const [owner, repo] = ownerAndName(repository)
  try {
    const { data } = await octokit.rest.checks.listForRef({ owner, repo, ref: head, check_name: name, app_id: appId })
    const [newest] = data.check_runs.toSorted((a, b) => b.id - a.id)
    if (newest === undefined) return 'missing'
    const { id, conclusion, output } = newest
    return {
      id,
      conclusion: conclusion ?? undefined,
      title: output.title ?? '',
      summary: output.summary ?? '',
      ...(newest.html_url === null ? {} : { url: newest.html_url }),
      annotated: output.annotations_count > 0,
    }
  } catch (error) {
    if (hasStatus(error, 404, 422)) return 'no-commit'
    throw error
  }
}
