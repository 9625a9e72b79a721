import { type CommitSha, parseCommitSha } from '../ids.ts'
import { type Json, type JsonObject, canonicalJson } from '../json.ts'
import { type ObjectId, formatObjectId, groupOf, textAt } from '../manifest/kubernetes-object.ts'
import { type Parsed, parsed, refused } from '../parsed.ts'
import { inSyncKey } from './in-sync-key.ts'
import type { LiveMetadata } from './live-metadata.ts'
import { appliedAnnotation, idOfLive, isOurs } from './mark.ts'
import { type Shard, formatShards, joinShards, parseLine } from './sharded-text.ts'
import type { SyncId } from './sync-id.ts'

/**
 * What we have applied, or were about to: written before anything is applied (old and wanted together) and after (exactly),
 * so that an agent that is killed at any moment forgets no object.
 */
export type Inventory = {
  /** Grows with each one that is written. */
  readonly sequence: number
  readonly entries: readonly InventoryEntry[]
  /** The last commit that was synced in full. */
  readonly commit?: CommitSha
  /** Which branch and path it was made from: another one makes no object superfluous without an approval. */
  readonly source?: string
  /** It was lost, and made again from marks: it takes an approval before it proves anything. */
  readonly rebuilt?: true
}

export type InventoryEntry = {
  readonly id: ObjectId
  readonly apiVersion: string
  /** Absent until the server has answered. */
  readonly uid?: string
  /** `inSyncKey` of the reply to our last PATCH. */
  readonly key?: string
  /** `appliedHash` of what was sent with it. */
  readonly hash?: string
}

export type InventoryShard = Shard

export const emptyInventory: Inventory = { sequence: 0, entries: [] }

type BeforeFacts = {
  readonly id: SyncId
  readonly toApply: readonly { readonly id: ObjectId; readonly apiVersion: string }[]
  readonly live: (id: ObjectId) => LiveMetadata | undefined
}

/** The union of what was and what is about to be applied. */
export function inventoryBefore(inventory: Inventory, { id, toApply, live }: BeforeFacts): Inventory {
  const added = new Map(toApply.map((each) => [formatObjectId(each.id), each]))
  const known = inventory.entries.map((entry) => {
    const key = formatObjectId(entry.id)
    const object = live(entry.id)
    const wanted = added.get(key)
    added.delete(key)
    // What is remembered of one that is gone is not true of the one that takes its place.
    const isAnother = wanted !== undefined && object?.uid !== entry.uid
    return withUid(isAnother ? { id: entry.id, apiVersion: wanted.apiVersion } : entry, object, id)
  })
  return { ...inventory, sequence: inventory.sequence + 1, entries: [...known, ...added.values()] }
}

/** An object of an agent that was killed before it had noted the reply bears our mark, and is ours to note. */
function withUid(entry: InventoryEntry, live: LiveMetadata | undefined, id: SyncId): InventoryEntry {
  if (entry.uid !== undefined || live === undefined || isOurs(live, id) !== 'ours') return entry
  return { ...entry, uid: live.uid }
}

/** The exact one, after applying and pruning. */
export function inventoryAfter({
  before,
  recorded,
  gone,
  commit,
  source,
  trusted,
}: {
  readonly before: Inventory
  /** Objects that are as git wants them now: `recordOf`. */
  readonly recorded: readonly InventoryEntry[]
  /** Deleted in this run, or to be forgotten. */
  readonly gone: readonly ObjectId[]
  /** Present when the sync was full. */
  readonly commit?: CommitSha | undefined
  readonly source?: string | undefined
  /** `PrunePlan.trusted`; false when nothing was planned. */
  readonly trusted: boolean
}): Inventory {
  const entries = new Map(before.entries.map((entry) => [formatObjectId(entry.id), entry]))
  for (const id of gone) entries.delete(formatObjectId(id))
  for (const entry of recorded) entries.set(formatObjectId(entry.id), entry)
  const { rebuilt, commit: lastCommit = commit, source: lastSource = source } = before
  const [fullCommit, from] = [commit ?? lastCommit, trusted ? source : lastSource]
  return {
    sequence: before.sequence + 1,
    entries: [...entries.values()],
    ...(fullCommit === undefined ? {} : { commit: fullCommit }),
    ...(from === undefined ? {} : { source: from }),
    ...(rebuilt === true && !trusted ? { rebuilt } : {}),
  }
}

/** What is remembered of an object that was applied or verified. */
export function recordOf(live: LiveMetadata, hash: string): InventoryEntry {
  return { id: idOfLive(live), apiVersion: live.apiVersion, uid: live.uid, key: inSyncKey(live), hash }
}

/**
 * A lost inventory, from all live objects that bear the label. Without keys, so everything is verified; where no object is
 * ours, there was nothing to lose.
 */
export function rebuildInventory(id: SyncId, live: readonly LiveMetadata[]): Inventory {
  const entries = live
    .filter((object) => isOurs(object, id) === 'ours')
    .map((object) => ({
      id: idOfLive(object),
      apiVersion: object.apiVersion,
      uid: object.uid,
      ...hashOf(object.annotations[appliedAnnotation]),
    }))
  return entries.length === 0 ? emptyInventory : { sequence: 0, entries, rebuilt: true }
}

/** Nothing new to write. */
export function sameInventory(a: Inventory, b: Inventory): boolean {
  const textOf = ({ sequence: _sequence, entries, ...rest }: Inventory): string =>
    canonicalJson({ ...rest, entries: entries.map((entry) => canonicalJson(entry)).toSorted() })
  return textOf(a) === textOf(b)
}

/**
 * The ConfigMaps to write. Write them all, then delete those of the same sync whose suffix is not among them: a kill in
 * between is harmless.
 */
export function formatInventory({ sequence, entries, ...head }: Inventory): readonly InventoryShard[] {
  return formatShards({ sequence, head, lines: entries.map(formatEntry).toSorted() })
}

/** From the texts of all ConfigMaps there are, in any order. Refused: it is lost; see `rebuildInventory`. */
export function parseInventory(texts: readonly string[]): Parsed<Inventory> {
  const text = joinShards(texts)
  if (text === undefined) return refused(`expected a whole inventory, got ${texts.length} texts that make none`)
  const entries = text.lines.map((line) => parseEntry(parseLine(line)))
  if (!entries.every((entry) => entry !== undefined))
    return refused('expected entries of an inventory, got other lines')
  const commit = parseCommitSha(textAt(text.head, 'commit') ?? '')
  const source = textAt(text.head, 'source')
  return parsed({
    sequence: text.sequence,
    entries,
    ...(commit.ok ? { commit: commit.value } : {}),
    ...(source === undefined ? {} : { source }),
    // Said by anything but silence: who cannot read it must not trust it.
    ...(text.head['rebuilt'] === undefined ? {} : { rebuilt: true }),
  })
}

/** One line: `{"object":["apps/v1","Deployment","demo","web"],"uid":"…","key":"…","hash":"…"}` */
function formatEntry({ id, apiVersion, ...rest }: InventoryEntry): string {
  return JSON.stringify({ object: [apiVersion, id.kind, id.namespace ?? '', id.name], ...rest })
}

function parseEntry(line: JsonObject): InventoryEntry | undefined {
  const { object } = line
  if (!Array.isArray(object) || object.length !== 4) return undefined
  const [apiVersion, kind, namespace, name] = object.map((part: Json) => (typeof part === 'string' ? part : ''))
  if (!apiVersion || !kind || !name || namespace === undefined) return undefined
  const remembered = (['uid', 'key', 'hash'] as const).map((key) => [key, textAt(line, key)] as const)
  return {
    id: { group: groupOf(apiVersion), kind, ...(namespace === '' ? {} : { namespace }), name },
    apiVersion,
    ...Object.fromEntries(remembered.filter(([, text]) => text !== undefined)),
  }
}

function hashOf(hash: string | undefined): { readonly hash?: string } {
  return hash === undefined ? {} : { hash }
}
