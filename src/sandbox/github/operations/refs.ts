import { ApiError, unprocessable } from '../api-error.ts'
import { type Actor } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { isAncestor } from '../git/history.ts'
import { noCommit, type RefChange } from '../git/refs.ts'
import { type Repository } from '../state.ts'
import { followRefs } from './push.ts'
import { bringsWorkflows, mayWriteWorkflows, pushComplaints, violation, workflowsRefused } from './push-rules.ts'

export type WantedRef = {
  /** `refs/heads/main` */
  readonly name: string
  /** What must be there; `noCommit`: nothing. Undefined: whatever is. */
  readonly before?: string
  /** `noCommit`: delete. */
  readonly after: string
  readonly force: boolean
}

/** A ref was not where it was expected to be. */
export class RefMoved extends ApiError {
  readonly ref: string
  readonly actual: string

  constructor(ref: string, actual: string) {
    super(422, `Reference cannot be updated: ${ref} is at ${actual}`)
    this.name = 'RefMoved'
    this.ref = ref
    this.actual = actual
  }
}

/** A rule of the branch forbids it. */
export class RulesViolated extends ApiError {
  constructor(complaints: readonly string[]) {
    super(422, violation(complaints))
    this.name = 'RulesViolated'
  }
}

/** Moves refs, all or none, under the rules of the repository, with everything that follows. REST and GraphQL meet here. */
export async function changeRefs(
  github: GitHub,
  { repository, actor }: { readonly repository: Repository; readonly actor: Actor },
  wanted: readonly WantedRef[],
): Promise<readonly RefChange[]> {
  return repository.git.exclusively(() => changeRefsHeld(github, { repository, actor }, wanted))
}

/** The same, for who holds the repository already. */
export async function changeRefsHeld(
  github: GitHub,
  { repository, actor }: { readonly repository: Repository; readonly actor: Actor },
  wanted: readonly WantedRef[],
): Promise<readonly RefChange[]> {
  refuseWhenArchived(repository)
  for (const ref of wanted) await refuse({ repository, actor }, ref)
  const updated = await repository.git.refs.update(
    wanted.map(({ name, before, after }) => ({ name, after, ...(before === undefined ? {} : { before }) })),
  )
  switch (updated.kind) {
    case 'moved':
      throw new RefMoved(updated.name, updated.actual)
    case 'refused':
      throw unprocessable(`Reference cannot be updated: ${updated.because}`)
    case 'updated':
      await followRefs(github, { repository, actor }, updated.changes)
      return updated.changes
  }
}

export function refuseWhenArchived(repository: Repository): void {
  if (repository.archived) throw new ApiError(403, 'Repository was archived so is read-only.')
}

async function refuse(
  { repository, actor }: { readonly repository: Repository; readonly actor: Actor },
  { name, before, after, force }: WantedRef,
): Promise<void> {
  const { git } = repository
  if (!isRefName(name)) throw unprocessable(`${name} is not a valid ref name.`)
  const actual = git.refs.get(name) ?? noCommit
  if (before !== undefined && before !== actual) throw new RefMoved(name, actual)
  if (actual === after) return
  if (after !== noCommit && (await git.objects.read(after)) === undefined) throw unprocessable('Object does not exist')
  if (name === `refs/heads/${repository.defaultBranch}` && after === noCommit) {
    throw unprocessable('Cannot delete the default branch')
  }
  const change = { name, before: actual, after }
  const creates = actual === noCommit || after === noCommit
  if (!force && !creates && !(await isAncestor(git.path, actual, after))) {
    throw unprocessable('Update is not a fast forward')
  }
  const complaints = await pushComplaints(repository, actor, change)
  if (complaints.length > 0) throw new RulesViolated(complaints)
  if (!mayWriteWorkflows(actor) && (await bringsWorkflows(repository, change)))
    throw new ApiError(403, workflowsRefused)
}

/** What git-check-ref-format allows, below `refs/heads/` and `refs/tags/`. */
export function isRefName(name: string): boolean {
  return (
    /^refs\/(heads|tags)\/[^/]/.test(name) &&
    // oxlint-disable-next-line no-control-regex -- control characters are what git forbids here
    !/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\/$|\.$/.test(name) &&
    name.split('/').every((segment) => !segment.startsWith('.') && !segment.endsWith('.lock'))
  )
}
