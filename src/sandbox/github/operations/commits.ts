import { type Actor } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { writeCommit, type Signature } from '../git/commit.ts'
import { noReplyEmail } from '../render/account.ts'
import { type Repository } from '../state.ts'

export type NewCommitOf = {
  readonly tree: string
  readonly parents: readonly string[]
  readonly message: string
  readonly author?: Signature
  readonly committer?: Signature
}

/** Without an author of its own a commit is the actor's, by their address that nobody reads. */
export function commitAs(
  github: GitHub,
  { repository, actor }: { readonly repository: Repository; readonly actor: Actor },
  commit: NewCommitOf,
): Promise<string> {
  const self = signatureOf(github, actor)
  const author = commit.author ?? self
  return writeCommit(repository.git.objects, {
    ...commit,
    author,
    committer: commit.committer ?? commit.author ?? self,
  })
}

export function signatureOf(github: GitHub, { account }: Actor): Signature {
  return { name: account.login, email: noReplyEmail(account), at: github.now() }
}

/** How GitHub itself signs what it merges. */
export function webFlow(github: GitHub): Signature {
  return { name: 'GitHub', email: 'noreply@github.com', at: github.now() }
}
