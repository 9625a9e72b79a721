import { type GitHub } from '../context.ts'
import { readCommit } from '../git/commit.ts'
import { listCommits } from '../git/history.ts'
import { entryType, readTree } from '../git/tree.ts'
import { fullName } from '../lookup.ts'
import { type Answer } from '../http/answer.ts'
import { type Issue, type Repository } from '../state.ts'
import { environmentsSection } from './deployments.ts'
import { markup, type Html } from './html.ts'
import { page } from './layout.ts'
import {
  commitRows,
  filePath,
  labelsOf,
  repositoryCrumb,
  repositoryPath,
  shortSha,
  stateBadge,
  when,
} from './notation.ts'

const shownCommits = 10

export function repositoriesPage({ state }: GitHub): Answer {
  const repositories = [...state.repositories.values()].toSorted((one, other) =>
    fullName(one).localeCompare(fullName(other)),
  )
  const rows = repositories.map((repository) => {
    const open = [...repository.issues.values()].filter((issue) => issue.state === 'open').length
    return markup`<li><a href="${repositoryPath(repository)}">${fullName(repository)}</a><span class="quiet">${repository.description}</span><span class="end quiet">${open} open · pushed ${when(repository.pushedAt)}</span></li>
`
  })
  const body = markup`<h1>Repositories</h1>
<section class="card"><ul class="rows">${orNothing(rows)}</ul></section>`
  return page({ title: 'Repositories', crumbs: [], body })
}

export async function repositoryPage(github: GitHub, repository: Repository): Promise<Answer> {
  const { defaultBranch, git } = repository
  const head = git.refs.get(`refs/heads/${defaultBranch}`)
  const all = [...repository.issues.values()].toReversed()
  const pulls = all.filter(({ pull }) => pull !== undefined)
  const issues = all.filter(({ pull }) => pull === undefined)
  const path = repositoryPath(repository)
  const deliveries = github.state.deliveries.filter((delivery) => delivery.repository === repository).length
  const body = markup`<h1>${fullName(repository)}</h1>
<p class="facts"><span class="quiet">${repository.private ? 'private' : 'public'} ·
${defaultBranch}${head === undefined ? '' : ' at '}${head === undefined ? undefined : shortSha(head)}</span>
<a href="${path}/deliveries">webhook deliveries (${deliveries})</a></p>
<p class="quiet"><code>git clone ${github.urls.web}${path}.git</code></p>
<h2>Open pull requests</h2>
${issueList(pulls.filter(({ state }) => state === 'open'))}
${environmentsSection(repository)}
<h2>Files</h2>
<section class="card">${head === undefined ? markup`<p class="text quiet">nothing yet</p>` : await fileTree(repository, head)}</section>
<h2>Recent commits</h2>
<section class="card"><ul class="rows">${head === undefined ? undefined : await recentCommits(repository, head)}</ul></section>
<h2>Closed pull requests</h2>
${issueList(pulls.filter(({ state }) => state === 'closed'))}
${issues.length === 0 ? undefined : markup`<h2>Issues</h2>${issueList(issues)}`}`
  return page({ title: fullName(repository), crumbs: [repositoryCrumb(repository)], body })
}

function issueList(issues: readonly Issue[]): Html {
  const rows = issues.map((issue) => {
    const kind = issue.pull === undefined ? 'issues' : 'pull'
    const href = `${repositoryPath(issue.repository)}/${kind}/${issue.number}`
    return markup`<li>${stateBadge(issue)} <a href="${href}">${issue.title}</a> ${labelsOf(issue)}<span class="end quiet">#${issue.number} · ${issue.user.login} · ${when(issue.createdAt)}</span></li>
`
  })
  return markup`<section class="card"><ul class="rows">${orNothing(rows)}</ul></section>`
}

function orNothing(rows: readonly Html[]): readonly Html[] {
  return rows.length === 0 ? [markup`<li class="quiet">none</li>`] : rows
}

async function recentCommits(repository: Repository, head: string): Promise<readonly Html[]> {
  return commitRows(repository, await listCommits(repository.git.path, { to: head }, { limit: shownCommits }))
}

async function fileTree(repository: Repository, head: string): Promise<Html> {
  const commit = await readCommit(repository.git.objects, head)
  return markup`<ul class="tree">${commit === undefined ? undefined : await treeItems(repository, commit.tree, '')}</ul>`
}

/** Folders first, as people look for them. */
async function treeItems(repository: Repository, tree: string, prefix: string): Promise<readonly Html[]> {
  const entries = (await readTree(repository.git.objects, tree)) ?? []
  const isFolder = (mode: (typeof entries)[number]['mode']): boolean => entryType(mode) === 'tree'
  const sorted = entries.toSorted((one, other) => Number(isFolder(other.mode)) - Number(isFolder(one.mode)))
  return Promise.all(
    sorted.map(async ({ name, mode, sha }) => {
      const path = `${prefix}${name}`
      if (!isFolder(mode))
        return markup`<li><a href="${filePath(repository, repository.defaultBranch, path)}">${name}</a></li>`
      return markup`<li>${name}/
<ul>${await treeItems(repository, sha, `${path}/`)}</ul></li>`
    }),
  )
}
