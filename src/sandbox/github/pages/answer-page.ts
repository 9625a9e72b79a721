import { type GitHub } from '../context.ts'
import { type Answer } from '../http/answer.ts'
import { type HttpRequest } from '../http/request.ts'
import { findRepository } from '../lookup.ts'
import { type Repository } from '../state.ts'
import { commitPage, filePage } from './code-page.ts'
import { deliveriesPage } from './deliveries-page.ts'
import { markup } from './html.ts'
import { page } from './layout.ts'
import { issuePage } from './pull-page.ts'
import { repositoriesPage, repositoryPage } from './repository-page.ts'

/**
 * The page at a path, for people in a browser. Nobody signs in: the sandbox has no secrets from who runs it.
 * Unknown paths answer 404 with a page.
 */
export async function answerPage(github: GitHub, { url }: Pick<HttpRequest, 'url'>): Promise<Answer> {
  const path = decode(url.pathname)
  if (path === '/') return repositoriesPage(github)
  const [, owner = '', name = '', rest = ''] = /^\/([^/]+)\/([^/]+)(?:\/(.*?))?\/?$/.exec(path) ?? []
  const repository = findRepository(github.state, owner, name)
  const found = repository === undefined ? undefined : await pageIn(github, repository, rest)
  return found ?? nothingAt(path)
}

function nothingAt(path: string): Answer {
  const body = markup`<h1>Not found</h1><p>There is nothing at <code>${path}</code>.</p>`
  return page({ title: 'Not found', crumbs: [], body }, 404)
}

async function pageIn(github: GitHub, repository: Repository, rest: string): Promise<Answer | undefined> {
  if (rest === '') return repositoryPage(github, repository)
  if (rest === 'deliveries') return deliveriesPage(github, repository)
  const slash = rest.indexOf('/')
  const [kind, what] = [rest.slice(0, slash), rest.slice(slash + 1)]
  if (kind === 'blob') return filePage(repository, what)
  if (kind === 'commit') return commitPage(repository, what)
  if (kind !== 'pull' && kind !== 'issues') return undefined
  const issue = repository.issues.get(Number(what.split('/')[0]))
  return issue === undefined ? undefined : issuePage(github, issue)
}

/** A path that is no URL is shown as it was written, as one that leads nowhere. */
function decode(pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    return pathname
  }
}
