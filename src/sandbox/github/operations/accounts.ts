import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { timestamp, type GitHub } from '../context.ts'
import { findAccount, nextId } from '../lookup.ts'
import { type Access, type Account, type App, type Permissions } from '../state.ts'

export function addAccount(github: GitHub, login: string, type: Account['type']): Account {
  if (findAccount(github.state, login) !== undefined) throw new Error(`the login ${login} is taken`)
  const account = { id: nextId(github.state), login, type, createdAt: timestamp(github), members: new Map() }
  github.state.accounts.set(account.id, account)
  return account
}

/** A person's token, good for everything their role allows. */
export function addPersonToken({ state }: GitHub, account: Account): string {
  const token = `ghp_${randomBytes(18).toString('hex')}`
  state.tokens.set(token, { kind: 'person', token, account })
  return token
}

export type AppWanted = {
  readonly name: string
  readonly description?: string
  readonly url?: string
  readonly owner: Account
  readonly permissions: Readonly<Record<string, string>>
  readonly events: readonly string[]
  readonly hook?: { readonly url: string; readonly secret: string }
}

export function addApp(github: GitHub, wanted: AppWanted): App {
  const slug = slugOf(wanted.name)
  const app: App = {
    id: nextId(github.state),
    slug,
    name: wanted.name,
    description: wanted.description ?? null,
    externalUrl: wanted.url ?? github.urls.web,
    owner: wanted.owner,
    bot: addAccount(github, `${slug}[bot]`, 'Bot'),
    permissions: readPermissions(wanted.permissions),
    events: wanted.events,
    publicKeys: [],
    hook: wanted.hook === undefined ? undefined : { id: nextId(github.state), ...wanted.hook },
    createdAt: timestamp(github),
  }
  github.state.apps.set(app.id, app)
  return app
}

/** A new key pair; the private half is given away and not kept. */
export function addKey(app: App): string {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  app.publicKeys.push(createPublicKey(privateKey))
  return privateKey
}

/** Metadata is granted to every app. */
function readPermissions(given: Readonly<Record<string, string>>): Permissions {
  const permissions: Record<string, Access> = { metadata: 'read' }
  for (const [name, access] of Object.entries(given)) {
    if (access !== 'read' && access !== 'write' && access !== 'admin') {
      throw new Error(`expected the permission ${name} to be read, write or admin, got ${access}`)
    }
    permissions[name] = access
  }
  return permissions
}

/** `Lotse for Acme!` is `lotse-for-acme`. */
function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}
