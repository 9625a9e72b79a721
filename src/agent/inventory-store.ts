import { type JsonObject, jsonAt } from '../core/json.ts'
import type { ClusterName } from '../core/ids.ts'
import { type KubernetesObject, formatObjectId } from '../core/manifest/kubernetes-object.ts'
import {
  type Inventory,
  type InventoryShard,
  emptyInventory,
  formatInventory,
  parseInventory,
  rebuildInventory,
  sameInventory,
} from '../core/sync/inventory.ts'
import type { LiveMetadata } from '../core/sync/live-metadata.ts'
import type { SyncId } from '../core/sync/sync-id.ts'
import { UserError } from '../core/user-error.ts'
import { KubernetesError, type KubernetesErrorClass } from '../io/kubernetes/errors.ts'
import type { KubernetesKind } from '../io/kubernetes/kind.ts'
import type { Kubernetes } from '../io/kubernetes/kubernetes.ts'
import type { Logger } from '../runtime/log.ts'

/** What we have applied, kept in ConfigMaps of the cluster itself, and in memory so that nothing is asked for twice. */
export type InventoryStore = {
  readonly read: () => Promise<Inventory>
  /** Writes nothing when it is the same. */
  readonly write: (inventory: Inventory) => Promise<void>
  /** As it was read or written last; empty before. */
  readonly known: () => Inventory
  /** The key of an object, by `formatObjectId`, that looked like git. */
  readonly keyOf: (object: string) => string | undefined
}

export type InventoryStoreDeps = {
  readonly kubernetes: Kubernetes
  readonly namespace: string
  readonly cluster: ClusterName
  readonly id: SyncId
  readonly selector: string
  readonly log: Logger
}

/** On the ConfigMaps: not the label of what is synced, for they are not in git. */
const inventoryLabel = 'lotse.dev/inventory'
const textKey = 'inventory'

export function inventoryName(cluster: ClusterName): string {
  return `lotse-inventory-${cluster}`
}

export function createInventoryStore(deps: InventoryStoreDeps): InventoryStore {
  let known = emptyInventory
  let keys: ReadonlyMap<string, string | undefined> = new Map()
  const learn = (inventory: Inventory): Inventory => {
    known = inventory
    keys = new Map(inventory.entries.map(({ id, key }) => [formatObjectId(id), key]))
    return inventory
  }
  let shards: ReadonlyMap<string, LiveMetadata> | undefined
  return {
    known: () => known,
    keyOf: (object) => keys.get(object),
    async read() {
      if (shards !== undefined) return known
      const kind = await builtIn(deps.kubernetes, 'ConfigMap')
      const found = await readShards(deps, kind)
      const inventory = await inventoryOf(deps, found)
      shards = new Map(found.map(({ metadata }) => [metadata.name, metadata]))
      return learn(inventory)
    },
    async write(inventory) {
      if (shards === undefined) throw new Error('an inventory is read before it is written')
      if (sameInventory(known, inventory)) return
      const before = shards
      // Until all is written, nobody knows what is.
      shards = undefined
      shards = await writeShards(deps, before, formatInventory(inventory))
      learn(inventory)
    },
  }
}

type FoundShard = { readonly metadata: LiveMetadata; readonly text: string }

async function readShards(deps: InventoryStoreDeps, kind: KubernetesKind): Promise<readonly FoundShard[]> {
  const { kubernetes, namespace, id } = deps
  const { items } = await kubernetes.listMetadata(kind, { namespace, selector: `${inventoryLabel}=${id}` })
  const read = items.map(async (metadata): Promise<readonly FoundShard[]> => {
    const text = jsonAt(await kubernetes.get(kind, metadata), 'data', textKey)
    return typeof text === 'string' ? [{ metadata, text }] : []
  })
  return (await Promise.all(read)).flat()
}

/** Where there is none, this is the first start, or somebody has deleted it: the marks on the objects tell. */
async function inventoryOf(deps: InventoryStoreDeps, found: readonly FoundShard[]): Promise<Inventory> {
  if (found.length > 0) {
    const inventory = parseInventory(found.map(({ text }) => text))
    if (inventory.ok) return inventory.value
    deps.log.warn({ problems: inventory.problems }, 'inventory cannot be read and is made again')
  }
  const bearers = await labelledObjects(deps)
  return found.length === 0 && bearers.length === 0 ? emptyInventory : rebuildInventory(deps.id, bearers)
}

/** In the whole cluster, as far as we may look. */
async function labelledObjects({ kubernetes, selector }: InventoryStoreDeps): Promise<readonly LiveMetadata[]> {
  const { kinds } = await kubernetes.discover()
  const lists = kinds
    .filter(({ verbs }) => verbs.includes('list') && verbs.includes('delete'))
    .map(async (kind) => {
      try {
        return (await kubernetes.listMetadata(kind, { selector })).items
      } catch (error) {
        if (error instanceof KubernetesError && ['forbidden', 'no-such-kind'].includes(error.class)) return []
        throw error
      }
    })
  return (await Promise.all(lists)).flat()
}

async function writeShards(
  deps: InventoryStoreDeps,
  before: ReadonlyMap<string, LiveMetadata>,
  texts: readonly InventoryShard[],
): Promise<ReadonlyMap<string, LiveMetadata>> {
  const { kubernetes, namespace, cluster } = deps
  const kind = await builtIn(kubernetes, 'ConfigMap')
  const after = new Map<string, LiveMetadata>()
  for (const { suffix, text } of texts) {
    const name = `${inventoryName(cluster)}${suffix}`
    after.set(name, await writeShard(deps, kind, { name, text, before: before.get(name) }))
  }
  for (const [name, { uid }] of before) {
    if (!after.has(name)) await kubernetes.delete(kind, { namespace, name }, { uid })
  }
  return after
}

type ShardWrite = { readonly name: string; readonly text: string; readonly before: LiveMetadata | undefined }

async function writeShard(
  { kubernetes, namespace, id }: InventoryStoreDeps,
  kind: KubernetesKind,
  { name, text, before }: ShardWrite,
): Promise<LiveMetadata> {
  const shard = (more: JsonObject): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: { [inventoryLabel]: id }, ...more },
    data: { [textKey]: text },
  })
  if (before !== undefined) {
    const written = await unless('not-found', () =>
      kubernetes.replace(kind, shard({ resourceVersion: before.resourceVersion })),
    )
    if (written !== undefined) return written
  }
  const made = await unless('no-such-namespace', () => create(kubernetes, kind, shard({})))
  if (made !== undefined) return made
  await kubernetes.create(await builtIn(kubernetes, 'Namespace'), namespaceObject(namespace))
  return create(kubernetes, kind, shard({}))
}

/** Undefined when it was refused for just this reason. */
async function unless<T>(reason: KubernetesErrorClass, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof KubernetesError && error.class === reason) return undefined
    throw error
  }
}

async function create(kubernetes: Kubernetes, kind: KubernetesKind, shard: KubernetesObject): Promise<LiveMetadata> {
  try {
    return await kubernetes.create(kind, shard)
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.class !== 'conflict') throw error
    throw foreignShard(shard.metadata, error)
  }
}

function foreignShard({ namespace, name }: KubernetesObject['metadata'], cause: unknown): UserError {
  return new UserError(`the ConfigMap ${namespace}/${name} is not of this repository and cluster`, {
    help: 'give each agent a NAMESPACE of its own, or delete it if nobody needs it',
    cause,
  })
}

function namespaceObject(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}

/** What every API server has. */
export async function builtIn(kubernetes: Kubernetes, kind: string): Promise<KubernetesKind> {
  const found = (await kubernetes.discover()).find('v1', kind)
  if (found === undefined) throw new Error(`the API server serves no ${kind}`)
  return found
}
