import { type Actor } from '../caller.ts'
import { type Json } from '../render/json.ts'
import { type App, type Delivery, type Installation, type Repository } from '../state.ts'

/** Something that happened and that apps may hear of. */
export type Event = {
  readonly name: string
  readonly action?: string
  readonly actor: Actor
  /** Undefined for what happens to an installation as a whole. */
  readonly repository?: Repository
  /** To this one, subscribed or not: `installation`, `installation_repositories`. */
  readonly only?: Installation
  /** To this app alone: `check_suite.requested`, `check_run.requested_action`. */
  readonly onlyApp?: App
  /**
   * Without `action`, `repository`, `organization`, `sender`, `installation`: those follow from the event. Rendered at
   * once and only if somebody hears of it.
   */
  readonly payload: () => Json | Promise<Json>
}

export type Outbox = {
  /** Resolves when the deliveries are on their way; does not wait for their answers. */
  emit(event: Event): Promise<void>
  /** A new attempt with the same id. */
  redeliver(delivery: Delivery): void
  /** Resolves when nothing is under way. */
  settled(): Promise<void>
}
