import { once } from 'node:events'
import { createServer } from 'node:net'

/** For servers that cannot take port 0. Somebody else may take it in between: the caller tries again. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('the probe listens on no port')
  return address.port
}
