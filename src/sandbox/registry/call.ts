import type { IncomingMessage } from 'node:http'
import type { Answer } from './answer.ts'
import type { Storage } from './storage.ts'

/** The largest body of each kind; what is above is refused before it is read, where its length is announced. */
export type Caps = { readonly blobBytes: number; readonly manifestBytes: number }

export type RegistryState = {
  readonly storage: Storage
  readonly caps: Caps
  /** Tags per page, whatever the client asks for. */
  readonly pageSize: number | undefined
}

/** One request, its path taken apart. */
export type Call = {
  readonly request: IncomingMessage
  readonly query: URLSearchParams
  /** The repository, its grammar checked; empty for the calls that have none. */
  readonly repository: string
  /** What the path names inside of it: a tag, a digest, an upload. */
  readonly reference: string
}

export type Handle = (state: RegistryState, call: Call) => Answer | Promise<Answer>

export type Body = { readonly kind: 'bytes'; readonly bytes: Buffer } | { readonly kind: 'too-large' }

export async function readBody(request: IncomingMessage, cap: number): Promise<Body> {
  if (Number(request.headers['content-length'] ?? 0) > cap) return { kind: 'too-large' }
  const chunks: Buffer[] = []
  let size = 0
  // Leaving the loop would destroy the socket before the refusal is written.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue
    size += chunk.length
    if (size > cap) return { kind: 'too-large' }
    chunks.push(chunk)
  }
  return { kind: 'bytes', bytes: Buffer.concat(chunks) }
}
