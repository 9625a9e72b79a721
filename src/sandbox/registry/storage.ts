import { createHash } from 'node:crypto'
import type { ManifestType } from '../../core/image/manifest-type.ts'

export type StoredManifest = { readonly mediaType: ManifestType; readonly digest: string; readonly bytes: Buffer }

export type Upload = { readonly repository: string; readonly chunks: Buffer[]; size: number }

export type StoredRepository = {
  readonly blobs: Map<string, Buffer>
  readonly manifests: Map<string, StoredManifest>
  readonly tags: Map<string, string>
}

/** All in memory: what the sandbox holds ends with it. */
export type Storage = { readonly repositories: Map<string, StoredRepository>; readonly uploads: Map<string, Upload> }

export function createStorage(): Storage {
  return { repositories: new Map(), uploads: new Map() }
}

/** The repository of that name, which the first write to it makes. */
export function repositoryFor(storage: Storage, name: string): StoredRepository {
  const known = storage.repositories.get(name)
  if (known !== undefined) return known
  const made: StoredRepository = { blobs: new Map(), manifests: new Map(), tags: new Map() }
  storage.repositories.set(name, made)
  return made
}

const digestForm = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

export function isDigest(text: string): boolean {
  return digestForm.test(text)
}

/** The digest of these bytes, by the algorithm of `like`. */
export function digestOf(bytes: Buffer, like = 'sha256:'): string {
  const algorithm = like.startsWith('sha512:') ? 'sha512' : 'sha256'
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}
