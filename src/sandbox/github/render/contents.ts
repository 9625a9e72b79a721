import { type GitHub } from '../context.ts'
import { entryType, type TreeEntry } from '../git/tree.ts'
import { fullName } from '../lookup.ts'
import { type Repository } from '../state.ts'
import { type Json } from './json.ts'
import { repositoryUrl } from './repository.ts'

type Place = { readonly repository: Repository; readonly ref: string; readonly folder: string }

/** An entry of a directory; for a file its content is added. */
export function renderEntry(
  github: GitHub,
  { repository, ref, folder }: Place,
  { entry, size }: { readonly entry: TreeEntry; readonly size: number },
): Json {
  const path = folder === '' ? entry.name : `${folder}/${entry.name}`
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  const kind = entryType(entry.mode)
  const url = `${repositoryUrl(github, repository)}/contents/${encoded}?ref=${encodeURIComponent(ref)}`
  const git = `${repositoryUrl(github, repository)}/git/${kind}s/${entry.sha}`
  const html = `${github.urls.web}/${fullName(repository)}`
  const page = `${html}/${kind}/${ref}/${encoded}`
  return {
    name: entry.name,
    path,
    sha: entry.sha,
    size,
    url,
    html_url: page,
    git_url: git,
    download_url: kind === 'blob' ? `${html}/raw/${ref}/${encoded}` : null,
    type: typeOf(entry),
    _links: { self: url, git, html: page },
  }
}

function typeOf({ mode }: TreeEntry): 'file' | 'dir' | 'submodule' | 'symlink' {
  if (mode === '040000') return 'dir'
  if (mode === '160000') return 'submodule'
  return mode === '120000' ? 'symlink' : 'file'
}
