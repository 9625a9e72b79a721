import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { access, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import { gitEnvironment } from './run.ts'

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag'
export type GitObject = { readonly sha: string; readonly type: ObjectType; readonly content: Buffer }

/** The object database of one repository: written as loose objects in this process, read through one long-lived git. */
export type ObjectStore = {
  /** By id, or by any name git understands; undefined when there is no such object. */
  read(name: string): Promise<GitObject | undefined>
  write(type: ObjectType, content: Buffer): Promise<string>
  close(): Promise<void>
}

const compress = promisify(deflate)
const cacheBytes = 64 * 1024 * 1024

export function openObjectStore(path: string): ObjectStore {
  const cache = createCache()
  let reader: BatchReader | undefined
  return {
    async read(name) {
      const known = cache.get(name)
      if (known !== undefined) return known
      reader ??= startBatchReader(path)
      const object = await reader.read(name)
      if (object !== undefined) cache.add(object)
      return object
    },
    async write(type, content) {
      const header = Buffer.from(`${type} ${content.length}\0`)
      const sha = createHash('sha1').update(header).update(content).digest('hex')
      if (cache.get(sha) === undefined) await writeLoose(path, sha, Buffer.concat([header, content]))
      cache.add({ sha, type, content })
      return sha
    },
    async close() {
      await reader?.close()
      reader = undefined
    },
  }
}

async function writeLoose(path: string, sha: string, bytes: Buffer): Promise<void> {
  const folder = join(path, 'objects', sha.slice(0, 2))
  const file = join(folder, sha.slice(2))
  if (await exists(file)) return
  await mkdir(folder, { recursive: true })
  const unfinished = join(folder, `tmp_${randomUUID()}`)
  await writeFile(unfinished, await compress(bytes, { level: 1 }))
  await rename(unfinished, file)
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

/** Objects never change, so the oldest are dropped only for the room they take. */
function createCache(): { get(sha: string): GitObject | undefined; add(object: GitObject): void } {
  const objects = new Map<string, GitObject>()
  let bytes = 0
  return {
    get: (sha) => objects.get(sha),
    add(object) {
      if (objects.has(object.sha)) return
      objects.set(object.sha, object)
      bytes += object.content.length
      for (const [sha, oldest] of objects) {
        if (bytes <= cacheBytes) return
        objects.delete(sha)
        bytes -= oldest.content.length
      }
    },
  }
}

type BatchReader = { read(name: string): Promise<GitObject | undefined>; close(): Promise<void> }
type Waiting = {
  readonly resolve: (object: GitObject | undefined) => void
  readonly reject: (reason: Error) => void
}

/** `git cat-file --batch`: answers come in the order of the questions. */
function startBatchReader(path: string): BatchReader {
  const child = spawn('git', ['--git-dir', path, 'cat-file', '--batch'], { env: { ...gitEnvironment }, stdio: 'pipe' })
  child.stderr.resume()
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const waiting: Waiting[] = []
  let unread: Buffer = Buffer.alloc(0)
  child.stdout.on('data', (chunk: Buffer) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk])
    for (let answer = takeAnswer(unread); answer !== undefined; answer = takeAnswer(unread)) {
      unread = unread.subarray(answer.length)
      waiting.shift()?.resolve(answer.object)
    }
  })
  const fail = (): void => waiting.splice(0).forEach(({ reject }) => reject(new Error('git cat-file has ended')))
  child.on('close', fail)
  child.on('error', fail)
  child.stdin.on('error', fail)
  return {
    read: (name) =>
      new Promise((resolve, reject) => {
        if (/[\n\r\0]/.test(name) || name === '') return resolve(undefined)
        waiting.push({ resolve, reject })
        child.stdin.write(`${name}\n`)
      }),
    async close() {
      child.stdin.end()
      await ended
    },
  }
}

function takeAnswer(bytes: Buffer): { readonly object: GitObject | undefined; readonly length: number } | undefined {
  const end = bytes.indexOf(10)
  if (end === -1) return undefined
  const head = bytes.subarray(0, end).toString('utf8')
  const found = /^([0-9a-f]{40}) (blob|tree|commit|tag) ([0-9]+)$/.exec(head)
  if (found === null) return { object: undefined, length: end + 1 }
  const [, sha = '', type = '', size = ''] = found
  const length = end + 1 + Number(size) + 1
  if (bytes.length < length) return undefined
  const content = Buffer.from(bytes.subarray(end + 1, length - 1))
  return { object: { sha, type: objectType(type), content }, length }
}

function objectType(text: string): ObjectType {
  if (text === 'blob' || text === 'tree' || text === 'commit') return text
  return 'tag'
}
