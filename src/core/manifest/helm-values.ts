import { isMap, isScalar } from 'yaml'
import { type Problem } from '../parsed.ts'
import { type Annotations, annotationsOf } from './annotations.ts'
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
  const places = [
    { container: topContainer, ...partsIn(values) },
    ...sections,
    ...mapped.flatMap(({ places }) => places),
  ]
  const byContainer = new Map(places.flatMap(imageAt).map((image) => [image.container, image]))
  return { found: [...byContainer.values()], problems: mapped.flatMap(({ problems }) => problems) }
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

type Mapped = { readonly places: readonly ImagePlace[]; readonly problems: readonly Problem[] }

/** `repository.fluxcd.io/ALIAS: a.b.c` names the place of an image below the values, `tag.fluxcd.io/ALIAS` its tag's. */
function mappedIn(resource: Resource, values: Spot): readonly Mapped[] {
  const annotations = annotationsOf(resource)
  const containers = [...annotations.keys()].flatMap((key) =>
    key.startsWith(repositoryPrefix) ? [key.slice(repositoryPrefix.length)] : [],
  )
  return containers.map((container) => {
    const follow = (prefix: string) => pointerAt(annotations, `${prefix}${container}`, values)
    const [repository, registry, tag] = [
      follow(repositoryPrefix),
      follow('registry.fluxcd.io/'),
      follow('tag.fluxcd.io/'),
    ]
    // Without the part that is lost it would be another image, or a tag in the wrong place.
    const lost = [
      ...(textOf(repository?.to) ? [] : [repository]),
      ...[registry, tag].filter((pointer) => !isScalar(pointer?.to?.node)),
    ].filter((pointer) => pointer !== undefined)
    const place = { container, repository: repository?.to, registry: registry?.to, tag: tag?.to }
    return { places: lost.length === 0 ? [place] : [], problems: lost.map(leadsNowhere) }
  })
}

type Pointer = { readonly key: string; readonly said: Spot; readonly to: Spot | undefined }

function pointerAt(annotations: Annotations, key: string, values: Spot): Pointer | undefined {
  const said = annotations.get(key)
  return said && { key, said, to: descend(values, (textOf(said) ?? '').split('.')) }
}

function leadsNowhere({ key, said }: Pointer): Problem {
  const message = `\`${key}\` names no text in spec.values: \`${textOf(said) ?? ''}\``
  return { message, at: said.at, help: 'write the path below spec.values with dots, like app.image.repository' }
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
