import { formatTimestamp } from '../context.ts'
import { readCommit } from '../git/commit.ts'
import { diffFiles } from '../git/diff.ts'
import { emptyTree, entryAt } from '../git/tree.ts'
import { type Answer } from '../http/answer.ts'
import { fullName } from '../lookup.ts'
import { type Repository } from '../state.ts'
import { renderFiles } from './diff.ts'
import { markup, type Html } from './html.ts'
import { page } from './layout.ts'
import { filePath, repositoryCrumb, repositoryPath, when } from './notation.ts'

/** `rest` is a ref and a path behind it, and refs hold slashes, too: the longest ref that fits is meant. */
export async function filePage(repository: Repository, rest: string): Promise<Answer | undefined> {
  const refs = [...repository.git.refs.all().keys()].map((name) => name.replace(/^refs\/(heads|tags)\//, ''))
  const [first = ''] = rest.split('/')
  const ref =
    refs.filter((name) => rest.startsWith(`${name}/`)).toSorted((one, other) => other.length - one.length)[0] ?? first
  const path = rest.slice(ref.length + 1)
  const { objects } = repository.git
  const commit = await readCommit(objects, ref)
  const entry = commit === undefined ? undefined : await entryAt(objects, commit.tree, path)
  const blob = entry === undefined ? undefined : await objects.read(entry.sha)
  if (blob?.type !== 'blob') return undefined
  const body = markup`<h1 class="mono">${path}</h1>
<p class="quiet">${blob.content.length} bytes at <code>${ref}</code></p>
<section class="card"><div class="scroll">${blob.content.includes(0) ? markup`<p class="text quiet">binary</p>` : numbered(blob.content.toString('utf8'))}</div></section>`
  const crumbs = [repositoryCrumb(repository), { text: path, href: filePath(repository, ref, path) }]
  return page({ title: `${path} · ${fullName(repository)}`, crumbs, body })
}

function numbered(text: string): Html {
  const lines = text.replace(/\n$/, '').split('\n')
  return markup`<table class="lines">${lines.map(
    (line, i) => markup`<tr><td class="at">${i + 1}</td><td>${line}</td></tr>
`,
  )}</table>`
}

export async function commitPage(repository: Repository, sha: string): Promise<Answer | undefined> {
  const commit = await readCommit(repository.git.objects, sha)
  if (commit === undefined) return undefined
  const [headline = '', ...more] = commit.message.split('\n')
  const message = more.join('\n').trim()
  const body = markup`<h1>${headline}</h1>
<p class="quiet">${commit.author.name} · ${when(formatTimestamp(commit.author.at))} · <code>${commit.sha}</code></p>
${message === '' ? undefined : markup`<section class="card"><div class="text"><pre>${message}</pre></div></section>`}
${renderFiles(await diffFiles(repository.git.path, commit.parents[0] ?? emptyTree, commit.sha))}`
  const crumbs = [
    repositoryCrumb(repository),
    { text: commit.sha.slice(0, 7), href: `${repositoryPath(repository)}/commit/${commit.sha}` },
  ]
  return page({ title: `${headline} · ${fullName(repository)}`, crumbs, body })
}
