import { readCommit, type Commit } from '../git/commit.ts'
import { formatTimestamp } from '../context.ts'
import { fullName } from '../lookup.ts'
import { type Account, type Issue, type Repository, type Timestamp } from '../state.ts'
import { markup, type Html } from './html.ts'
import { type Crumb } from './layout.ts'

export function repositoryPath(repository: Repository): string {
  return `/${fullName(repository)}`
}

export function repositoryCrumb(repository: Repository): Crumb {
  return { text: fullName(repository), href: repositoryPath(repository) }
}

export function filePath(repository: Repository, ref: string, path: string): string {
  return `${repositoryPath(repository)}/blob/${[ref, ...path.split('/')].map(encodeURIComponent).join('/')}`
}

export function shortSha(sha: string): Html {
  return markup`<code>${sha.slice(0, 7)}</code>`
}

export function who(account: Account): Html {
  return markup`<strong>${account.login}</strong>`
}

/** `2026-11-22 18:10:07` */
export function when(at: Timestamp): Html {
  return markup`<time class="quiet" datetime="${at}">${at.slice(0, 19).replace('T', ' ')}</time>`
}

export async function commitRows(repository: Repository, ids: readonly string[]): Promise<readonly Html[]> {
  const commits = await Promise.all(ids.map((sha) => readCommit(repository.git.objects, sha)))
  return commits.flatMap((commit) => (commit === undefined ? [] : [commitRow(repository, commit)]))
}

function commitRow(repository: Repository, commit: Commit): Html {
  const href = `${repositoryPath(repository)}/commit/${commit.sha}`
  const [headline = ''] = commit.message.split('\n')
  return markup`<li><a href="${href}">${headline}</a><span class="end quiet">${commit.author.name} · ${when(formatTimestamp(commit.author.at))} ·
<a href="${href}">${shortSha(commit.sha)}</a></span></li>
`
}

export function stateBadge({ state, pull }: Issue): Html {
  const shown = pull?.merged === undefined ? (state === 'open' && pull?.draft === true ? 'draft' : state) : 'merged'
  return markup`<span class="badge ${shown}">${shown.charAt(0).toUpperCase()}${shown.slice(1)}</span>`
}

export function labelsOf({ labels }: Issue): readonly Html[] {
  return labels.map(({ name }) => markup`<span class="badge label">${name}</span>`)
}
