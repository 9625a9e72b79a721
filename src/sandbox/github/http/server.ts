import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Answer } from './answer.ts'
import { readRequest, type HttpRequest } from './request.ts'

export type RunningServer = { readonly url: string; close(): Promise<void> }

/** Listens on this machine only. */
export async function startServer(
  port: number,
  answer: (request: HttpRequest) => Promise<Answer>,
): Promise<RunningServer> {
  let url = `http://127.0.0.1:${port}`
  const server = createServer((incoming, outgoing) => {
    void respond(incoming, outgoing, async () => answer(await readRequest(incoming, url)))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (typeof address === 'object' && address !== null) url = `http://127.0.0.1:${address.port}`
  return { url, close: () => closeServer(server) }
}

/** What goes wrong in here is a bug of the sandbox: a 500 that says which, so that the test that met it shows it. */
async function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: () => Promise<Answer>,
): Promise<void> {
  try {
    send(outgoing, await answer())
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    if (outgoing.headersSent || incoming.destroyed) return void outgoing.destroy()
    send(outgoing, { status: 500, body: { kind: 'json', value: { message: `the sandbox failed: ${message}` } } })
  }
}

function send(outgoing: ServerResponse, { status, headers = {}, body }: Answer): void {
  outgoing.statusCode = status
  outgoing.setHeader('X-GitHub-Request-Id', randomBytes(10).toString('hex').toUpperCase())
  for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value)
  if (body === undefined) return void outgoing.end()
  const type = body.kind === 'json' ? 'application/json; charset=utf-8' : body.type
  outgoing.setHeader('Content-Type', type)
  const bytes = body.kind === 'json' ? Buffer.from(JSON.stringify(body.value)) : body.value
  outgoing.setHeader('Content-Length', bytes.length)
  outgoing.end(bytes)
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  await closed
}
