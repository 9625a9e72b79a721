import type { ImageLabels } from '../image/manifest-content.ts'

/** Where the source of a new tag can be read, as the labels of the images say. The text is safe within a code span. */
export type SourceLink =
  | { readonly kind: 'comparison' | 'revision' | 'repository'; readonly text: string; readonly url: string }
  /** Built again from what the current tag was built from. */
  | { readonly kind: 'same-revision'; readonly text: string; readonly url: string }

/**
 * Labels are whatever the image's author wrote there: of them only two names on a GitHub and a revision become part of a
 * link, never their text.
 */
export function sourceLink(from: ImageLabels | undefined, to: ImageLabels | undefined): SourceLink | undefined {
  const repository = repositoryOf(to?.source)
  if (repository === undefined) return undefined
  const { url, name } = repository
  const revision = revisionOf(to?.revision)
  if (revision === undefined) return { kind: 'repository', text: name, url }
  const at = { text: `${name}@${short(revision)}`, url: `${url}/tree/${revision}` }
  const before = repositoryOf(from?.source)?.url === url ? revisionOf(from?.revision) : undefined
  if (before === undefined) return { kind: 'revision', ...at }
  if (before === revision) return { kind: 'same-revision', ...at }
  return {
    kind: 'comparison',
    text: `${short(before)}...${short(revision)}`,
    url: `${url}/compare/${before}...${revision}`,
  }
}

type SourceRepository = { readonly url: string; readonly name: string }

/** github.com, and GitHub's own domain for enterprises. On any other host the image's author could have a page of his own. */
const repositoryForm =
  /^https:\/\/(github\.com|[a-z0-9-]{1,63}\.ghe\.com)\/([A-Za-z0-9][A-Za-z0-9-]{0,38})\/([\w.-]{1,100}?)(?:\.git)?\/?$/

function repositoryOf(source: string | undefined): SourceRepository | undefined {
  const [, host, owner, name] = repositoryForm.exec(source ?? '') ?? []
  if (host === undefined || owner === undefined || name === undefined || /^\.+$/.test(name)) return undefined
  return { url: `https://${host}/${owner}/${name}`, name: `${owner}/${name}` }
}

/** A commit, or a tag such as an image could have; `..` would say where something else ends. */
function revisionOf(revision: string | undefined): string | undefined {
  const isPlain = revision !== undefined && /^[A-Za-z0-9_][\w.-]{0,99}$/.test(revision) && !revision.includes('..')
  return isPlain ? revision : undefined
}

function short(revision: string): string {
  return /^[0-9a-f]{40,64}$/.test(revision) ? revision.slice(0, 7) : revision
}
