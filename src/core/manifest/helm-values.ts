import { isMap, isScalar } from 'yaml'
import { type Problem } from '../parsed.ts'
import { annotationsOf } from './annotations.ts'
import { type FoundImage, type FoundImages } from './containers.ts'
import { type Resource } from './resource.ts'
import { child, descend, entriesOf, isText, type Spot, textOf } from './spot.ts'

/** The container that stands for an image at the top of the values; others have the name of their section. */
const topContainer = 'chart-image'

/**
 * The images in the inline values of a HelmRelease: at the top, in each section of the first level, and where
 * annotations say that one is. Nothing deeper by itself, and no lists: there, `image` may mean anything.
 */
export function findInValues(resource: Resource): FoundImages {
  const values = descend(resource.spot, ['spec', 'values'])
  if (values === undefined) return { found: [], problems: [] }
  const entries = [...entriesOf(values)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const sections = entries.flatMap(([container, spot]) => (isMap(spot.node) ? [{ container, ...partsIn(spot) }] : []))
  const mapped = mappedIn(resource, values)
  // An annotation says where the image of a container is, so it overrides what stands in a section of its name.
  const places = [{ container: topContainer, ...partsIn(values) }, ...sections, ...mapped]
  const byContainer = new Map(places.flatMap(imageAt).map((image) => [image.container, image]))
  const lost = mapped.filter((place) => imageAt(place).length === 0)
  return {
    found: [...byContainer.values()],
    problems: lost.map(({ container, said }) => leadsNowhere(container, said)),
  }
}

function leadsNowhere(container: string, said: Spot): Problem {
  const message = `\`${repositoryPrefix}${container}\` names no text in spec.values: \`${textOf(said) ?? ''}\``
  return { message, at: said.at, help: 'write the path below spec.values with dots, like app.image.repository' }
}

/** Where each part of a reference stands; which of the shapes it is follows from what is there. */
type Parts = {
  readonly repository: Spot | undefined
  readonly registry?: Spot | undefined
  readonly tag?: Spot | undefined
  readonly digest?: Spot | undefined
}
type ImagePlace = Parts & { readonly container: string }

/** `image: text` with `registry` and `tag` beside it, or `image: {repository}` with them inside. */
function partsIn(section: Spot): Parts {
  const image = child(section, 'image')
  const [parts, repository] =
    image !== undefined && isMap(image.node) ? [image, child(image, 'repository')] : [section, image]
  const digest = parts === section ? undefined : child(parts, 'digest')
  return { repository, registry: child(parts, 'registry'), tag: child(parts, 'tag'), digest }
}

const repositoryPrefix = 'repository.fluxcd.io/'

/** `repository.fluxcd.io/ALIAS: a.b.c` names the place of an image below the values, `tag.fluxcd.io/ALIAS` its tag's. */
function mappedIn(resource: Resource, values: Spot): readonly (ImagePlace & { readonly said: Spot })[] {
  const annotations = annotationsOf(resource)
  const mapped = (key: string): Spot | undefined => {
    const path = textOf(annotations.get(key))
    return path === undefined ? undefined : descend(values, path.split('.'))
  }
  return [...annotations]
    .filter(([key]) => key.startsWith(repositoryPrefix))
    .map(([key, said]) => {
      const container = key.slice(repositoryPrefix.length)
      const [registry, tag] = [mapped(`registry.fluxcd.io/${container}`), mapped(`tag.fluxcd.io/${container}`)]
      return { container, said, repository: mapped(key), registry, tag }
    })
}

function imageAt({ container, repository, registry, tag, digest }: ImagePlace): readonly FoundImage[] {
  const name = textOf(repository)
  if (repository === undefined || name === undefined || name === '') return []
  // A registry counts if YAML reads it as text; a tag whatever it is read as: `1.10` is no number to its author.
  const host = registry !== undefined && isText(registry) ? textOf(registry) : undefined
  const reference = `${before(host, '/')}${name}${after(':', textOf(tag))}${after('@', textOf(digest))}`
  // An empty tag is none, where the name brings its own: filling it in would make two of them.
  const isBeside = tag !== undefined && isScalar(tag.node) && (textOf(tag) ? true : !/[:@][^/]*$/.test(name))
  return isBeside
    ? [{ container, reference, spot: tag, holds: 'tag' }]
    : [{ container, reference, spot: repository, holds: 'reference' }]
}

function before(text: string | undefined, separator: string): string {
  return text ? `${text}${separator}` : ''
}

function after(separator: string, text: string | undefined): string {
  return text ? `${separator}${text}` : ''
}
