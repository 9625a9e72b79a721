import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, type RequestListener, type Server, type ServerResponse, createServer } from 'node:http'
import type { TestContext } from 'node:test'
import { createKubernetes } from '../../../src/io/kubernetes/client.ts'
import { KubernetesError } from '../../../src/io/kubernetes/errors.ts'
import type { KubernetesKind } from '../../../src/io/kubernetes/kind.ts'
import type { Kubernetes } from '../../../src/io/kubernetes/kubernetes.ts'
import type { Limits } from '../../../src/io/kubernetes/limits.ts'
import type { KubernetesSettings } from '../../../src/io/kubernetes/settings.ts'

export const configMaps: KubernetesKind = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  group: '',
  version: 'v1',
  resource: 'configmaps',
  namespaced: true,
  verbs: [],
}

/** `/api/v1/namespaces/demo/configmaps/web` */
export const web = { namespace: 'demo', name: 'web' }

export type TestServer = {
  readonly kubernetes: Kubernetes
  readonly url: string
  /** `GET /api/v1/…`, in order. */
  readonly seen: readonly string[]
  readonly server: Server
}

export type ServeOptions = {
  readonly limits?: Partial<Limits>
  readonly credentials?: KubernetesSettings['credentials']
  /** Below the address, for servers behind a proxy. */
  readonly below?: string
  readonly now?: () => number
  /** What the server asked to wait is told here, and not waited. */
  readonly waited?: number[]
}

/** A server whose every answer the test writes, and a client of it; both end with the test. */
export async function serve(
  t: TestContext,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
  options: ServeOptions = {},
): Promise<TestServer> {
  const seen: string[] = []
  const answer: RequestListener = (request, response) => {
    seen.push(`${request.method} ${request.url}`)
    listener(request, response)
  }
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address !== 'string')
  const url = `http://127.0.0.1:${address.port}${options.below ?? ''}`
  const { limits = {}, credentials = { kind: 'none' }, now = () => 0, waited = [] } = options
  const wait = async (ms: number): Promise<unknown> => waited.push(ms)
  const kubernetes = createKubernetes({ server: url, credentials }, { limits, now, wait, random: () => 0.5 })
  t.after(async () => {
    kubernetes.close()
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  return { kubernetes, url, seen, server }
}

export function answerJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

export function status(code: number, reason: string, more: object = {}): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: reason, ...more }
}

export function partial(name: string, more: object = {}): object {
  return { metadata: { name, namespace: 'demo', uid: `uid-of-${name}`, resourceVersion: '7', ...more } }
}

export async function refusalOf(act: Promise<unknown>): Promise<KubernetesError> {
  try {
    await act
  } catch (error) {
    if (error instanceof KubernetesError) return error
    throw error
  }
  return assert.fail('it was not refused')
}
