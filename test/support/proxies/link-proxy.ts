import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import type { WriteCounter } from './writes.ts'

export type LinkProxy = {
  /** In place of the bot's address. */
  readonly url: string
  readonly close: () => Promise<void>
}

/** Stands between agent and bot. It can read none of it: every frame of the agent is a write. */
export async function startLinkProxy(botUrl: () => string, writes: WriteCounter): Promise<LinkProxy> {
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (agent, request) => {
    const bot = new WebSocket(new URL(request.url ?? '/', botUrl().replace(/^http/, 'ws')))
    // Frames keep their order, though each waits for whoever watches.
    let upwards: Promise<unknown> = once(bot, 'open')
    const end = (): void => {
      agent.terminate()
      bot.terminate()
    }
    const pass = (data: RawData, isBinary: boolean): void => {
      upwards = upwards
        .then(() => writes.around('frame to the bot', async () => bot.send(data, { binary: isBinary })))
        .catch(end)
    }
    agent.on('message', pass)
    bot.on('message', (data, isBinary) => agent.send(data, { binary: isBinary }))
    for (const side of [agent, bot]) side.on('close', end).on('error', end)
    upwards.catch(end)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      server.close()
      server.closeAllConnections()
    },
  }
}
