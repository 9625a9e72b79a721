import { type Parsed, formatProblem, parsed, refused } from '../parsed.ts'
import { manifestType } from './manifest-type.ts'
import { type ImageName, isTag, parseImageName } from './ref.ts'
import {
  type NamedTag,
  type NotificationFormat,
  type NotificationHeaders,
  isRecord,
  notificationFormats,
} from './registry-notification-formats.ts'

export type PushedTag = { readonly image: ImageName; readonly tag: string }

/** The content types of the envelope: distribution 2 sends the first, distribution 3 the second; the body is the same. */
export const notificationTypes = [
  'application/vnd.docker.distribution.events.v1+json',
  'application/vnd.docker.distribution.events.v2+json',
] as const

/**
 * The tags that a registry says were pushed, each once, from the envelope of distribution, which GitLab
 * sends too: https://distribution.github.io/distribution/about/notifications/
 *
 * `host` is the name under which manifests know that registry. It comes from our settings and not from the payload:
 * what the sender says of its own host is its word only. Nothing here is a fact, it is a hint to ask the registry.
 */
export function parseNotification(body: unknown, host: string): Parsed<readonly PushedTag[]> {
  const events = isRecord(body) ? body['events'] : undefined
  if (!Array.isArray(events)) return refused('expected a registry notification with a list `events`')
  return taken(events.map((event, index) => about(`event ${index + 1}`, readEvent(event, host))))
}

/** What came over HTTP, and the name under which manifests know the registry that the operator gave this address. */
export type NotificationContext = { readonly host: string; readonly headers?: NotificationHeaders }

/**
 * The tags that any registry says were pushed, in distribution's envelope or in any of `notificationFormats`. As above,
 * each is a hint. What is no push has no tags in it. Event Grid tells of several events in a list, and so does whoever
 * sends CloudEvents in batches.
 */
export function parseRegistryNotification(
  body: unknown,
  { host, headers = {} }: NotificationContext,
): Parsed<readonly PushedTag[]> {
  if (isRecord(body) && Array.isArray(body['events'])) return parseNotification(body, host)
  if (!Array.isArray(body)) return parseOne(body, { ...inObjects, host, headers })
  return taken(
    body.map((event, index) => about(`event ${index + 1}`, parseOne(event, { ...inLists, host, headers: {} }))),
  )
}

type Spoken = { readonly formats: readonly NotificationFormat[]; readonly help: string }
const inObjects: Spoken = {
  formats: notificationFormats,
  help: `known are those of distribution, GitLab, ${namesOf(notificationFormats)}`,
}
const listed = notificationFormats.filter((format) => format.inLists)
const inLists: Spoken = { formats: listed, help: `known in a list are those of ${namesOf(listed)}` }

function namesOf(formats: readonly NotificationFormat[]): string {
  return formats.map((format) => format.of).join(', ')
}

function parseOne(
  body: unknown,
  { formats, help, host, headers }: Spoken & Required<NotificationContext>,
): Parsed<readonly PushedTag[]> {
  const format = isRecord(body) ? formats.find(({ speaks }) => speaks(body, headers)) : undefined
  if (!isRecord(body) || format === undefined)
    return refused({ message: 'expected the notification of a registry', help })
  const named = format.read(body, headers)
  if (!named.ok) return about(format.of, named)
  const ours = named.value.filter((tag) => isTagged(tag) && tag.isOn?.(host.toLowerCase()) !== false)
  return taken(ours.map((tag) => about(format.of, readTag(tag, host))))
}

/** Single platforms of an image, signatures and layers are pushed by digest: nobody follows those. */
function isTagged({ tag }: NamedTag): boolean {
  return tag !== undefined && tag !== null && tag !== '' && !(typeof tag === 'string' && tag.startsWith('sha256:'))
}

function readTag({ path, tag }: NamedTag, host: string): Parsed<readonly PushedTag[]> {
  if (typeof tag !== 'string' || !isTag(tag)) return refused(`expected a tag, got \`${shown(tag)}\``)
  if (typeof path !== 'string') return refused(`expected a repository, got \`${shown(path)}\``)
  const image = parseImageName(`${host}/${path}`)
  return image.ok ? parsed([{ image: image.value, tag }]) : image
}

/**
 * Each tag once. What can be read is taken, whatever stands beside it: a sender that is refused tells all of it again, and
 * distribution tells nothing else until then.
 */
function taken(readings: readonly Parsed<readonly PushedTag[]>[]): Parsed<readonly PushedTag[]> {
  const tags = new Map<string, PushedTag>()
  for (const reading of readings)
    for (const tag of reading.ok ? reading.value : []) tags.set(`${tag.image}:${tag.tag}`, tag)
  const [first, ...others] = readings.flatMap((reading) => (reading.ok ? [] : reading.problems))
  return first === undefined || tags.size > 0 ? parsed([...tags.values()]) : { ok: false, problems: [first, ...others] }
}

/** Every problem, with its sender or its event before it. */
function about<T>(what: string, reading: Parsed<T>): Parsed<T> {
  if (reading.ok) return reading
  const [first, ...others] = reading.problems.map((problem) => ({ message: `${what}: ${formatProblem(problem)}` }))
  return first === undefined ? reading : { ok: false, problems: [first, ...others] }
}

/** Layers, configs, pulls, deletes and manifests without a tag are most of what a registry tells: no tag in them. */
function readEvent(event: unknown, host: string): Parsed<readonly PushedTag[]> {
  if (!isRecord(event)) return refused('expected an event')
  const target = event['target']
  if (event['action'] !== 'push' || !isRecord(target)) return parsed([])
  const { tag, mediaType, repository } = target
  if (typeof mediaType !== 'string' || manifestType(mediaType) === undefined) return parsed([])
  if (tag === undefined || tag === '') return parsed([])
  return readTag({ path: repository, tag }, host)
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 80) : typeof value
}
