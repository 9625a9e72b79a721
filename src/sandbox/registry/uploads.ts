import { randomUUID } from 'node:crypto'
import { type Answer, failure } from './answer.ts'
import { type Call, type RegistryState, readBody } from './call.ts'
import { type Upload, digestOf, isDigest, repositoryFor } from './storage.ts'

/** Starts an upload, or mounts a blob of another repository, which needs none. */
export function startUpload({ storage }: RegistryState, { repository, query }: Call): Answer {
  const digest = query.get('mount') ?? ''
  const mounted = storage.repositories.get(query.get('from') ?? '')?.blobs.get(digest)
  if (mounted !== undefined) {
    repositoryFor(storage, repository).blobs.set(digest, mounted)
    return { ...created(repository, digest), event: { action: 'mount', repository, digest, size: mounted.length } }
  }
  const id = randomUUID()
  const upload: Upload = { repository, chunks: [], size: 0 }
  storage.uploads.set(id, upload)
  return { status: 202, headers: progress(id, upload) }
}

export function uploadStatus(state: RegistryState, call: Call): Answer {
  const upload = uploadOf(state, call)
  return upload === undefined ? unknownUpload() : { status: 204, headers: progress(call.reference, upload) }
}

export async function appendToUpload(state: RegistryState, call: Call): Promise<Answer> {
  const upload = uploadOf(state, call)
  if (upload === undefined) return unknownUpload()
  const refusal = await append(state, call, upload)
  return refusal ?? { status: 202, headers: progress(call.reference, upload) }
}

/** The last step, with the rest of the bytes or with none. A wrong digest ends the upload: nothing of it stays. */
export async function finishUpload(state: RegistryState, call: Call): Promise<Answer> {
  const upload = uploadOf(state, call)
  if (upload === undefined) return unknownUpload()
  const digest = call.query.get('digest') ?? ''
  if (!isDigest(digest)) return failure('DIGEST_INVALID', 'digest missing or not of the form sha256:…')
  const refusal = await append(state, call, upload)
  if (refusal !== undefined) return refusal
  state.storage.uploads.delete(call.reference)
  const bytes = Buffer.concat(upload.chunks)
  if (digestOf(bytes, digest) !== digest)
    return failure('DIGEST_INVALID', 'provided digest did not match uploaded content')
  const { repository } = call
  repositoryFor(state.storage, repository).blobs.set(digest, bytes)
  const event = {
    action: 'push',
    repository,
    digest,
    size: bytes.length,
    mediaType: 'application/octet-stream',
  } as const
  return { ...created(repository, digest), event }
}

export function cancelUpload(state: RegistryState, call: Call): Answer {
  if (uploadOf(state, call) === undefined) return unknownUpload()
  state.storage.uploads.delete(call.reference)
  return { status: 204 }
}

async function append({ caps }: RegistryState, { request }: Call, upload: Upload): Promise<Answer | undefined> {
  const before = upload.size
  if (!continues(request.headers['content-range'], before)) return failure('RANGE_INVALID', 'invalid content range')
  const body = await readBody(request, caps.blobBytes - before)
  if (body.kind === 'too-large') return failure('SIZE_INVALID', `a blob may have at most ${caps.blobBytes} bytes`)
  // Two chunks of one upload at once: the other one was faster.
  if (upload.size !== before) return failure('RANGE_INVALID', 'another chunk of this upload came first')
  upload.chunks.push(body.bytes)
  upload.size += body.bytes.length
  return undefined
}

function continues(range: string | undefined, size: number): boolean {
  if (range === undefined) return true
  const match = /^(\d+)-(\d+)$/.exec(range)
  return match !== null && Number(match[1]) === size && Number(match[2]) >= size
}

function uploadOf({ storage }: RegistryState, { repository, reference }: Call): Upload | undefined {
  const upload = storage.uploads.get(reference)
  return upload?.repository === repository ? upload : undefined
}

function unknownUpload(): Answer {
  return failure('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry')
}

function created(repository: string, digest: string): Answer {
  const location = `/v2/${repository}/blobs/${digest}`
  return { status: 201, headers: { location, 'docker-content-digest': digest } }
}

function progress(id: string, { repository, size }: Upload): Readonly<Record<string, string>> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}?_state=${id}`,
    range: `0-${Math.max(size - 1, 0)}`,
    'docker-upload-uuid': id,
  }
}
