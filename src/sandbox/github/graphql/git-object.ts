import { formatTimestamp } from '../context.ts'
import { readCommit, type Commit, type Signature } from '../git/commit.ts'
import { listCommits } from '../git/history.ts'
import { type GitObject } from '../git/objects.ts'
import { entryAt, entryType, readTree, type TreeEntry } from '../git/tree.ts'
import { fullName } from '../lookup.ts'
import { gitNodeId } from '../node-id.ts'
import { accountOfEmail } from '../render/account.ts'
import { type Repository } from '../state.ts'
import { userFields } from './account.ts'
import { suiteFields } from './check-suite.ts'
import { connection, type Page } from './connection.ts'
import { type Fields, type View } from './fields.ts'
import { need } from './refuse.ts'
import { rollupFields } from './rollup.ts'

type Place = { readonly view: View; readonly repository: Repository }

/** GitHub gives at most this much of a blob's text, and says that it is cut. */
const mostText = 512 * 1024

export async function commitFields(view: View, repository: Repository, sha: string): Promise<Fields | null> {
  const commit = await readCommit(repository.git.objects, sha)
  return commit === undefined ? null : fieldsOfCommit({ view, repository }, commit)
}

/** By an id, or by git's own expressions: `main`, `main:path/of/file`, `SHA:`. */
export async function objectFields(
  view: View,
  repository: Repository,
  named: { readonly oid?: string; readonly expression?: string },
): Promise<Fields | null> {
  const place = { view, repository }
  const name = named.oid ?? named.expression ?? ''
  const colon = named.oid === undefined ? name.indexOf(':') : -1
  if (colon === -1) return fieldsOfObject(place, await repository.git.objects.read(resolveName(repository, name)))
  const commit = await readCommit(repository.git.objects, resolveName(repository, name.slice(0, colon)))
  if (commit === undefined) return null
  return fieldsAt(place, commit.tree, name.slice(colon + 1))
}

async function fieldsAt(place: Place, tree: string, path: string): Promise<Fields | null> {
  const entry = await entryAt(place.repository.git.objects, tree, path)
  if (entry === undefined || entryType(entry.mode) === 'commit') return null
  if (entryType(entry.mode) === 'tree') return treeFields(place, entry.sha, path)
  return fieldsOfObject(place, await place.repository.git.objects.read(entry.sha))
}

/** Refs are known here; what else git understands (`main~1`, a short id) it resolves itself. */
function resolveName({ git, defaultBranch }: Repository, name: string): string {
  const branch = name === 'HEAD' ? defaultBranch : name
  return git.refs.get(branch) ?? git.refs.get(`refs/heads/${branch}`) ?? git.refs.get(`refs/tags/${branch}`) ?? name
}

async function fieldsOfObject(place: Place, object: GitObject | undefined): Promise<Fields | null> {
  switch (object?.type) {
    case undefined:
      return null
    case 'commit':
      return commitFields(place.view, place.repository, object.sha)
    case 'tree':
      return treeFields(place, object.sha, '')
    case 'blob':
      return place.view.github.looks.takeForgottenBlob() ? null : blobFields(place, object)
    case 'tag':
      return { __typename: 'Tag', ...gitObjectFields(place, object.sha, 'C') }
  }
}

function gitObjectFields({ view, repository }: Place, sha: string, kind: 'C' | 'T' | 'B'): Omit<Fields, '__typename'> {
  const path = `/${fullName(repository)}/commit/${sha}`
  return {
    id: gitNodeId(kind, repository.id, sha),
    oid: sha,
    abbreviatedOid: sha.slice(0, 7),
    commitResourcePath: path,
    commitUrl: `${view.github.urls.web}${path}`,
    repository: () => view.show.repository(repository),
  }
}

function fieldsOfCommit(place: Place, commit: Commit): Fields {
  const { view, repository } = place
  const [headline = '', ...body] = commit.message.split('\n')
  const path = `/${fullName(repository)}/commit/${commit.sha}`
  return {
    __typename: 'Commit',
    ...gitObjectFields(place, commit.sha, 'C'),
    message: commit.message,
    messageHeadline: headline,
    messageBody: body.join('\n').trimStart(),
    committedDate: formatTimestamp(commit.committer.at),
    authoredDate: formatTimestamp(commit.author.at),
    author: actorFields(view, commit.author),
    committer: actorFields(view, commit.committer),
    signature: null,
    resourcePath: path,
    url: `${view.github.urls.web}${path}`,
    tree: () => treeFields(place, commit.tree, ''),
    parents: (page: Page) =>
      connection('CommitConnection', commit.parents, { page, node: (sha) => view.show.commit(repository, sha) }),
    file: async ({ path: at }: { readonly path: string }) => {
      const entry = await entryAt(repository.git.objects, commit.tree, at)
      if (entry === undefined || view.github.looks.takeForgottenBlob()) return null
      return entryFields(place, entry, at)
    },
    history: async ({ path: only, ...page }: Page & { readonly path?: string }) => {
      const ids = await listCommits(repository.git.path, { to: commit.sha }, only === undefined ? {} : { path: only })
      return connection('CommitHistoryConnection', ids, { page, node: (sha) => view.show.commit(repository, sha) })
    },
    checkSuites: ({
      filterBy: { appId } = {},
      ...page
    }: Page & { readonly filterBy?: { readonly appId?: number } }) => {
      need(view.caller, repository, { checks: 'read' })
      const suites = [...repository.checkSuites.values()].filter(
        ({ headSha, app }) => headSha === commit.sha && (appId === undefined || app.id === appId),
      )
      return connection('CheckSuiteConnection', suites, { page, node: (suite) => suiteFields(view, suite) })
    },
    statusCheckRollup: () => rollupFields(view, repository, commit.sha),
  }
}

function actorFields(view: View, signature: Signature): Fields {
  const account = accountOfEmail(view.github, signature.email)
  return {
    __typename: 'GitActor',
    name: signature.name,
    email: signature.email,
    date: formatTimestamp(signature.at),
    user: account === undefined ? null : userFields(view, account),
  }
}

function treeFields(place: Place, sha: string, path: string): Fields {
  return {
    __typename: 'Tree',
    ...gitObjectFields(place, sha, 'T'),
    entries: async () => {
      const entries = await readTree(place.repository.git.objects, sha)
      return entries?.map((entry) => entryFields(place, entry, path === '' ? entry.name : `${path}/${entry.name}`))
    },
  }
}

function entryFields(place: Place, entry: TreeEntry, path: string): Fields {
  const { objects } = place.repository.git
  const type = entryType(entry.mode)
  return {
    __typename: 'TreeEntry',
    name: entry.name,
    path,
    type,
    // The octal mode of git, as the whole number that it is: 33188 for 100644.
    mode: Number.parseInt(entry.mode, 8),
    oid: entry.sha,
    size: async () => (type === 'blob' ? ((await objects.read(entry.sha))?.content.length ?? 0) : 0),
    object: async () => {
      if (type === 'commit') return null
      return type === 'tree' ? treeFields(place, entry.sha, path) : fieldsOfObject(place, await objects.read(entry.sha))
    },
    repository: () => place.view.show.repository(place.repository),
  }
}

function blobFields(place: Place, { sha, content }: GitObject): Fields {
  const binary = content.includes(0)
  return {
    __typename: 'Blob',
    ...gitObjectFields(place, sha, 'B'),
    byteSize: content.length,
    isBinary: binary,
    isTruncated: content.length > mostText,
    text: binary ? null : content.toString('utf8', 0, mostText),
  }
}
