import { type Actor } from '../caller.ts'
import { type App, type Delivery, type Installation, type Repository } from '../state.ts'

/** Something that happened and that apps may hear of. */
export type Event = {
  readonly name: string
  readonly action?: string
  readonly actor: Actor
  /** Undefined for what happens to an installation as a whole. */
  readonly repository?: Repository
  /** Only to this one, subscribed or not: `installation`, `installation_repositories`. */
  readonly only?: Installation
  /** Only to this app: `check_run.requested_action`, `check_suite.requested`. */
  readonly onlyApp?: App
  /** Without `action`, `repository`, `organization`, `sender`, `installation`: those follow from the event. */
  readonly payload: Readonly<Record<string, unknown>>
}

export type Outbox = {
  /** Starts the deliveries at once and does not wait for them. */
  emit(event: Event): void
  redeliver(delivery: Delivery): void
  /** Resolves when nothing is under way. */
  settled(): Promise<void>
}
