import { createHash } from 'node:crypto'
import type { ClusterName, RepoName } from '../ids.ts'
import { type Parsed, parsed, refused } from '../parsed.ts'

declare const brand: unique symbol
/** Who syncs: one repository to one cluster. 12 hex digits, so that it fits into a label and a name. */
export type SyncId = string & { readonly [brand]: 'SyncId' }

export function syncIdOf({
  repository,
  cluster,
}: {
  readonly repository: RepoName
  readonly cluster: ClusterName
}): SyncId {
  return createHash('sha256').update(`${repository}\n${cluster}`).digest('hex').slice(0, 12) as SyncId
}

export function parseSyncId(text: string): Parsed<SyncId> {
  return /^[0-9a-f]{12}$/.test(text)
    ? parsed(text as SyncId)
    : refused(`expected a sync id (12 hex digits), got \`${text.slice(0, 40)}\``)
}
