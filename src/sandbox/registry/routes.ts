import { deleteBlob, getBlob } from './blobs.ts'
import type { Handle } from './call.ts'
import { json } from './answer.ts'
import { listRepositories, listTags } from './listings.ts'
import { deleteManifest, getManifest, putManifest } from './manifests.ts'
import { appendToUpload, cancelUpload, finishUpload, startUpload, uploadStatus } from './uploads.ts'

/** What requests are counted as. */
export type RequestKind =
  | 'ping'
  | 'token'
  | 'catalog'
  | 'tags'
  | 'manifest-head'
  | 'manifest-get'
  | 'manifest-put'
  | 'manifest-delete'
  | 'blob-head'
  | 'blob-get'
  | 'blob-delete'
  | 'upload'
  | 'unknown'

export type Route = {
  readonly kind: RequestKind
  readonly method: string
  readonly path: RegExp
  readonly handle: Handle
}

const root = /^\/v2\/?$/
const catalog = /^\/v2\/_catalog$/
const tags = /^\/v2\/(?<repository>.+)\/tags\/list$/
const manifest = /^\/v2\/(?<repository>.+)\/manifests\/(?<reference>[^/]+)$/
const uploads = /^\/v2\/(?<repository>.+)\/blobs\/uploads\/?$/
const upload = /^\/v2\/(?<repository>.+)\/blobs\/uploads\/(?<reference>[^/]+)$/
const blob = /^\/v2\/(?<repository>.+)\/blobs\/(?<reference>[^/]+)$/

const ping: Handle = () => json({}, { 'docker-distribution-api-version': 'registry/2.0' })

/** The first that matches wins. */
export const routes: readonly Route[] = [
  { kind: 'ping', method: 'GET', path: root, handle: ping },
  { kind: 'ping', method: 'HEAD', path: root, handle: ping },
  { kind: 'catalog', method: 'GET', path: catalog, handle: listRepositories },
  { kind: 'tags', method: 'GET', path: tags, handle: listTags },
  { kind: 'manifest-head', method: 'HEAD', path: manifest, handle: getManifest },
  { kind: 'manifest-get', method: 'GET', path: manifest, handle: getManifest },
  { kind: 'manifest-put', method: 'PUT', path: manifest, handle: putManifest },
  { kind: 'manifest-delete', method: 'DELETE', path: manifest, handle: deleteManifest },
  { kind: 'upload', method: 'POST', path: uploads, handle: startUpload },
  { kind: 'upload', method: 'GET', path: upload, handle: uploadStatus },
  { kind: 'upload', method: 'PATCH', path: upload, handle: appendToUpload },
  { kind: 'upload', method: 'PUT', path: upload, handle: finishUpload },
  { kind: 'upload', method: 'DELETE', path: upload, handle: cancelUpload },
  { kind: 'blob-head', method: 'HEAD', path: blob, handle: getBlob },
  { kind: 'blob-get', method: 'GET', path: blob, handle: getBlob },
  { kind: 'blob-delete', method: 'DELETE', path: blob, handle: deleteBlob },
]
