import { isMap } from 'yaml'
import { type FoundImage, type FoundImages } from './containers.ts'
import { type Resource } from './resource.ts'
import { child, descend, isText, keysOf, type Spot, textOf } from './spot.ts'

/** The container that stands for an image at the top of the values; others have the name of their section. */
const topContainer = 'chart-image'

/**
 * The images in the inline values of a HelmRelease: at the top, and in each section of the first level. Nothing
 * deeper, and no lists: there, `image` may mean anything.
 */
export function findInValues(resource: Resource): FoundImages {
  const values = descend(resource.spot, ['spec', 'values'])
  if (values === undefined) return { found: [], problems: [] }
  const sections = keysOf(values)
    .toSorted()
    .flatMap((key) => sectionAt(values, key))
  const all = [{ container: topContainer, spot: values }, ...sections]
  return { found: all.flatMap(({ container, spot }) => findInSection(container, spot) ?? []), problems: [] }
}

function sectionAt(values: Spot, key: string): readonly { readonly container: string; readonly spot: Spot }[] {
  const spot = child(values, key)
  return spot !== undefined && isMap(spot.node) ? [{ container: key, spot }] : []
}

/** Where each part of a reference stands; which shape it is follows from what is there. */
type Parts = { readonly repository: Spot; readonly registry?: Spot; readonly tag?: Spot; readonly digest?: Spot }

function findInSection(container: string, section: Spot): FoundImage | undefined {
  const parts = partsIn(section)
  const repository = textOf(parts?.repository)
  if (parts === undefined || repository === undefined || repository === '') return undefined
  const registry = parts.registry !== undefined && isText(parts.registry) ? textOf(parts.registry) : undefined
  const tag = textOf(parts.tag)
  const digest = textOf(parts.digest)
  const reference = [registry ? `${registry}/` : '', repository, tag ? `:${tag}` : '', digest ? `@${digest}` : '']
  const place =
    parts.tag === undefined ? { spot: parts.repository, holds: 'reference' } : { spot: parts.tag, holds: 'tag' }
  return { container, reference: reference.join(''), ...place } as FoundImage
}

/** `image: text` with `registry` and `tag` beside it, or `image: {repository}` with them inside. */
function partsIn(section: Spot): Parts | undefined {
  const image = child(section, 'image')
  if (image === undefined) return undefined
  if (!isMap(image.node)) return { repository: image, ...scalars(section, ['registry', 'tag']) }
  const repository = child(image, 'repository')
  return repository === undefined ? undefined : { repository, ...scalars(image, ['registry', 'tag', 'digest']) }
}

function scalars(spot: Spot, keys: readonly ('registry' | 'tag' | 'digest')[]): Omit<Parts, 'repository'> {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = child(spot, key)
      return value === undefined || isMap(value.node) ? [] : [[key, value]]
    }),
  )
}
