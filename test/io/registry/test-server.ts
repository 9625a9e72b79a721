import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, type RequestListener, createServer } from 'node:http'
import { type TestContext } from 'node:test'
import { type ImageName, parseImageName } from '../../../src/core/image/ref.ts'
import { guaranteed } from '../../../src/core/parsed.ts'

export const image: ImageName = guaranteed(parseImageName('eu.gcr.io/project/demo-service'))

export type TestServer = {
  readonly url: string
  readonly seen: readonly string[]
  readonly authorizations: readonly string[]
}

/** A server whose every answer the test writes; it ends with the test. `seen` is `GET /v2/…`, in order. */
export async function serve(t: TestContext, listener: RequestListener): Promise<TestServer> {
  const seen: string[] = []
  const authorizations: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    authorizations.push(request.headers.authorization ?? 'none')
    listener(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  const address = server.address()
  assert.ok(address !== null && typeof address !== 'string')
  return { url: `http://127.0.0.1:${address.port}`, seen, authorizations }
}

export function isTagList(request: IncomingMessage): boolean {
  return request.url?.includes('/tags/list') === true
}
