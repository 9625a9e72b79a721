import { type Json, jsonAt, parseJson } from '../../core/json.ts'
import { type Call, collectionPath } from './call.ts'
import type { Connection } from './connection.ts'
import { KubernetesError } from './errors.ts'
import { failureOf } from './failure.ts'
import type { KubernetesKind } from './kind.ts'
import type { WatchEvent, WatchOptions } from './kubernetes.ts'
import { linesOf } from './lines.ts'
import { readMetadata, textOf } from './metadata.ts'
import { refusalOf } from './refusal.ts'

const asMetadata = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json'

export async function* watchMetadata(
  { follow, limits }: Connection,
  kind: KubernetesKind,
  options: WatchOptions,
): AsyncGenerator<WatchEvent, void> {
  const { signal } = options
  const call = watchCall(kind, options, limits.watchMs)
  const overdue = AbortSignal.timeout(limits.watchMs + limits.watchGraceMs)
  const either = AbortSignal.any([signal, overdue])
  try {
    for await (const line of linesOf(await follow(call, either), limits.bodyBytes)) yield readEvent(kind, call, line)
  } catch (error) {
    // Both are ends, not failures: nobody wants it any more, or its server forgot to end it.
    if (either.aborted) return
    throw failureOf(error, call)
  }
}

function watchCall(kind: KubernetesKind, options: WatchOptions, watchMs: number): Call {
  return {
    verb: 'watch',
    method: 'GET',
    path: collectionPath(kind, options.namespace),
    query: {
      watch: 'true',
      labelSelector: options.selector,
      resourceVersion: options.resourceVersion,
      allowWatchBookmarks: 'true',
      timeoutSeconds: `${Math.ceil(watchMs / 1000)}`,
    },
    accept: asMetadata,
    about: { kind },
  }
}

function readEvent(kind: KubernetesKind, call: Call, line: string): WatchEvent {
  const event = parsedLine(line)
  const object = jsonAt(event, 'object') ?? null
  const said = textOf(jsonAt(event, 'type'))
  if (said === 'ERROR') throw refusalOf(call, { status: statusOf(object), text: '', body: object })
  if (said === 'BOOKMARK') return { type: 'bookmark', resourceVersion: bookmarkOf(object) }
  return { type: changes.get(said) ?? notAnEvent(), metadata: readMetadata(kind, object) }
}

const changes: ReadonlyMap<string, 'added' | 'modified' | 'deleted'> = new Map([
  ['ADDED', 'added'],
  ['MODIFIED', 'modified'],
  ['DELETED', 'deleted'],
])

function parsedLine(line: string): Json {
  try {
    return parseJson(line)
  } catch {
    return notAnEvent()
  }
}

function bookmarkOf(object: Json): string {
  const version = jsonAt(object, 'metadata', 'resourceVersion')
  return typeof version === 'string' ? version : notAnEvent()
}

function statusOf(object: Json): number {
  const code = jsonAt(object, 'code')
  return typeof code === 'number' ? code : 500
}

function notAnEvent(): never {
  throw new KubernetesError('the API server sent something that is no event to a watch', { class: 'bad-answer' })
}
