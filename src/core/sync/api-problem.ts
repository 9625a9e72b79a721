import type { WantedObject } from '../manifest/kubernetes-object.ts'
import type { SyncProblem } from './report.ts'

/** What a `KubernetesError` says. */
export type ApiFailure = {
  readonly class: string
  readonly status: number
  readonly turn: SyncProblem['turn']
  readonly reason?: string
  /** The server's words. */
  readonly message: string
}

/** What went wrong with one object, and what to do. Of a Secret, never the server's words: they can hold its values. */
export function problemOf(_failure: ApiFailure, _wanted: WantedObject): SyncProblem {
  throw new Error('not yet')
}
