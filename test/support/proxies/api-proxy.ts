import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent, createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { Cluster } from '../../../src/sandbox/cluster/access.ts'
import { openAuthority } from '../../../src/sandbox/cluster/certificates.ts'
import type { WriteCounter } from './writes.ts'

export type ApiProxy = {
  /** Where to ask instead of the API server; the same authority vouches for it. */
  readonly url: string
  /** How often each kind of request was made: `GET configmaps`, `PATCH deployments dry run`. */
  counts(): Readonly<Record<string, number>>
  reset(): void
  /** Every connection ends at once, as when the API server goes away; false lets them come again. */
  down(isDown: boolean): void
  readonly close: () => Promise<void>
}

/** Stands before a real API server: counts what is asked, and stops at what changes something. */
export async function startApiProxy(cluster: Cluster, writes: WriteCounter): Promise<ApiProxy> {
  const { certificate, key } = openAuthority(cluster.access.authority, () => new Date()).issueServer(['127.0.0.1'])
  const agent = new Agent({ keepAlive: true, ca: cluster.ca })
  const counts = new Map<string, number>()
  let isDown = false
  const server = createServer({ cert: certificate, key }, (incoming, response) => {
    const what = describe(incoming)
    counts.set(what, (counts.get(what) ?? 0) + 1)
    const forwarded = isWrite(incoming) ? writes.around(what, () => forward(incoming)) : forward(incoming)
    forwarded.then((answer) => giveBack(answer, response)).catch(() => response.destroy())
  })
  async function forward(incoming: IncomingMessage): Promise<IncomingMessage> {
    if (isDown) throw new Error('down')
    const { method, headers } = incoming
    const body = await buffer(incoming)
    const upstream = request(new URL(incoming.url ?? '/', cluster.url), {
      method,
      headers: { ...headers, host: new URL(cluster.url).host },
      agent,
    })
    upstream.end(body)
    incoming.once('close', () => upstream.destroy())
    const [answer] = (await once(upstream, 'response')) as [IncomingMessage]
    return answer
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}`,
    counts: () => Object.fromEntries([...counts].toSorted(([a], [b]) => a.localeCompare(b))),
    reset: () => counts.clear(),
    down(now) {
      isDown = now
      if (now) server.closeAllConnections()
    },
    async close() {
      server.close()
      server.closeAllConnections()
      agent.destroy()
    },
  }
}

async function giveBack(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(answer.statusCode ?? 502, answer.headers)
  // A watch may be silent for minutes: its headers are news already.
  response.flushHeaders()
  await pipeline(answer, response)
}

function isWrite({ method, url }: IncomingMessage): boolean {
  return method !== 'GET' && method !== 'HEAD' && !isDryRun(url)
}

function isDryRun(url: string | undefined): boolean {
  return url?.includes('dryRun=') === true
}

/** `PATCH deployments`, `GET configmaps watch`: the verb and the kind, without names. */
function describe({ method, url }: IncomingMessage): string {
  const { pathname, searchParams } = new URL(url ?? '/', 'https://localhost')
  const segments = pathname.split('/').filter((segment) => segment !== '')
  // /api/v1/… or /apis/GROUP/VERSION/…, then namespaces/NAME/ when the object is in one
  const [first, second, ...rest] = segments.slice(segments[0] === 'api' ? 2 : 3)
  const [kind, name] = first === 'namespaces' && rest[0] !== undefined ? rest : [first ?? pathname, second]
  const how = isDryRun(url) ? ' dry run' : searchParams.has('watch') ? ' watch' : ''
  return `${method} ${kind}${name === undefined && method === 'GET' ? ' list' : ''}${how}`
}
