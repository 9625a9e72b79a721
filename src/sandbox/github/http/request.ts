import { type IncomingMessage } from 'node:http'

/** A request that has been read wholly. */
export type HttpRequest = {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Whether who asked has gone away and waits for no answer. */
  readonly isAbandoned: () => boolean
}

export async function readRequest(incoming: IncomingMessage, base: string): Promise<HttpRequest> {
  const { socket } = incoming
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk))
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])
  return {
    method: incoming.method ?? 'GET',
    url: new URL(incoming.url ?? '/', base),
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks),
    isAbandoned: () => socket.destroyed || socket.writableEnded,
  }
}
