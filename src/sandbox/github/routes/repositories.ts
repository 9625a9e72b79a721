import { ApiError, notFound } from '../api-error.ts'
import { readCommit } from '../git/commit.ts'
import { diffFiles, diffText, type FileChange } from '../git/diff.ts'
import { countApart, listCommits, mergeBase } from '../git/history.ts'
import { emptyTree } from '../git/tree.ts'
import { bytes, json, type Answer } from '../http/answer.ts'
import { pageOf, positive } from '../http/pages.ts'
import { type RepositoryRequest, type Route } from '../http/router.ts'
import { findAccount, fullName } from '../lookup.ts'
import { rulesOf } from '../operations/branch-rules.ts'
import { renderAccount } from '../render/account.ts'
import { renderCommit, renderCommitWithFiles, renderFile } from '../render/commit.ts'
import { renderFullRepository, renderRolePermissions, repositoryUrl, roleOf } from '../render/repository.ts'
import { renderRules, renderRuleset } from '../render/rules.ts'
import { type Repository, type Role } from '../state.ts'
import { commitFrom, findCommit, numberParam, onRepository } from './find.ts'

export const repositoryRoutes: readonly Route[] = [
  { method: 'GET', path: '/repos/{owner}/{repo}', handle: onRepository(getRepository) },
  { method: 'GET', path: '/repos/{owner}/{repo}/branches', handle: onRepository(listBranches) },
  { method: 'GET', path: '/repos/{owner}/{repo}/branches/{branch}', handle: onRepository(getBranch) },
  { method: 'GET', path: '/repos/{owner}/{repo}/commits', handle: onRepository(listHistory) },
  { method: 'GET', path: '/repos/{owner}/{repo}/commits/{ref}', handle: onRepository(getCommit) },
  { method: 'GET', path: '/repos/{owner}/{repo}/compare/{basehead}', handle: onRepository(compare) },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/collaborators/{username}/permission',
    handle: onRepository(getPermission),
  },
  { method: 'GET', path: '/repos/{owner}/{repo}/rules/branches/{branch}', handle: onRepository(listRules) },
  { method: 'GET', path: '/repos/{owner}/{repo}/rulesets', handle: onRepository(listRulesets) },
  { method: 'GET', path: '/repos/{owner}/{repo}/rulesets/{ruleset_id}', handle: onRepository(getRuleset) },
]

async function getRepository({ github, repository, caller }: RepositoryRequest): Promise<Answer> {
  return json(renderFullRepository(github, repository, roleOfCaller(caller, repository)))
}

function roleOfCaller(caller: RepositoryRequest['caller'], repository: Repository): Role {
  if (caller.kind === 'installation') return caller.permissions['contents'] === 'write' ? 'write' : 'read'
  const role = caller.kind === 'person' ? roleOf(repository, caller.account) : 'read'
  return role === 'none' ? 'read' : role
}

type Branch = { readonly name: string; readonly sha: string }

function branchesOf({ git }: Repository): readonly Branch[] {
  return [...git.refs.all()]
    .filter(([name]) => name.startsWith('refs/heads/'))
    .map(([name, sha]) => ({ name: name.slice('refs/heads/'.length), sha }))
}

async function listBranches(request: RepositoryRequest): Promise<Answer> {
  const { github, repository } = request
  const { items, headers } = pageOf(request, branchesOf(repository))
  const rendered = items.map(({ name, sha }) => ({
    name,
    commit: { sha, url: `${repositoryUrl(github, repository)}/commits/${sha}` },
    protected: rulesOf(repository, name).length > 0,
  }))
  return json(rendered, 200, headers)
}

async function getBranch({ github, repository, params }: RepositoryRequest): Promise<Answer> {
  const name = params['branch'] ?? ''
  const sha = repository.git.refs.get(`refs/heads/${name}`)
  const commit = sha === undefined ? undefined : await readCommit(repository.git.objects, sha)
  if (commit === undefined) throw new ApiError(404, 'Branch not found')
  const url = `${repositoryUrl(github, repository)}/branches/${name}`
  const classic = repository.protections.get(name)
  const contexts = classic?.requiredChecks.map(({ context }) => context) ?? []
  return json({
    name,
    commit: renderCommit(github, repository, commit),
    _links: { self: url, html: `${github.urls.web}/${fullName(repository)}/tree/${name}` },
    protected: rulesOf(repository, name).length > 0,
    protection: {
      enabled: classic !== undefined,
      required_status_checks: {
        enforcement_level: contexts.length === 0 ? 'off' : 'everyone',
        contexts,
        checks:
          classic?.requiredChecks.map(({ context, integrationId }) => ({ context, app_id: integrationId ?? null })) ??
          [],
      },
    },
    protection_url: `${url}/protection`,
  })
}

async function listHistory(request: RepositoryRequest): Promise<Answer> {
  const { repository, query } = request
  const start = await findCommit(repository, query.get('sha') ?? repository.defaultBranch)
  if (start === undefined) throw notFound()
  const path = query.get('path')
  const since = query.get('since')
  const until = query.get('until')
  const ids = await listCommits(
    repository.git.path,
    { to: start.sha },
    { ...(path === null ? {} : { path }), ...(since === null ? {} : { since }), ...(until === null ? {} : { until }) },
  )
  const { items, headers } = pageOf(request, ids)
  return json(await renderCommits(request, items), 200, headers)
}

async function renderCommits({ github, repository }: RepositoryRequest, ids: readonly string[]): Promise<unknown[]> {
  const commits = await Promise.all(ids.map((sha) => readCommit(repository.git.objects, sha)))
  return commits.filter((commit) => commit !== undefined).map((commit) => renderCommit(github, repository, commit))
}

async function getCommit(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, headers } = request
  const commit = await commitFrom(request)
  if (headers['accept']?.includes('.sha') === true) return bytes('application/vnd.github.sha', commit.sha)
  const from = commit.parents[0] ?? emptyTree
  if (headers['accept']?.includes('.diff') === true) {
    return bytes('application/vnd.github.diff; charset=utf-8', await diffText(repository.git.path, from, commit.sha))
  }
  const files = await diffFiles(repository.git.path, from, commit.sha)
  return json(renderCommitWithFiles(github, { repository, commit }, files))
}

/** GitHub lists no more than this, on whatever page. */
const mostFiles = 300

async function compare(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, params } = request
  const [baseName = '', headName = ''] = (params['basehead'] ?? '').split('...')
  const base = await findCommit(repository, baseName)
  const head = await findCommit(repository, headName)
  if (base === undefined || head === undefined) throw notFound()
  const { git } = repository
  const parted = await mergeBase(git.path, base.sha, head.sha)
  const start = parted === undefined ? undefined : await readCommit(git.objects, parted)
  if (start === undefined) throw new ApiError(404, `No common ancestor between ${baseName} and ${headName}.`)
  const { ahead, behind } = await countApart(git.path, base.sha, head.sha)
  const files = await diffFiles(git.path, start.sha, head.sha)
  const ids = (await listCommits(git.path, { from: base.sha, to: head.sha })).toReversed()
  const { items, headers } = pageOf(request, ids)
  const url = `${repositoryUrl(github, repository)}/compare/${baseName}...${headName}`
  const html = `${github.urls.web}/${fullName(repository)}/compare/${baseName}...${headName}`
  // The files are of the whole comparison, so they stand on its first page only.
  const page = positive(request.query.get('page'), 1)
  const renderChanged = (file: FileChange): unknown => renderFile(github, { repository, sha: head.sha }, file)
  const body = {
    url,
    html_url: html,
    permalink_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    base_commit: renderCommit(github, repository, base),
    merge_base_commit: renderCommit(github, repository, start),
    status: comparison(ahead, behind),
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ids.length,
    commits: await renderCommits(request, items),
    ...(page > 1 ? {} : { files: files.slice(0, mostFiles).map(renderChanged) }),
  }
  return json(body, 200, headers)
}

function comparison(ahead: number, behind: number): string {
  if (ahead > 0 && behind > 0) return 'diverged'
  if (ahead > 0) return 'ahead'
  return behind > 0 ? 'behind' : 'identical'
}

/** The old word for a role, which knows neither triage nor maintain, and the role's name. */
const oldWord = {
  none: 'none',
  read: 'read',
  triage: 'read',
  write: 'write',
  maintain: 'write',
  admin: 'admin',
} as const

async function getPermission({ github, repository, params }: RepositoryRequest): Promise<Answer> {
  const account = findAccount(github.state, params['username'] ?? '')
  if (account === undefined) throw new ApiError(404, `${params['username']} is not a user`)
  const role = roleOf(repository, account)
  return json({
    permission: oldWord[role],
    user: { ...renderAccount(github, account), permissions: renderRolePermissions(role), role_name: role },
    role_name: role,
  })
}

async function listRules(request: RepositoryRequest): Promise<Answer> {
  const { repository, params } = request
  const asked = rulesOf(repository, params['branch'] ?? '')
  const rules = asked.flatMap(({ ruleset }) => (ruleset === undefined ? [] : renderRules(repository, ruleset)))
  const { items, headers } = pageOf(request, rules)
  return json(items, 200, headers)
}

async function listRulesets(request: RepositoryRequest): Promise<Answer> {
  const { github, repository } = request
  const { items, headers } = pageOf(request, [...repository.rulesets.values()])
  return json(
    items.map((ruleset) => renderRuleset(github, repository, ruleset)),
    200,
    headers,
  )
}

async function getRuleset(request: RepositoryRequest): Promise<Answer> {
  const { github, repository } = request
  const ruleset = repository.rulesets.get(numberParam(request, 'ruleset_id'))
  if (ruleset === undefined) throw notFound()
  const { rules, conditions } = rulesetParts(repository, ruleset)
  return json({ ...renderRuleset(github, repository, ruleset), conditions, rules })
}

function rulesetParts(
  repository: Repository,
  ruleset: Parameters<typeof renderRules>[1],
): { rules: unknown; conditions: unknown } {
  const include = [ruleset.branch.startsWith('~') ? ruleset.branch : `refs/heads/${ruleset.branch}`]
  const rules = renderRules(repository, ruleset).map(({ type, parameters }) =>
    parameters === undefined ? { type } : { type, parameters },
  )
  return { rules, conditions: { ref_name: { include, exclude: [] } } }
}
