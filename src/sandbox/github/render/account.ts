import { type GitHub } from '../context.ts'
import { nodeId, type NodeKind } from '../node-id.ts'
import { type Account, type Repository } from '../state.ts'
import { type Json } from './json.ts'

/** `simple-user` */
export function renderAccount({ urls }: GitHub, account: Account): Json {
  const url = `${urls.api}/users/${encodeURIComponent(account.login)}`
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId(accountNode(account), account.id),
    avatar_url: `${urls.web}/avatars/u/${account.id}?v=4`,
    gravatar_id: '',
    url,
    html_url: `${urls.web}/${account.type === 'Bot' ? `apps/${botSlug(account)}` : account.login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.type,
    user_view_type: 'public',
    site_admin: false,
  }
}

/** `public-user` */
export function renderProfile(github: GitHub, account: Account): Json {
  const repositories = [...github.state.repositories.values()].filter(({ owner }) => owner === account)
  return {
    ...renderAccount(github, account),
    name: null,
    company: null,
    blog: '',
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: repositories.filter((repository) => !repository.private).length,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: account.createdAt,
    updated_at: account.createdAt,
  }
}

/** `organization-simple-webhooks` */
export function renderOrganization({ urls }: GitHub, account: Account): Json {
  const url = `${urls.api}/orgs/${account.login}`
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId('organization', account.id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${urls.web}/avatars/u/${account.id}?v=4`,
    description: null,
  }
}

export function authorAssociation(repository: Repository, account: Account): string {
  if (repository.owner === account) return 'OWNER'
  if (repository.owner.members.has(account.id)) return 'MEMBER'
  return repository.collaborators.has(account.id) ? 'COLLABORATOR' : 'NONE'
}

/** `4242+lotse[bot]@users.noreply.github.com` */
export function noReplyEmail(account: Account): string {
  return `${account.id}+${account.login}@users.noreply.github.com`
}

/** Whose e-mail address it is, so that commits are shown with their account. */
export function accountOfEmail(github: GitHub, email: string): Account | undefined {
  const found = /^([0-9]+)\+.*@users\.noreply\.github\.com$/.exec(email)
  return found === null ? undefined : github.state.accounts.get(Number(found[1]))
}

function accountNode(account: Account): NodeKind {
  if (account.type === 'Bot') return 'bot'
  return account.type === 'User' ? 'user' : 'organization'
}

function botSlug(account: Account): string {
  return account.login.replace(/\[bot\]$/, '')
}
