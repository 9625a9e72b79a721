import { type Parsed, parsed, refused } from '../parsed.ts'

/**
 * An image as a manifest names it: `nginx:1.2` is host `docker.io`, path `library/nginx`, tag `1.2`. No tag stays no
 * tag: what a runtime makes of that (`latest`) is nobody's choice, so nothing here pretends that it was.
 */
export type ImageRef = {
  readonly host: string
  readonly path: string
  readonly tag?: string
  readonly digest?: string
  readonly written: string
}

declare const brand: unique symbol
/** `host/path`, the same for every way to write it: `eu.gcr.io/project/app`, `docker.io/library/nginx`. A key. */
export type ImageName = string & { readonly [brand]: 'ImageName' }

const hostForm =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(?::[0-9]+)?$/i
const segmentForm = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/
const tagForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const digestForm = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/
const longestName = 255

const dockerHub = 'docker.io'
// One registry under three names (https://github.com/distribution/reference knows two of them).
const namesOfDockerHub: readonly string[] = [dockerHub, 'index.docker.io', 'registry-1.docker.io']

/** `nginx`, `nginx:1.2`, `localhost:5000/app@sha256:…`, by the rules of https://github.com/distribution/reference. */
export function parseImageRef(text: string): Parsed<ImageRef> {
  const { name, tag, digest } = split(text)
  const { host, path } = locate(name)
  const wrong = whatIsWrong(text, { host, path, tag, digest })
  if (wrong !== undefined) return refused({ message: `expected an image, got \`${text.slice(0, 120)}\`: ${wrong}` })
  const known = { ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) }
  return parsed({ host, path, ...known, written: text })
}

export function imageName(ref: ImageRef): ImageName {
  return `${ref.host}/${ref.path}` as ImageName
}

/** An image without tag and digest, in any of its written forms. */
export function parseImageName(text: string): Parsed<ImageName> {
  const ref = parseImageRef(text)
  if (!ref.ok) return ref
  return ref.value.tag === undefined && ref.value.digest === undefined
    ? parsed(imageName(ref.value))
    : refused(`expected an image without tag and digest, got \`${text.slice(0, 120)}\``)
}

/**
 * The image as its author wrote it, with another tag. A digest is dropped: it names the content of the old tag, and a
 * runtime that is given both obeys the digest.
 */
export function withTag(ref: ImageRef, tag: string): string {
  return `${split(ref.written).name}:${tag}`
}

/** A registry by the one name that images have it under here: `docker.io` for `index.docker.io`, all in lower case. */
export function registryName(host: string): string {
  const name = host.toLowerCase()
  return namesOfDockerHub.includes(name) ? dockerHub : name
}

/** Whether a registry can have such a tag: letters, digits, `_`, `.`, `-`, at most 128. */
export function isTag(text: string): boolean {
  return tagForm.test(text)
}

type Parts = { readonly tag: string | undefined; readonly digest: string | undefined }

function split(text: string): Parts & { readonly name: string } {
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  const rest = at < 0 ? text : text.slice(0, at)
  const colon = rest.lastIndexOf(':')
  // A colon before the last slash belongs to a port.
  return colon > rest.lastIndexOf('/')
    ? { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digest }
    : { name: rest, tag: undefined, digest }
}

function locate(name: string): { readonly host: string; readonly path: string } {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  const isHost = /[.:]/.test(first) || first === 'localhost'
  if (!isHost) return { host: dockerHub, path: slash < 0 ? `library/${name}` : name }
  const host = registryName(first)
  const path = name.slice(slash + 1)
  return host === dockerHub && !path.includes('/') ? { host, path: `library/${path}` } : { host, path }
}

function whatIsWrong(text: string, { host, path, tag, digest }: Parts & { host: string; path: string }) {
  const segments = path.split('/')
  if (text === '') return 'it is empty'
  if (host.length + path.length >= longestName) return `its name is longer than ${longestName} characters`
  if (!hostForm.test(host)) return `\`${host}\` is not a registry host`
  if (segments.some((segment) => segment === '')) return 'a part of its path is empty'
  if (segments.some((segment) => /[A-Z]/.test(segment))) return 'its path must be lower-case'
  if (!segments.every((segment) => segmentForm.test(segment)))
    return 'its path may have lower-case letters, digits and single `.`, `_`, `-` between them'
  if (tag !== undefined && !tagForm.test(tag))
    return `\`${tag.slice(0, 40)}\` is not a tag (letters, digits, \`_\`, \`.\`, \`-\`, at most 128)`
  if (digest !== undefined && !digestForm.test(digest))
    return `\`${digest.slice(0, 40)}\` is not a digest like sha256:…`
  return undefined
}
