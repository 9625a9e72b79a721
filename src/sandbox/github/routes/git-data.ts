import { notFound, unprocessable, validationFailed } from '../api-error.ts'
import { readCommit } from '../git/commit.ts'
import { noCommit } from '../git/refs.ts'
import {
  changeTree,
  emptyTree,
  entryType,
  readTree,
  walkTree,
  type TreeChange,
  type TreeEntry,
  type TreeMode,
} from '../git/tree.ts'
import { json, noContent, type Answer } from '../http/answer.ts'
import { objectFields, type Fields } from '../http/fields.ts'
import { type RepositoryRequest, type Route } from '../http/router.ts'
import { gitNodeId } from '../node-id.ts'
import { commitAs } from '../operations/commits.ts'
import { changeRefs, isRefName, RefMoved } from '../operations/refs.ts'
import { renderGitCommit } from '../render/commit.ts'
import { repositoryUrl } from '../render/repository.ts'
import { actorFrom, findCommit, onRepository } from './find.ts'
import { readSignature } from './signature.ts'

export const gitDataRoutes: readonly Route[] = [
  { method: 'POST', path: '/repos/{owner}/{repo}/git/blobs', handle: onRepository(createBlob) },
  { method: 'GET', path: '/repos/{owner}/{repo}/git/blobs/{file_sha}', handle: onRepository(getBlob) },
  { method: 'POST', path: '/repos/{owner}/{repo}/git/trees', handle: onRepository(createTree) },
  { method: 'GET', path: '/repos/{owner}/{repo}/git/trees/{tree_sha}', handle: onRepository(getTree) },
  { method: 'POST', path: '/repos/{owner}/{repo}/git/commits', handle: onRepository(createCommit) },
  { method: 'GET', path: '/repos/{owner}/{repo}/git/commits/{commit_sha}', handle: onRepository(getCommit) },
  { method: 'GET', path: '/repos/{owner}/{repo}/git/ref/{ref}', handle: onRepository(getRef) },
  { method: 'GET', path: '/repos/{owner}/{repo}/git/matching-refs/{ref}', handle: onRepository(matchingRefs) },
  { method: 'POST', path: '/repos/{owner}/{repo}/git/refs', handle: onRepository(createRef) },
  { method: 'PATCH', path: '/repos/{owner}/{repo}/git/refs/{ref}', handle: onRepository(updateRef) },
  { method: 'DELETE', path: '/repos/{owner}/{repo}/git/refs/{ref}', handle: onRepository(deleteRef) },
]

async function createBlob({ github, repository, fields }: RepositoryRequest): Promise<Answer> {
  const encoding = fields.oneOf('encoding', ['utf-8', 'base64']) ?? 'utf-8'
  const content = Buffer.from(fields.text('content'), encoding === 'base64' ? 'base64' : 'utf8')
  const sha = await repository.git.objects.write('blob', content)
  return json({ sha, url: `${repositoryUrl(github, repository)}/git/blobs/${sha}` }, 201)
}

async function getBlob({ github, repository, params, headers }: RepositoryRequest): Promise<Answer> {
  const sha = params['file_sha'] ?? ''
  const blob = isSha(sha) ? await repository.git.objects.read(sha) : undefined
  if (blob?.type !== 'blob') throw notFound()
  if (headers['accept']?.includes('raw') === true) {
    return {
      status: 200,
      body: { kind: 'bytes', type: 'application/vnd.github.raw; charset=utf-8', value: blob.content },
    }
  }
  return json({
    sha,
    node_id: gitNodeId('B', repository.id, sha),
    size: blob.content.length,
    url: `${repositoryUrl(github, repository)}/git/blobs/${sha}`,
    content: blob.content.toString('base64').replaceAll(/(.{60})/g, '$1\n'),
    encoding: 'base64',
  })
}

const modes: readonly TreeMode[] = ['100644', '100755', '040000', '160000', '120000']

async function createTree(request: RepositoryRequest): Promise<Answer> {
  const { repository, fields } = request
  const base = fields.optionalText('base_tree')
  const baseTree = base === undefined ? undefined : await treeNamed(request, base)
  if (base !== undefined && baseTree === undefined) throw unprocessable('base_tree is not a valid tree oid')
  const entries = fields.list('tree').map((entry) => objectFields(entry, 'tree'))
  const changes = await Promise.all(entries.map((entry) => readEntry(request, entry)))
  const changed = await changeTree(repository.git.objects, baseTree, changes)
  if (changed.kind === 'absent') throw unprocessable('GitRPC::BadObjectState')
  const written = (await readTree(repository.git.objects, changed.sha)) ?? []
  return json(await renderTree(request, changed.sha, { entries: written, truncated: false }), 201)
}

/** `content` inline, the id of an object that is there, or a null id that takes the path away. */
async function readEntry({ repository }: RepositoryRequest, entry: Fields): Promise<TreeChange> {
  const path = entry.text('path')
  if (path.split('/').some((segment) => ['', '.', '..', '.git'].includes(segment))) {
    throw unprocessable('tree.path contains a malformed path component')
  }
  if (entry.all['sha'] === null) return { path, put: null }
  const mode = entry.oneOf('mode', modes) ?? '100644'
  const content = entry.optionalText('content')
  if (content !== undefined) {
    return { path, put: { mode, sha: await repository.git.objects.write('blob', Buffer.from(content)) } }
  }
  const sha = entry.text('sha')
  const object = isSha(sha) ? await repository.git.objects.read(sha) : undefined
  const fits = mode === '160000' || object?.type === entryType(mode)
  if (!fits) throw unprocessable(`tree.sha ${sha} is not a valid ${entryType(mode)}`)
  return { path, put: { mode, sha } }
}

/** GitHub lists no more than this recursively. */
const mostEntries = 100_000

async function getTree(request: RepositoryRequest): Promise<Answer> {
  const { repository, params, query } = request
  const name = params['tree_sha'] ?? ''
  const sha = await treeNamed(request, name)
  const entries = sha === undefined ? undefined : await readTree(repository.git.objects, sha)
  if (sha === undefined || entries === undefined) throw notFound()
  if (!query.has('recursive')) return json(await renderTree(request, sha, { entries, truncated: false }))
  const all = await walkTree(repository.git.objects, sha)
  const truncated = all.length > mostEntries
  return json(await renderTree(request, sha, { entries: all.slice(0, mostEntries), truncated }))
}

async function treeNamed({ repository }: RepositoryRequest, name: string): Promise<string | undefined> {
  if (name === emptyTree) return name
  const object = isSha(name) ? await repository.git.objects.read(name) : undefined
  if (object?.type === 'tree') return object.sha
  return (await findCommit(repository, name))?.tree
}

async function renderTree(
  { github, repository }: RepositoryRequest,
  sha: string,
  { entries, truncated }: { readonly entries: readonly TreeEntry[]; readonly truncated: boolean },
): Promise<unknown> {
  const url = repositoryUrl(github, repository)
  const { objects } = repository.git
  const tree = entries.map(async ({ name, mode, sha: entrySha }) => {
    const type = entryType(mode)
    const size = type === 'blob' ? { size: (await objects.read(entrySha))?.content.length ?? 0 } : {}
    return { path: name, mode, type, sha: entrySha, ...size, url: `${url}/git/${type}s/${entrySha}` }
  })
  return { sha, url: `${url}/git/trees/${sha}`, tree: await Promise.all(tree), truncated }
}

async function createCommit(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, fields } = request
  const { objects } = repository.git
  const tree = fields.text('tree')
  if (!isSha(tree) || (await readTree(objects, tree)) === undefined) throw unprocessable('Tree SHA does not exist')
  const parents = (fields.optionalList('parents') ?? []).map(String)
  for (const parent of parents) {
    if (!isSha(parent) || (await objects.read(parent))?.type !== 'commit') {
      throw unprocessable('Parent SHA does not exist or is not a commit object')
    }
  }
  const author = readSignature(request, 'author')
  const committer = readSignature(request, 'committer')
  const sha = await commitAs(
    github,
    { repository, actor: actorFrom(request) },
    {
      tree,
      parents,
      message: fields.text('message'),
      ...(author === undefined ? {} : { author }),
      ...(committer === undefined ? {} : { committer }),
    },
  )
  return json(await renderCommitNamed(request, sha), 201)
}

async function getCommit(request: RepositoryRequest): Promise<Answer> {
  return json(await renderCommitNamed(request, request.params['commit_sha'] ?? ''))
}

async function renderCommitNamed({ github, repository }: RepositoryRequest, sha: string): Promise<unknown> {
  const commit = isSha(sha) ? await readCommit(repository.git.objects, sha) : undefined
  if (commit === undefined) throw notFound()
  return renderGitCommit(github, repository, commit)
}

async function getRef(request: RepositoryRequest): Promise<Answer> {
  const name = `refs/${request.params['ref'] ?? ''}`
  const sha = request.repository.git.refs.get(name)
  if (sha === undefined) throw notFound()
  return json(await renderRef(request, name, sha))
}

async function matchingRefs(request: RepositoryRequest): Promise<Answer> {
  const prefix = `refs/${request.params['ref'] ?? ''}`
  const found = [...request.repository.git.refs.all()].filter(([name]) => name.startsWith(prefix))
  return json(await Promise.all(found.map(([name, sha]) => renderRef(request, name, sha))))
}

async function renderRef({ github, repository }: RepositoryRequest, ref: string, sha: string): Promise<unknown> {
  const url = repositoryUrl(github, repository)
  const type = (await repository.git.objects.read(sha))?.type ?? 'commit'
  return {
    ref,
    node_id: gitNodeId('REF', repository.id, ref),
    url: `${url}/git/${ref}`,
    object: { sha, type, url: `${url}/git/${type}s/${sha}` },
  }
}

async function createRef(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, fields } = request
  const name = fields.text('ref')
  const sha = fields.text('sha')
  if (!isRefName(name)) throw unprocessable('Reference name must start with "refs/" and have at least two slashes.')
  if (repository.git.refs.get(name) !== undefined) throw unprocessable('Reference already exists')
  await requireCommit(request, sha)
  const wanted = { name, before: noCommit, after: sha, force: false }
  await changeRefs(github, { repository, actor: actorFrom(request) }, [wanted]).catch((error: unknown) => {
    // Somebody else has made it in the meantime.
    throw error instanceof RefMoved ? unprocessable('Reference already exists') : error
  })
  return json(await renderRef(request, name, sha), 201)
}

async function updateRef(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, fields, params } = request
  const name = `refs/${params['ref'] ?? ''}`
  const sha = fields.text('sha')
  const force = fields.optionalFlag('force') ?? false
  if (repository.git.refs.get(name) === undefined) throw unprocessable('Reference does not exist')
  await requireCommit(request, sha)
  await changeRefs(github, { repository, actor: actorFrom(request) }, [{ name, after: sha, force }])
  return json(await renderRef(request, name, sha))
}

async function requireCommit({ repository }: RepositoryRequest, sha: string): Promise<void> {
  const object = isSha(sha) ? await repository.git.objects.read(sha) : undefined
  if (object === undefined) throw unprocessable('Object does not exist')
  if (object.type !== 'commit' && object.type !== 'tag') {
    throw validationFailed({ resource: 'Reference', field: 'sha', code: 'invalid', message: 'Object is not a commit' })
  }
}

async function deleteRef(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, params } = request
  const name = `refs/${params['ref'] ?? ''}`
  if (repository.git.refs.get(name) === undefined) throw unprocessable('Reference does not exist')
  await changeRefs(github, { repository, actor: actorFrom(request) }, [{ name, after: noCommit, force: true }])
  return noContent
}

function isSha(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text)
}
