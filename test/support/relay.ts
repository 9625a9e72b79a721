import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request that went through, and what it was answered. */
export type Relayed = {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly status: number
  readonly answer: string
}

/** Stands between two programs and writes down what they say to each other. */
export type Relay = {
  readonly url: string
  readonly relayed: readonly Relayed[]
  readonly forget: () => void
  /** Where to; until then everything is answered with 200, and lost. */
  readonly connect: (target: string) => void
  /** Ends when something went through for which this holds, and was answered; what came earlier counts. */
  readonly until: (holds: (relayed: Relayed) => boolean) => Promise<Relayed>
  readonly close: () => Promise<void>
}

export async function startRelay(): Promise<Relay> {
  const relayed: Relayed[] = []
  const listeners = new Set<() => void>()
  let target: string | undefined
  const server = createServer((request, response) => {
    void (async () => {
      const body = await read(request)
      const { method = '', url: path = '' } = request
      // Whoever is behind it may have ended.
      const passed =
        target === undefined ? nobody : await pass(request, `${target}${path}`, body).catch(() => unreachable)
      relayed.push({ method, path, body: body.toString(), status: passed.status, answer: passed.body.toString() })
      response.writeHead(passed.status, passed.headers).end(passed.body)
      for (const listener of listeners) listener()
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    relayed,
    forget: () => void relayed.splice(0),
    connect: (next) => {
      target = next
    },
    until: (holds) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = relayed.find(holds)
          if (found === undefined) return
          listeners.delete(look)
          resolve(found)
        }
        listeners.add(look)
        look()
      }),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

type Passed = { readonly status: number; readonly headers: Record<string, string>; readonly body: Buffer }

const nobody: Passed = { status: 200, headers: {}, body: Buffer.alloc(0) }

const unreachable: Passed = { ...nobody, status: 502 }

/** What belongs to one connection, and not to what is said on it. */
const ofConnection: readonly string[] = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host']

async function pass({ method = '', headers }: IncomingMessage, url: string, body: Buffer): Promise<Passed> {
  const kept = Object.entries(headers).filter(([name]) => !ofConnection.includes(name))
  const answer = await fetch(url, {
    method,
    headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
    redirect: 'manual',
    ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
  })
  const back = [...answer.headers].filter(([name]) => !ofConnection.includes(name) && name !== 'content-encoding')
  return { status: answer.status, headers: Object.fromEntries(back), body: Buffer.from(await answer.arrayBuffer()) }
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
  return Buffer.concat(chunks)
}
