import { type Problem } from '../parsed.ts'
import { groupOf, type KubernetesObject } from './kubernetes-object.ts'
import { itemsAt, type Tree, treeAt } from './kubernetes-tree.ts'

/**
 * Lists that server-side apply takes as maps, with two items of one key: the API server refuses the object, with
 * status 500 and few words, though `kubectl apply` used to take it.
 */
export function duplicateListKeys(tree: Tree, { apiVersion, kind }: KubernetesObject): readonly Problem[] {
  const type = `${groupOf(apiVersion)}/${kind}`
  if (type === '/Service') return duplicates(tree, servicePorts)
  const path = podPaths.get(type)
  const pod = path === undefined ? undefined : treeAt(tree, ...path)
  if (pod === undefined) return []
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) => itemsAt(pod, list))
  return [
    ...ofPods.flatMap((list) => duplicates(pod, list)),
    ...containers.flatMap((container) => ofContainers.flatMap((list) => duplicates(container, list))),
  ]
}

type KeyedList = {
  readonly path: readonly string[]
  /** The key, and where there are several, what each of the others is when it is not said. */
  readonly keys: readonly (readonly [key: string, otherwise?: string])[]
}

const servicePorts: KeyedList = { path: ['spec', 'ports'], keys: [['port'], ['protocol', 'TCP']] }

const ofPods: readonly KeyedList[] = [
  { path: ['containers'], keys: [['name']] },
  { path: ['initContainers'], keys: [['name']] },
  { path: ['volumes'], keys: [['name']] },
]

const ofContainers: readonly KeyedList[] = [
  { path: ['env'], keys: [['name']] },
  { path: ['ports'], keys: [['containerPort'], ['protocol', 'TCP']] },
  { path: ['volumeMounts'], keys: [['mountPath']] },
  { path: ['volumeDevices'], keys: [['devicePath']] },
]

const template = ['spec', 'template', 'spec']
const podPaths: ReadonlyMap<string, readonly string[]> = new Map([
  ['/Pod', ['spec']],
  ['/PodTemplate', ['template', 'spec']],
  ['/ReplicationController', template],
  ['apps/DaemonSet', template],
  ['apps/Deployment', template],
  ['apps/ReplicaSet', template],
  ['apps/StatefulSet', template],
  ['batch/CronJob', ['spec', 'jobTemplate', 'spec', 'template', 'spec']],
  ['batch/Job', template],
])

function duplicates(tree: Tree, { path, keys }: KeyedList): readonly Problem[] {
  const seen = new Set<string>()
  return itemsAt(tree, ...path).flatMap((item) => {
    const values = keys.map(([key, otherwise]) => scalarAt(item, key) ?? otherwise)
    // What lacks a key is refused for that.
    if (values.includes(undefined)) return []
    const name = values.join('/')
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    const message = `\`${path.join('.')}\` has two items with the ${keys.map(([key]) => `\`${key}\``).join(' and ')} \`${name}\``
    return [{ message, at: treeAt(item, keys[0]?.[0] ?? '')?.at ?? item.at, help: 'remove one' }]
  })
}

function scalarAt(item: Tree, key: string): string | undefined {
  const found = treeAt(item, key)
  return found?.kind === 'scalar' ? String(found.value) : undefined
}
