import { type GitHub } from '../context.ts'
import { fullName } from '../lookup.ts'
import { nodeId } from '../node-id.ts'
import { type Account, type Repository, type Role } from '../state.ts'
import { renderAccount } from './account.ts'
import { type Json } from './json.ts'

/** `simple-repository`: what every other form begins with. */
export function renderSimpleRepository(github: GitHub, repository: Repository): Json {
  return {
    id: repository.id,
    node_id: nodeId('repository', repository.id),
    name: repository.name,
    full_name: fullName(repository),
    private: repository.private,
    owner: renderAccount(github, repository.owner),
    html_url: `${github.urls.web}/${fullName(repository)}`,
    description: repository.description ?? null,
    fork: repository.parent !== undefined,
    ...repositoryUrls(repositoryUrl(github, repository)),
  }
}

/** `repository`, also as `repository-webhooks` in events. */
export function renderRepository(github: GitHub, repository: Repository): Json {
  const openIssues = [...repository.issues.values()].filter(({ state }) => state === 'open').length
  const html = `${github.urls.web}/${fullName(repository)}`
  return {
    ...renderSimpleRepository(github, repository),
    created_at: repository.createdAt,
    updated_at: repository.updatedAt,
    pushed_at: repository.pushedAt,
    git_url: `${html.replace(/^http/, 'git')}.git`,
    ssh_url: `git@${new URL(github.urls.web).hostname}:${fullName(repository)}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    homepage: null,
    size: 0,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: true,
    has_projects: true,
    has_downloads: true,
    has_wiki: true,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    mirror_url: null,
    archived: repository.archived,
    disabled: false,
    open_issues_count: openIssues,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    visibility: repository.private ? 'private' : 'public',
    forks: 0,
    open_issues: openIssues,
    watchers: 0,
    default_branch: repository.defaultBranch,
  }
}

/** `full-repository`, with what only those may see who can push. */
export function renderFullRepository(github: GitHub, repository: Repository, role: Role): Json {
  const organization = repository.owner.type === 'Organization'
  return {
    ...renderRepository(github, repository),
    permissions: renderRolePermissions(role),
    ...mergeSettings(repository),
    ...(organization ? { organization: renderAccount(github, repository.owner) } : {}),
    ...(repository.parent === undefined
      ? {}
      : { parent: renderRepository(github, repository.parent), source: renderRepository(github, repository.parent) }),
    network_count: 0,
    subscribers_count: 0,
    custom_properties: {},
  }
}

export function mergeSettings(repository: Repository): Json {
  return {
    allow_squash_merge: repository.mergeMethods.includes('squash'),
    allow_merge_commit: repository.mergeMethods.includes('merge'),
    allow_rebase_merge: repository.mergeMethods.includes('rebase'),
    allow_auto_merge: repository.allowAutoMerge,
    delete_branch_on_merge: repository.deleteBranchOnMerge,
    allow_update_branch: false,
    use_squash_pr_title_as_default: false,
    squash_merge_commit_message: 'COMMIT_MESSAGES',
    squash_merge_commit_title: 'COMMIT_OR_PR_TITLE',
    merge_commit_message: 'PR_TITLE',
    merge_commit_title: 'MERGE_MESSAGE',
  }
}

/** How an installation's events name repositories. */
export function renderRepositoryName(repository: Repository): Json {
  return {
    id: repository.id,
    node_id: nodeId('repository', repository.id),
    name: repository.name,
    full_name: fullName(repository),
    private: repository.private,
  }
}

const ranks: readonly Role[] = ['read', 'triage', 'write', 'maintain', 'admin']

export function roleAtLeast(role: Role, wanted: Role): boolean {
  return ranks.indexOf(role) >= ranks.indexOf(wanted)
}

export function renderRolePermissions(role: Role | 'none'): Json {
  const atLeast = (wanted: Role): boolean => role !== 'none' && roleAtLeast(role, wanted)
  return {
    admin: atLeast('admin'),
    maintain: atLeast('maintain'),
    push: atLeast('write'),
    triage: atLeast('triage'),
    pull: atLeast('read'),
  }
}

/** What a person is there: the owner and the organization's admins are admins, on a public repository all may read. */
export function roleOf(repository: Repository, account: Account): Role | 'none' {
  if (repository.owner === account || repository.owner.members.get(account.id) === 'admin') return 'admin'
  const granted = repository.collaborators.get(account.id)
  if (granted !== undefined) return granted
  return repository.private && !repository.owner.members.has(account.id) ? 'none' : 'read'
}

/** Names are encoded as GitHub does: not at all, they hold nothing that needs it. */
export function repositoryUrl({ urls }: GitHub, repository: Repository): string {
  return `${urls.api}/repos/${fullName(repository)}`
}

function repositoryUrls(url: string): Json {
  return {
    url,
    forks_url: `${url}/forks`,
    keys_url: `${url}/keys{/key_id}`,
    collaborators_url: `${url}/collaborators{/collaborator}`,
    teams_url: `${url}/teams`,
    hooks_url: `${url}/hooks`,
    issue_events_url: `${url}/issues/events{/number}`,
    events_url: `${url}/events`,
    assignees_url: `${url}/assignees{/user}`,
    branches_url: `${url}/branches{/branch}`,
    tags_url: `${url}/tags`,
    blobs_url: `${url}/git/blobs{/sha}`,
    git_tags_url: `${url}/git/tags{/sha}`,
    git_refs_url: `${url}/git/refs{/sha}`,
    trees_url: `${url}/git/trees{/sha}`,
    statuses_url: `${url}/statuses/{sha}`,
    languages_url: `${url}/languages`,
    stargazers_url: `${url}/stargazers`,
    contributors_url: `${url}/contributors`,
    subscribers_url: `${url}/subscribers`,
    subscription_url: `${url}/subscription`,
    commits_url: `${url}/commits{/sha}`,
    git_commits_url: `${url}/git/commits{/sha}`,
    comments_url: `${url}/comments{/number}`,
    issue_comment_url: `${url}/issues/comments{/number}`,
    contents_url: `${url}/contents/{+path}`,
    compare_url: `${url}/compare/{base}...{head}`,
    merges_url: `${url}/merges`,
    archive_url: `${url}/{archive_format}{/ref}`,
    downloads_url: `${url}/downloads`,
    issues_url: `${url}/issues{/number}`,
    pulls_url: `${url}/pulls{/number}`,
    milestones_url: `${url}/milestones{/number}`,
    notifications_url: `${url}/notifications{?since,all,participating}`,
    labels_url: `${url}/labels{/name}`,
    releases_url: `${url}/releases{/id}`,
    deployments_url: `${url}/deployments`,
  }
}
