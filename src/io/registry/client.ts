import type { ImageName } from '../../core/image/ref.ts'
import { createAuthorizer } from './authorization.ts'
import { createAsk } from './conversation.ts'
import { withLogin } from './credentials.ts'
import { type Refused, type RegistryPlace, type RegistrySettings, placeOf, readHosts } from './hosts.ts'
import { type ImageReading, readImage } from './image.ts'
import { type ManifestHead, headManifest } from './manifest-head.ts'
import { createAskLoginProgram } from './login-program.ts'
import { type Lookup, lookupAll } from './public-address.ts'
import { type TagList, listTags } from './tag-list.ts'
import { createPullsLeft } from './pulls-left.ts'
import { type Limits, createTransport, defaultLimits } from './transport.ts'

/**
 * Reads registries that the operator allows: https://github.com/opencontainers/distribution-spec. What nobody will
 * change by waiting is a value, `refused` with its reason; what may pass is thrown as `RegistryUnavailable`.
 */
export type Registry = {
  /** Every tag there is, in no order that could be relied on. `known` is what an earlier answer had. */
  readonly listTags: (image: ImageName, known?: { readonly etag: string }) => Promise<TagList>
  /** What a tag points to, without downloading it: on Docker Hub this does not count as a pull. */
  readonly headManifest: (image: ImageName, tag: string) => Promise<ManifestHead>
  /**
   * What a tag or digest is: on Docker Hub this counts as a pull, and once more for an image of several platforms. By
   * digest it is true for ever, so `headManifest` first, and this only for a digest that nobody has read.
   */
  readonly readImage: (image: ImageName, reference: string) => Promise<ImageReading>
  /** What registries that count pulls said last, by their names. */
  readonly pullsLeft: () => ReadonlyMap<string, number>
}

export type { ImageReading, ManifestHead, TagList }

export type RegistryDeps = {
  readonly registries: RegistrySettings
  readonly fetch?: typeof fetch
  readonly now?: () => number
  readonly lookup?: Lookup
  readonly limits?: Partial<Limits>
}

export function createRegistry(deps: RegistryDeps): Registry {
  const now = deps.now ?? Date.now
  const limits = { ...defaultLimits, ...deps.limits }
  const hosts = readHosts(deps.registries)
  const pullsLeft = createPullsLeft(hosts)
  const transport = pullsLeft.listening(createTransport({ fetch: deps.fetch ?? fetch, now, limits }))
  const authorizer = createAuthorizer({ transport, now })
  const ask = createAsk({ hosts, transport, authorizer, lookup: deps.lookup ?? lookupAll })
  const askLoginProgram = createAskLoginProgram({ now })
  const locate = async (image: ImageName): Promise<RegistryPlace | Refused> => {
    const place = placeOf(hosts, image)
    return place.kind === 'refused' ? place : await withLogin(askLoginProgram, place)
  }
  return {
    listTags: async (image, known) => {
      const place = await locate(image)
      return place.kind === 'refused' ? place : await listTags({ ask, limits, now }, place, known)
    },
    headManifest: async (image, tag) => {
      const place = await locate(image)
      return place.kind === 'refused' ? place : await headManifest(ask, place, tag)
    },
    readImage: async (image, reference) => {
      const place = await locate(image)
      return place.kind === 'refused' ? place : await readImage({ ask, limits }, place, reference)
    },
    pullsLeft: pullsLeft.said,
  }
}
