import type { SyncProblem } from '../core/sync/report.ts'
import { UserError } from '../core/user-error.ts'
import { GitError } from '../io/git/git-error.ts'
import { KubernetesError } from '../io/kubernetes/errors.ts'

type Expected = UserError | GitError | KubernetesError

/** What people or time mend. Everything else is a bug of ours. */
export function isExpected(error: unknown): error is Expected {
  return error instanceof UserError || error instanceof GitError || error instanceof KubernetesError
}

/** What stopped all of it, and what to do. */
export function problemOfAll(error: unknown): SyncProblem {
  // What a bug says may quote anything; it stands in the log.
  if (!isExpected(error)) return { message: 'the agent has failed', help: 'its log says why', turn: 'operator' }
  if (error instanceof KubernetesError && error.class === 'unauthorized') return problemOfToken(error)
  const { message, help } = error
  const turn = error instanceof UserError ? 'operator' : error.turn
  return { message, ...(help === undefined ? {} : { help }), turn }
}

/** The server's own word is `Unauthorized`, and no more. */
function problemOfToken({ message, turn }: KubernetesError): SyncProblem {
  return {
    message: `the API server refused the token of the agent: ${message}`,
    help: 'look at the file of KUBERNETES_TOKEN_FILE, or with --kubeconfig at the user of its context',
    turn,
  }
}

/** For a line of the log: the stack is for what only we can mend. */
export function failureFields(error: unknown): object {
  if (!isExpected(error)) return { err: error }
  const { message: because, help } = problemOfAll(error)
  return help === undefined ? { because } : { because, help }
}
