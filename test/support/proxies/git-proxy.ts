import { once } from 'node:events'
import { Agent, type IncomingMessage, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { WriteCounter } from './writes.ts'

export type GitProxy = {
  /** In place of the remote's own origin. */
  readonly origin: string
  /** How often objects were asked for. */
  fetches(): number
  readonly close: () => Promise<void>
}

/** Stands before a git remote. A fetch writes on the side that asks: into its mirror. */
export async function startGitProxy(upstream: string, writes: WriteCounter): Promise<GitProxy> {
  const agent = new Agent({ keepAlive: true })
  let fetches = 0
  const server = createServer((incoming, response) => {
    answer(incoming)
      .then(async (given) => {
        response.writeHead(given.statusCode ?? 502, given.headers)
        await pipeline(given, response)
      })
      .catch(() => response.destroy())
  })
  async function answer(incoming: IncomingMessage): Promise<IncomingMessage> {
    const body = await buffer(incoming)
    if (!isFetch(incoming, body)) return forward(incoming, body)
    fetches += 1
    return writes.around('git fetch', () => forward(incoming, body))
  }
  async function forward(incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    const target = new URL(incoming.url ?? '/', upstream)
    const headers = { ...incoming.headers, host: target.host }
    const asked = request(target, { method: incoming.method, headers, agent })
    asked.end(body)
    const [given] = (await once(asked, 'response')) as [IncomingMessage]
    return given
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    fetches: () => fetches,
    async close() {
      server.close()
      server.closeAllConnections()
      agent.destroy()
    },
  }
}

/** With protocol 2 the list of refs is asked for in the same way, and says so in its body, which is never compressed. */
function isFetch({ method, url }: IncomingMessage, body: Buffer): boolean {
  return method === 'POST' && url?.endsWith('/git-upload-pack') === true && !body.includes('command=ls-refs')
}
