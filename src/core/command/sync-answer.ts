import { shownTime } from '../diff/verdict.ts'
import type { ClusterName } from '../ids.ts'

/** What became of `/lotse sync CLUSTER`: a hint to the agent, which syncs what it fetches itself. */
export type SyncAnswer =
  | { readonly kind: 'asked'; readonly cluster: ClusterName }
  /** `since`: ISO 8601; undefined when it was never seen. */
  | { readonly kind: 'offline'; readonly cluster: ClusterName; readonly since?: string }
  | { readonly kind: 'no-agent'; readonly cluster: ClusterName }

export function formatSyncAnswer(answer: SyncAnswer): string {
  const { cluster } = answer
  switch (answer.kind) {
    case 'asked':
      return `▶️ The agent of \`${cluster}\` is asked to sync. What came of it: \`/lotse status ${cluster}\``
    case 'offline':
      return `👎 The agent of \`${cluster}\` is not connected${lastSeen(answer.since)}. It syncs by itself as soon as it is back.`
    case 'no-agent':
      return `👎 \`${cluster}\` has no agent: the configuration names no key for it. Add one under \`clusters.${cluster}.agents\`.`
  }
}

function lastSeen(since: string | undefined): string {
  return since === undefined ? ', and was never seen' : ` since ${shownTime(since)}`
}
