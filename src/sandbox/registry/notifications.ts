import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { notificationTypes } from '../../core/image/registry-notification.ts'

export type Subscriber = { readonly url: string; readonly headers?: Readonly<Record<string, string>> }

/** What happened, as distribution words it. */
export type RegistryEvent = {
  readonly action: 'push' | 'pull' | 'mount' | 'delete'
  readonly repository: string
  readonly mediaType?: string
  readonly digest?: string
  readonly size?: number
  readonly tag?: string
}

/** Whose request it was, and which registry saw it. */
export type Occasion = {
  readonly registry: { readonly url: string; readonly host: string; readonly instance: string }
  readonly client: { readonly address: string; readonly method: string; readonly userAgent: string }
  readonly actor: string | undefined
}

export type Outbox = {
  readonly tell: (event: RegistryEvent, occasion: Occasion) => void
  readonly subscribe: (subscriber: Subscriber | undefined) => void
  /** The next `count` pushes of a tag are never told. */
  readonly lose: (count: number) => void
  /** The next `count` pushes of a tag are told twice, under one id. */
  readonly duplicate: (count: number) => void
  readonly settled: () => Promise<void>
  /** How many were given up, because the subscriber refused every attempt. */
  readonly givenUp: () => number
  readonly stop: () => Promise<void>
}

// Long enough for a bot that is killed and started again.
const defaultRetryDelaysMs: readonly number[] = [50, 100, 200, 400, 800, 1600, 3200]
const deliveryTimeoutMs = 5_000

/**
 * One queue, in order, each event in an envelope of its own, as distribution sends them. Unlike distribution, which
 * tries for ever, an event is given up after the last delay, so that `settled` always ends.
 */
export function createOutbox(retryDelaysMs: readonly number[] = defaultRetryDelaysMs): Outbox {
  const stopping = new AbortController()
  let subscriber: Subscriber | undefined
  let last: Promise<void> = Promise.resolve()
  let toLose = 0
  let toDuplicate = 0
  let givenUp = 0

  const deliver = async (to: Subscriber, body: string): Promise<void> => {
    for (const delayMs of [0, ...retryDelaysMs]) {
      await wait(delayMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return
      if (await post(to, body, stopping.signal)) return
    }
    givenUp += 1
  }
  const copiesOf = (event: RegistryEvent): number => {
    if (event.action !== 'push' || event.tag === undefined) return 1
    if (toLose > 0) {
      toLose -= 1
      return 0
    }
    if (toDuplicate === 0) return 1
    toDuplicate -= 1
    return 2
  }

  return {
    tell: (event, occasion) => {
      const to = subscriber
      if (to === undefined) return
      const body = JSON.stringify({ events: [format(event, occasion)] })
      const copies = copiesOf(event)
      for (let copy = 0; copy < copies; copy += 1) last = last.then(() => deliver(to, body))
    },
    subscribe: (next) => {
      subscriber = next
    },
    lose: (count) => {
      toLose += count
    },
    duplicate: (count) => {
      toDuplicate += count
    },
    settled: async () => {
      let seen
      do {
        seen = last
        await seen
      } while (seen !== last)
    },
    givenUp: () => givenUp,
    stop: () => {
      subscriber = undefined
      stopping.abort()
      return last
    },
  }
}

async function post({ url, headers }: Subscriber, body: string, stopping: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': notificationTypes[0] },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([stopping, AbortSignal.timeout(deliveryTimeoutMs)]),
    })
    await response.body?.cancel()
    return response.status >= 200 && response.status < 400
  } catch {
    return false
  }
}

function format(event: RegistryEvent, { registry, client, actor }: Occasion): unknown {
  const { action, size, ...target } = event
  return {
    id: randomUUID(),
    timestamp: new Date().toISOString(),
    action,
    target: { ...target, ...(size === undefined ? {} : { size, length: size }), ...urlOf(event, registry.url) },
    request: {
      id: randomUUID(),
      addr: client.address,
      host: registry.host,
      method: client.method,
      useragent: client.userAgent,
    },
    actor: actor === undefined ? {} : { name: actor },
    source: { addr: registry.host, instanceID: registry.instance },
  }
}

function urlOf({ action, repository, digest, mediaType }: RegistryEvent, registry: string): { readonly url?: string } {
  if (action === 'delete' || digest === undefined) return {}
  const kind = mediaType === undefined || mediaType === 'application/octet-stream' ? 'blobs' : 'manifests'
  return { url: `${registry}/v2/${repository}/${kind}/${digest}` }
}
