import { nodeId } from '../node-id.ts'
import { type Account, type App } from '../state.ts'
import { type Fields, type View } from './fields.ts'

/** An actor. Of a bot GraphQL gives the name without the `[bot]` that REST puts behind it. */
export function accountFields({ github }: View, account: Account): Fields {
  const bot = account.type === 'Bot'
  const login = bot ? account.login.replace(/\[bot\]$/, '') : account.login
  const path = bot ? `/apps/${login}` : `/${login}`
  return {
    __typename: account.type,
    id: nodeId(bot ? 'bot' : account.type === 'User' ? 'user' : 'organization', account.id),
    databaseId: account.id,
    login,
    name: null,
    avatarUrl: `${github.urls.web}/avatars/u/${account.id}?v=4`,
    createdAt: account.createdAt,
    updatedAt: account.createdAt,
    resourcePath: path,
    url: `${github.urls.web}${path}`,
  }
}

/** Where the schema wants a `User` though a bot acted (a commit's author, the viewer), GitHub shows the bot as one. */
export function userFields(view: View, account: Account): Fields {
  return { ...accountFields(view, account), __typename: 'User', login: account.login }
}

export function appFields({ github }: View, app: App): Fields {
  return {
    __typename: 'App',
    id: nodeId('app', app.id),
    databaseId: app.id,
    slug: app.slug,
    name: app.name,
    description: app.description,
    createdAt: app.createdAt,
    updatedAt: app.createdAt,
    url: `${github.urls.web}/apps/${app.slug}`,
  }
}
