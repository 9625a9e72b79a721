import type { RegistryHosts } from './hosts.ts'
import type { Transport } from './transport.ts'

export type PullsLeft = {
  /** As it is, and listens. */
  readonly listening: (transport: Transport) => Transport
  /** By the name of the registry; one that never said it is not there. */
  readonly said: () => ReadonlyMap<string, number>
}

/**
 * How many pulls a registry still grants us, as Docker Hub says on each manifest: `ratelimit-remaining: 76;w=21600`.
 * Only what registries of the operator say is kept: a redirect may lead to hosts without number.
 */
export function createPullsLeft(hosts: RegistryHosts): PullsLeft {
  const names = new Map([...hosts.values()].map(({ origin, name }) => [origin, name]))
  const left = new Map<string, number>()
  return {
    listening: (transport) => async (outgoing) => {
      const incoming = await transport(outgoing)
      const name = names.get(incoming.url.origin)
      const said = incoming.kind === 'answer' ? readLeft(incoming.headers) : undefined
      if (name !== undefined && said !== undefined) left.set(name, said)
      return incoming
    },
    said: () => left,
  }
}

/** With a window: there are other headers of that name, which are not about pulls. */
function readLeft(headers: Headers): number | undefined {
  const [, left] = /^(\d{1,9});w=\d+$/.exec(headers.get('ratelimit-remaining') ?? '') ?? []
  return left === undefined ? undefined : Number(left)
}
