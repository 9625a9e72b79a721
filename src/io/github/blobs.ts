import type { Octokit } from '@octokit/rest'
import type { BlobSha, RepoName } from '../../core/ids.ts'
import { ownerAndName } from './repository-name.ts'

/** The blob's text; undefined when its bytes are not UTF-8, which no manifest is. */
export async function readBlob(octokit: Octokit, repository: RepoName, blob: BlobSha): Promise<string | undefined> {
  const [owner, repo] = ownerAndName(repository)
  const { data } = await octokit.rest.git.getBlob({ owner, repo, file_sha: blob })
  const bytes = Buffer.from(data.content, data.encoding === 'base64' ? 'base64' : 'utf8')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
