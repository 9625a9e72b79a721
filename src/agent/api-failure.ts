import { KubernetesError, type KubernetesErrorClass } from '../io/kubernetes/errors.ts'

const ofTheWholeServer: ReadonlySet<KubernetesErrorClass> = new Set([
  'unreachable',
  'unauthorized',
  'untrusted',
  'no-credentials',
])

/** The next object would fail in the same way, so that going on only takes time. */
export function isWholeServer(error: unknown): boolean {
  return error instanceof KubernetesError && ofTheWholeServer.has(error.class)
}
