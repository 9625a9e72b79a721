import { type Parsed, type Problem, formatProblem, parsed, refused } from '../parsed.ts'
import { manifestType } from './manifest-type.ts'
import { type ImageName, isTag, parseImageName } from './ref.ts'
import {
  type NamedTag,
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
  const tags = new Map<string, PushedTag>()
  const problems: Problem[] = []
  for (const [index, event] of events.entries()) {
    const pushed = readEvent(event, host)
    if (pushed.ok) for (const tag of pushed.value) tags.set(`${tag.image}:${tag.tag}`, tag)
    else problems.push(...pushed.problems.map((problem) => at(index, problem)))
  }
  const [first, ...others] = problems
  return first === undefined ? parsed([...tags.values()]) : refused(first, ...others)
}

/** What came over HTTP, and the name under which manifests know the registry that the operator gave this address. */
export type NotificationContext = { readonly host: string; readonly headers?: NotificationHeaders }

/**
 * The tags that any registry says were pushed, in distribution's envelope or in any of `notificationFormats`. As above,
 * each is a hint. What is no push has no tags in it.
 */
export function parseRegistryNotification(
  body: unknown,
  { host, headers = {} }: NotificationContext,
): Parsed<readonly PushedTag[]> {
  if (isRecord(body) && Array.isArray(body['events'])) return parseNotification(body, host)
  const format = isRecord(body) ? notificationFormats.find(({ speaks }) => speaks(body, headers)) : undefined
  if (!isRecord(body) || format === undefined)
    return refused({
      message: 'expected the notification of a registry',
      help: `known are those of distribution, GitLab, ${notificationFormats.map(({ of }) => of).join(', ')}`,
    })
  const named = format.read(body, headers)
  if (!named.ok) return refused(of(format.of, named.problems[0]))
  const ours = named.value.filter((tag) => isTagged(tag) && (tag.host === undefined || tag.host === host.toLowerCase()))
  const tags = new Map<string, PushedTag>()
  const problems: Problem[] = []
  for (const tag of ours) {
    const pushed = readTag(tag, host)
    if (pushed.ok) tags.set(`${pushed.value.image}:${pushed.value.tag}`, pushed.value)
    else problems.push(...pushed.problems.map((problem) => of(format.of, problem)))
  }
  const [first, ...others] = problems
  return first === undefined ? parsed([...tags.values()]) : refused(first, ...others)
}

/** Single platforms of an image, signatures and layers are pushed by digest: nobody follows those. */
function isTagged({ tag }: NamedTag): boolean {
  return tag !== undefined && tag !== null && tag !== '' && !(typeof tag === 'string' && tag.startsWith('sha256:'))
}

function readTag({ path, tag }: NamedTag, host: string): Parsed<PushedTag> {
  if (typeof tag !== 'string' || !isTag(tag)) return refused(`expected a tag, got \`${shown(tag)}\``)
  if (typeof path !== 'string') return refused(`expected a repository, got \`${shown(path)}\``)
  const image = parseImageName(`${host}/${path}`)
  return image.ok ? parsed({ image: image.value, tag }) : image
}

function of(sender: string, problem: Problem): Problem {
  return { message: `${sender}: ${formatProblem(problem)}` }
}

/** Layers, configs, pulls, deletes and manifests without a tag are most of what a registry tells: no tag in them. */
function readEvent(event: unknown, host: string): Parsed<readonly PushedTag[]> {
  if (!isRecord(event)) return refused('expected an event')
  const target = event['target']
  if (event['action'] !== 'push' || !isRecord(target)) return parsed([])
  const { tag, mediaType, repository } = target
  if (typeof mediaType !== 'string' || manifestType(mediaType) === undefined) return parsed([])
  if (tag === undefined || tag === '') return parsed([])
  const pushed = readTag({ path: repository, tag }, host)
  return pushed.ok ? parsed([pushed.value]) : pushed
}

function at(index: number, problem: Problem): Problem {
  return { message: `event ${index + 1}: ${formatProblem(problem)}` }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 80) : typeof value
}
