import { KubernetesError } from './errors.ts'
import { type KubernetesKind, type ObjectRef, formatKind } from './kind.ts'
import type { Verb } from './kubernetes.ts'

/** One request, before it is one: what it is about is for its errors. */
export type Call = {
  readonly verb: Verb
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Encoded; below the server's own path. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly accept?: string
  readonly body?: { readonly type: string; readonly text: string }
  readonly about?: About
}

export type About = { readonly kind: KubernetesKind; readonly name?: string }

/** `/api/v1/namespaces/demo/configmaps`; without a namespace: of all. */
export function collectionPath(kind: KubernetesKind, namespace?: string): string {
  const version = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`
  const inside = kind.namespaced && namespace !== undefined ? `/namespaces/${segment(namespace)}` : ''
  return `${version}${inside}/${kind.resource}`
}

/** `/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode`: case and characters as the name has them. */
export function objectPath(kind: KubernetesKind, { namespace, name }: ObjectRef): string {
  if (kind.namespaced && namespace === undefined) {
    throw new KubernetesError(`a ${kind.kind} is in a namespace, and none is said for \`${name}\``, {
      class: 'invalid',
    })
  }
  return `${collectionPath(kind, namespace)}/${segment(name)}`
}

/** `GET /version`, `apply deployments.apps web` */
export function formatCall({ verb, method, about, path }: Call): string {
  if (about === undefined) return `${method} ${path}`
  return `${verb} ${formatKind(about.kind)}${about.name === undefined ? '' : ` ${about.name}`}`
}

/** Names come from manifests. Dots alone would lead to another path, however they are encoded. */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..') {
    throw new KubernetesError(`expected the name of an object, got \`${name}\``, { class: 'invalid' })
  }
  return encodeURIComponent(name)
}
