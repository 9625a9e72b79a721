import type { Octokit } from '@octokit/rest'
import { type CommitSha, type RepoName, parseCommitSha } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { UserError } from '../../core/user-error.ts'
import { updateRefsMutation } from './branch.ts'
import { hasStatus } from './errors.ts'
import { errorTypes, graphql } from './graphql.ts'
import { ownerAndName } from './repository-name.ts'

const zeros = '0'.repeat(40)

/** `foreign`: an annotated tag, or one of something that is no commit. Somebody made it; it is not ours to move. */
export type TagState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'at'; readonly commit: CommitSha }
  | { readonly kind: 'foreign' }

export async function readTag(octokit: Octokit, repository: RepoName, tag: string): Promise<TagState> {
  const [owner, repo] = ownerAndName(repository)
  try {
    const { data } = await octokit.rest.git.getRef({ owner, repo, ref: `tags/${tag}` })
    const { type, sha } = data.object
    return type === 'commit' ? { kind: 'at', commit: guaranteed(parseCommitSha(sha)) } : { kind: 'foreign' }
  } catch (error) {
    if (hasStatus(error, 404, 409)) return { kind: 'absent' }
    throw error
  }
}

export type TagMove = {
  readonly tag: string
  /** undefined: the tag must not exist. */
  readonly from: CommitSha | undefined
  readonly to: CommitSha
}

/** Moves a tag only if it still is where we saw it, forwards or back; GitHub's error for that has no code, so we look. */
export async function moveTag(
  octokit: Octokit,
  repository: { readonly name: RepoName; readonly node: string },
  { tag, from, to }: TagMove,
): Promise<'moved' | 'moved-by-others'> {
  const update = { name: `refs/tags/${tag}`, beforeOid: from ?? zeros, afterOid: to, force: true }
  try {
    await graphql(octokit, updateRefsMutation, { repository: repository.node, updates: [update] })
    return 'moved'
  } catch (error) {
    if (errorTypes(error).length === 0) throw error
    const now = await readTag(octokit, repository.name, tag)
    if (now.kind === 'at' && now.commit === to) return 'moved'
    if ((now.kind === 'at' ? now.commit : undefined) !== from || now.kind === 'foreign') return 'moved-by-others'
    throw new UserError(`GitHub refused to move the tag ${tag}`, {
      help: 'let the app move it: look at the rulesets for tags, and whether the commit changed `.github/workflows`',
      cause: error,
    })
  }
}
