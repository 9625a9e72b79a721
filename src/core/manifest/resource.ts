import { type Parsed, parsed, refused } from '../parsed.ts'
import { child, descend, isText, itemsOf, type Spot, textOf } from './spot.ts'

declare const brand: unique symbol
/** `namespace:kind/name`, the kind in lower case: `default:deployment/web`. */
export type WorkloadId = string & { readonly [brand]: 'WorkloadId' }

/** One Kubernetes object in a manifest. */
export type Resource = {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name?: string
  readonly spot: Spot
}

/** Where a manifest says nothing, Kubernetes means this namespace. */
const silentNamespace = 'default'
const deepestList = 10

/** The resources of a document: itself, or the items of its `*List`. What has no kind is none. */
export function resourcesAt(spot: Spot): readonly Resource[] {
  return expand(spot, { apiVersion: '', kind: '' }, 0)
}

export function workloadId(resource: { readonly kind: string; readonly namespace?: string; readonly name: string }) {
  return `${resource.namespace ?? silentNamespace}:${resource.kind.toLowerCase()}/${resource.name}` as WorkloadId
}

export function parseWorkloadId(text: string): Parsed<WorkloadId> {
  return /^[a-zA-Z0-9_-]+:[a-z0-9-]+\/[a-zA-Z0-9_.:-]+$/.test(text)
    ? parsed(text as WorkloadId)
    : refused(`expected a workload as namespace:kind/name, got \`${text.slice(0, 120)}\``)
}

type Silent = { readonly apiVersion: string; readonly kind: string }

function expand(spot: Spot, silent: Silent, depth: number): readonly Resource[] {
  const kind = stringAt(spot, 'kind') ?? silent.kind
  const apiVersion = stringAt(spot, 'apiVersion') ?? silent.apiVersion
  if (kind === '') return []
  const items = kind.endsWith('List') ? child(spot, 'items') : undefined
  if (items === undefined) return [{ apiVersion, kind, ...metadata(spot), spot }]
  // The items of a DeploymentList need not say that they are Deployments.
  const ofItems = { apiVersion, kind: kind.slice(0, -'List'.length) }
  return depth === deepestList ? [] : itemsOf(items).flatMap((item) => expand(item, ofItems, depth + 1))
}

function metadata(spot: Spot): { readonly namespace?: string; readonly name?: string } {
  const namespace = textOf(descend(spot, ['metadata', 'namespace']))
  const name = textOf(descend(spot, ['metadata', 'name']))
  return { ...(namespace ? { namespace } : {}), ...(name ? { name } : {}) }
}

function stringAt(spot: Spot, key: string): string | undefined {
  const value = child(spot, key)
  return value !== undefined && isText(value) ? textOf(value) : undefined
}
