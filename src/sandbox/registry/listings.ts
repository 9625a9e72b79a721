import { type Answer, failure, json } from './answer.ts'
import type { Call, RegistryState } from './call.ts'

export function listTags({ storage, pageSize }: RegistryState, { repository: name, query }: Call): Answer {
  const repository = storage.repositories.get(name)
  if (repository === undefined || repository.manifests.size + repository.tags.size === 0)
    return failure('NAME_UNKNOWN', 'repository name not known to registry')
  const page = cut([...repository.tags.keys()], query, pageSize)
  if (page === undefined) return failure('PAGINATION_NUMBER_INVALID', 'invalid number of results requested')
  return json({ name, tags: page.entries }, linkTo(`/v2/${name}/tags/list`, page))
}

export function listRepositories({ storage, pageSize }: RegistryState, { query }: Call): Answer {
  const names = [...storage.repositories].filter(([, { manifests }]) => manifests.size > 0).map(([name]) => name)
  const page = cut(names, query, pageSize ?? 100)
  if (page === undefined) return failure('PAGINATION_NUMBER_INVALID', 'invalid number of results requested')
  return json({ repositories: page.entries }, linkTo('/v2/_catalog', page))
}

type Page = { readonly entries: readonly string[]; readonly size: number; readonly more: boolean }

function cut(all: readonly string[], query: URLSearchParams, most: number | undefined): Page | undefined {
  const asked = query.get('n')
  if (asked !== null && !/^\d{1,9}$/.test(asked)) return undefined
  const size = Math.min(asked === null ? Infinity : Number(asked), most ?? Infinity)
  const last = query.get('last') ?? ''
  const rest = all.filter((entry) => entry > last).sort()
  return { entries: rest.slice(0, size), size, more: size > 0 && rest.length > size }
}

function linkTo(path: string, { entries, size, more }: Page): Readonly<Record<string, string>> {
  if (!more) return {}
  const query = new URLSearchParams({ last: entries.at(-1) ?? '', n: String(size) })
  return { link: `<${path}?${query.toString()}>; rel="next"` }
}
