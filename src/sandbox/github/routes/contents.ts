import { ApiError, notFound, unprocessable } from '../api-error.ts'
import { readCommit } from '../git/commit.ts'
import { entryAt, entryType, readTree, type TreeEntry } from '../git/tree.ts'
import { bytes, json, type Answer } from '../http/answer.ts'
import { type RepositoryRequest, type Route } from '../http/router.ts'
import { commitFiles } from '../operations/contents.ts'
import { RulesViolated } from '../operations/refs.ts'
import { mayWriteWorkflows, workflowsFolder } from '../operations/push-rules.ts'
import { renderGitCommit } from '../render/commit.ts'
import { renderEntry } from '../render/contents.ts'
import { actorFrom, findCommit, onRepository } from './find.ts'
import { readSignature } from './signature.ts'

export const contentRoutes: readonly Route[] = [
  { method: 'GET', path: '/repos/{owner}/{repo}/contents/{path}', handle: onRepository(getContent) },
  { method: 'PUT', path: '/repos/{owner}/{repo}/contents/{path}', handle: onRepository(putContent) },
  { method: 'DELETE', path: '/repos/{owner}/{repo}/contents/{path}', handle: onRepository(deleteContent) },
]

/** Above this GitHub gives the content only raw. */
const largestInline = 1024 * 1024

async function getContent(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, query } = request
  const ref = query.get('ref') ?? repository.defaultBranch
  const commit = await findCommit(repository, ref)
  if (commit === undefined) throw new ApiError(404, `No commit found for the ref ${ref}`)
  const path = pathOf(request)
  const { objects } = repository.git
  const entry = await entryAt(objects, commit.tree, path)
  if (entry === undefined) throw notFound()
  if (entryType(entry.mode) === 'tree') {
    const entries = (await readTree(objects, entry.sha)) ?? []
    const place = { repository, ref, folder: path }
    return json(
      await Promise.all(
        entries.map(async (child) => renderEntry(github, place, { entry: child, size: await sizeOf(request, child) })),
      ),
    )
  }
  const content = (await objects.read(entry.sha))?.content ?? Buffer.alloc(0)
  if (wantsRaw(request)) return bytes('application/vnd.github.raw; charset=utf-8', content)
  const folder = path.split('/').slice(0, -1).join('/')
  const inline = content.length <= largestInline
  return json({
    ...renderEntry(github, { repository, ref, folder }, { entry, size: content.length }),
    content: inline ? `${content.toString('base64').replaceAll(/(.{60})/g, '$1\n')}\n` : '',
    encoding: inline ? 'base64' : 'none',
  })
}

async function sizeOf({ repository }: RepositoryRequest, entry: TreeEntry): Promise<number> {
  return entryType(entry.mode) === 'blob' ? ((await repository.git.objects.read(entry.sha))?.content.length ?? 0) : 0
}

function wantsRaw({ headers }: RepositoryRequest): boolean {
  return /application\/vnd\.github(\.v3)?\.raw/.test(headers['accept'] ?? '')
}

function pathOf({ params }: RepositoryRequest): string {
  return (params['path'] ?? '').replaceAll(/^\/+|\/+$/g, '')
}

async function putContent(request: RepositoryRequest): Promise<Answer> {
  const { fields } = request
  fields.text('message')
  const content = Buffer.from(fields.text('content'), 'base64')
  const sha = fields.optionalText('sha')
  let isNew = true
  const commit = await commitContent(request, content, (entry) => {
    isNew = entry === undefined
    if (entry !== undefined && sha === undefined) throw unprocessable(`Invalid request.\n\n"sha" wasn't supplied.`)
    if (sha !== undefined && entry?.sha !== sha) throw doesNotMatch(pathOf(request), sha)
  })
  return json(await renderFileCommit(request, commit), isNew ? 201 : 200)
}

async function deleteContent(request: RepositoryRequest): Promise<Answer> {
  const sha = request.fields.text('sha')
  const commit = await commitContent(request, null, (entry) => {
    if (entry === undefined) throw notFound()
    if (entry.sha !== sha) throw doesNotMatch(pathOf(request), sha)
  })
  return json(await renderFileCommit(request, commit))
}

function doesNotMatch(path: string, sha: string): ApiError {
  return new ApiError(409, `${path} does not match ${sha}`)
}

async function commitContent(
  request: RepositoryRequest,
  content: Buffer | null,
  refuse: (entry: TreeEntry | undefined) => void,
): Promise<string> {
  const { github, repository, fields } = request
  const path = pathOf(request)
  const actor = actorFrom(request)
  if (path.startsWith(`${workflowsFolder}/`) && !mayWriteWorkflows(actor)) {
    throw new ApiError(403, 'Resource not accessible by integration')
  }
  const author = readSignature(request, 'author')
  const committer = readSignature(request, 'committer')
  const committed = commitFiles(
    github,
    { repository, actor },
    {
      branch: (fields.optionalText('branch') ?? repository.defaultBranch).replace(/^refs\/heads\//, ''),
      message: fields.text('message'),
      files: new Map([[path, content]]),
      ...(author === undefined ? {} : { author }),
      ...(committer === undefined ? {} : { committer }),
      check: async (tree) => refuse(tree === undefined ? undefined : await entryAt(repository.git.objects, tree, path)),
    },
  )
  return committed.catch((error: unknown) => {
    // What the git routes answer with 422 is a conflict here.
    throw error instanceof RulesViolated ? new ApiError(409, error.message) : error
  })
}

async function renderFileCommit(request: RepositoryRequest, sha: string): Promise<unknown> {
  const { github, repository, fields } = request
  const commit = await readCommit(repository.git.objects, sha)
  if (commit === undefined) throw notFound()
  const path = pathOf(request)
  const entry = await entryAt(repository.git.objects, commit.tree, path)
  const ref = fields.optionalText('branch') ?? repository.defaultBranch
  const folder = path.split('/').slice(0, -1).join('/')
  return {
    content:
      entry === undefined
        ? null
        : renderEntry(github, { repository, ref, folder }, { entry, size: await sizeOf(request, entry) }),
    commit: renderGitCommit(github, repository, commit),
  }
}
