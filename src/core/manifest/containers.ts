import { isMap } from 'yaml'
import { type Problem } from '../parsed.ts'
import { type Resource } from './resource.ts'
import { child, descend, itemsOf, type Spot, textOf } from './spot.ts'

/** A place in a resource that names an image, before the name is parsed. */
export type FoundImage = {
  readonly container: string
  /** The whole reference, put together where its parts stand in several scalars. */
  readonly reference: string
  /** The scalar that changes when the tag changes. */
  readonly spot: Spot
  readonly holds: 'reference' | 'tag'
}

export type FoundImages = { readonly found: readonly FoundImage[]; readonly problems: readonly Problem[] }

const lists = ['containers', 'initContainers']

/** The images of the containers of a pod, whose spec stands at this path. */
export function findInPod(resource: Resource, path: readonly string[]): FoundImages {
  const pod = descend(resource.spot, path)
  const containers = lists.flatMap((list) => {
    const spot = pod === undefined ? undefined : child(pod, list)
    return spot === undefined ? [] : itemsOf(spot)
  })
  const each = containers.map(findInContainer)
  return { found: each.flatMap(({ found }) => found), problems: each.flatMap(({ problems }) => problems) }
}

function findInContainer(container: Spot): FoundImages {
  const image = child(container, 'image')
  const name = textOf(child(container, 'name'))
  // Patches and charts leave the image to others; a `{{ }}` without quotes is a mapping to YAML.
  if (image === undefined || isMap(image.node)) return { found: [], problems: [] }
  const reference = textOf(image)
  if (reference === undefined || reference === '') return { found: [], problems: [] }
  if (name === undefined || name === '')
    return { found: [], problems: [{ message: 'the container has no name', at: container.at }] }
  return { found: [{ container: name, reference, spot: image, holds: 'reference' }], problems: [] }
}
