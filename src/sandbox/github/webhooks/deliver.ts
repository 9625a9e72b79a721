import { randomUUID } from 'node:crypto'
import { covers } from '../caller.ts'
import { timestamp, type GitHub } from '../context.ts'
import { type FaultState } from '../faults.ts'
import { nextId } from '../lookup.ts'
import { renderAccount, renderOrganization } from '../render/account.ts'
import { type Json } from '../render/json.ts'
import { renderRepository } from '../render/repository.ts'
import { nodeId } from '../node-id.ts'
import { type Delivery, type Installation } from '../state.ts'
import { type Event, type Outbox } from './outbox.ts'
import { send, sign } from './send.ts'

/** Once `stopped`, what is under way ends and nothing is sent any more. */
export function createOutbox(
  github: () => GitHub,
  { faults, stopped }: { readonly faults: FaultState; readonly stopped: AbortSignal },
): Outbox {
  const underWay = new Set<Promise<void>>()
  const start = (delivery: Delivery): void => {
    if (stopped.aborted) return
    github().state.deliveries.push(delivery)
    const attempt = carryOut(delivery, { faults, stopped }).finally(() => underWay.delete(attempt))
    underWay.add(attempt)
  }
  return {
    async emit(event) {
      const hearing = listeners(github(), event)
      if (hearing.length === 0) return
      const body = await event.payload()
      for (const installation of hearing) {
        const delivery = prepare(github(), { event, installation, body })
        if (delivery === undefined) continue
        start(delivery)
        if (faults.takeDuplicate()) start({ ...delivery, id: nextId(github().state), attempt: delivery.attempt + 1 })
      }
    },
    redeliver(delivery) {
      const { state } = github()
      const attempts = state.deliveries.filter(({ guid, app }) => guid === delivery.guid && app === delivery.app)
      const { hook } = delivery.app
      if (hook === undefined) return
      start({
        ...delivery,
        ...notYet,
        id: nextId(state),
        at: timestamp(github()),
        url: hook.url,
        redelivery: true,
        attempt: attempts.length + 1,
        requestHeaders: { ...delivery.requestHeaders, 'X-Hub-Signature-256': sign(hook.secret, delivery.body) },
      })
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}

/** Installations that hear of an event: installed there, not suspended, subscribed. */
function listeners({ state }: GitHub, event: Event): readonly Installation[] {
  if (event.only !== undefined) return [event.only]
  const { repository } = event
  if (repository === undefined) return []
  return [...state.installations.values()].filter(
    (installation) =>
      installation.suspendedAt === undefined &&
      covers(installation, repository) &&
      (event.onlyApp === undefined || event.onlyApp === installation.app) &&
      installation.events.includes(event.name),
  )
}

type Envelope = { readonly event: Event; readonly installation: Installation; readonly body: Json }

function prepare(github: GitHub, envelope: Envelope): Delivery | undefined {
  const { event, installation } = envelope
  const { app } = installation
  if (app.hook === undefined || app.hook.url === '') return undefined
  const payload = completePayload(github, envelope)
  const body = JSON.stringify(payload)
  const guid = randomUUID()
  return {
    id: nextId(github.state),
    guid,
    app,
    installation,
    repository: event.repository,
    event: event.name,
    action: event.action ?? null,
    redelivery: false,
    at: timestamp(github),
    attempt: 1,
    url: app.hook.url,
    requestHeaders: {
      Accept: '*/*',
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(body)),
      'User-Agent': `GitHub-Hookshot/${guid.slice(0, 7)}`,
      'X-GitHub-Delivery': guid,
      'X-GitHub-Event': event.name,
      'X-GitHub-Hook-ID': String(app.hook.id),
      'X-GitHub-Hook-Installation-Target-ID': String(app.id),
      'X-GitHub-Hook-Installation-Target-Type': 'integration',
      'X-Hub-Signature-256': sign(app.hook.secret, body),
    },
    payload,
    body,
    ...notYet,
  }
}

const notYet = {
  state: 'under-way',
  durationSeconds: 0,
  status: 'pending',
  statusCode: 0,
  responseHeaders: {},
  responseBody: '',
} as const

function completePayload(github: GitHub, { event, installation, body }: Envelope): Json {
  const { repository } = event
  const owner = repository?.owner
  return {
    ...(event.action === undefined ? {} : { action: event.action }),
    ...body,
    ...(repository === undefined ? {} : { repository: renderRepository(github, repository) }),
    ...(owner?.type === 'Organization' ? { organization: renderOrganization(github, owner) } : {}),
    sender: renderAccount(github, event.actor.account),
    ...('installation' in body
      ? {}
      : { installation: { id: installation.id, node_id: nodeId('installation', installation.id) } }),
  }
}

async function carryOut(
  delivery: Delivery,
  { faults, stopped }: { readonly faults: FaultState; readonly stopped: AbortSignal },
): Promise<void> {
  if (faults.takeLoss(delivery)) {
    Object.assign(delivery, { state: 'lost', status: 'failed to connect to host', statusCode: 502 })
    return
  }
  const started = performance.now()
  const result = await send(delivery, stopped)
  const state = result.status === 'OK' ? 'delivered' : 'failed'
  const durationSeconds = Math.round(performance.now() - started) / 1000
  Object.assign(delivery, result, { state, durationSeconds })
}
