import { GitError, type GitErrorClass } from './git-error.ts'
import type { GitAnswer } from './run.ts'

type Cause = {
  readonly says: RegExp
  readonly class: GitErrorClass
  readonly message: (url: string) => string
  readonly turn?: 'operator' | 'time'
  readonly help?: string
}

/**
 * Git ends with 128 for everything, and only its words tell why; with `LC_ALL=C` they are these, in git 2.39 to 2.51. The
 * first that matches counts. What is not among them is nobody's known fault, and never taken for "it is gone".
 */
const causes: readonly Cause[] = [
  {
    says: /No space left on device|Disk quota exceeded/,
    class: 'disk-full',
    message: () => 'there is no space left for the git mirror',
    help: 'give the agent a larger volume at DATA_DIR',
  },
  {
    says: /File too large|died of signal 25|pack exceeds maximum allowed size/,
    class: 'too-large',
    message: (url) => `what ${url} sends is larger than the agent takes`,
    help: 'keep large files out of the folder of the manifests',
  },
  {
    says: /not our ref|unadvertised object|no such remote ref|couldn't find remote ref/i,
    class: 'not-found',
    message: (url) => `${url} does not have the commit or file that was asked for`,
    turn: 'time',
  },
  {
    says: /could not read (?:Username|Password)|Authentication failed|error: 401|Permission denied \(/i,
    class: 'denied',
    message: (url) => `${url} refuses the credential, or wants one`,
    help: 'look at the deploy key or token of the agent',
  },
  {
    says: /repository '.*' not found|Repository not found|does not appear to be a git repository|error: 404/i,
    class: 'not-found',
    message: (url) => `the repository ${url} was not found, or the credential may not read it`,
    help: 'look at GIT_URL, and at the deploy key or token',
  },
  {
    says: /error: 403|access denied|access rights/i,
    class: 'denied',
    message: (url) => `${url} may not be read with this credential`,
    help: 'let the deploy key or token read the contents of the repository',
  },
  {
    says: /host key verification failed|certificate|gnutls_handshake|SSL_ERROR|SSL routines|TLS/i,
    class: 'untrusted',
    message: (url) => `${url} does not prove who it is`,
    help: 'for ssh set GIT_KNOWN_HOSTS_FILE, for https SSL_CERT_FILE with the authority that signed its certificate',
  },
  {
    says: /transport '.*' not allowed/,
    class: 'denied',
    message: (url) => `${url} leads to where the agent does not go`,
    help: 'give the address that the repository has now',
  },
  {
    says: /could not resolve|failed to connect|couldn't connect|connection (?:refused|reset|closed|timed out)|timed out/i,
    class: 'unreachable',
    message: (url) => `${url} cannot be reached`,
  },
  {
    says: /error: (?:429|5\d\d)|too slow|early EOF|hung up|unexpected disconnect|expected flush|RPC failed/i,
    class: 'unreachable',
    message: (url) => `${url} did not answer to the end`,
  },
]

/** What a conversation with the remote failed for; undefined: git said nothing that we know. */
export function failureOf(answer: GitAnswer, url: string, secret: string | undefined): GitError | undefined {
  const cause = new Error(readable(answer.stderr, secret))
  if (answer.cut === 'late') return new GitError('unreachable', `${url} did not answer in time`, { cause })
  const known = causes.find(({ says }) => says.test(answer.stderr))
  if (known === undefined) return undefined
  const { message, turn, help } = known
  return new GitError(known.class, message(url), {
    cause,
    ...(turn === undefined ? {} : { turn }),
    ...(help === undefined ? {} : { help }),
  })
}

/** Git's own words for the log: the end of them, in one line of plain characters, without the credential. */
export function readable(stderr: string, secret: string | undefined): string {
  const text = secret === undefined || secret === '' ? stderr : stderr.replaceAll(secret, '•••')
  return `git: ${text
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(-500)}`
}
