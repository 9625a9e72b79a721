import { once } from 'node:events'
import { createServer } from 'node:http'

export type ReceivedNotification = {
  readonly contentType: string | undefined
  readonly authorization: string | undefined
  readonly body: unknown
}

export type SubscriberServer = {
  readonly url: string
  readonly received: readonly ReceivedNotification[]
  /** Answers the next ones with these statuses; afterwards 200. */
  readonly answerWith: (...statuses: readonly number[]) => void
  /** Ends when a notification came for which this holds; one that came earlier counts. */
  readonly until: (holds: (notification: ReceivedNotification) => boolean) => Promise<ReceivedNotification>
  readonly close: () => Promise<void>
}

/** Somebody to be notified, over real HTTP. */
export async function startSubscriber(): Promise<SubscriberServer> {
  const received: ReceivedNotification[] = []
  const statuses: number[] = []
  const listeners = new Set<() => void>()
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
      const status = statuses.shift() ?? 200
      response.writeHead(status).end()
      if (status !== 200) return
      const { authorization, 'content-type': contentType } = request.headers
      received.push({ contentType, authorization, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) })
      for (const listener of listeners) listener()
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the subscriber listens on no port')
  return {
    url: `http://127.0.0.1:${address.port}/registry-events`,
    received,
    answerWith: (...next) => {
      statuses.push(...next)
    },
    until: (holds) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = received.find(holds)
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
