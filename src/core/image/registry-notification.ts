import { type Parsed, type Problem, formatProblem, parsed, refused } from '../parsed.ts'
import { manifestType } from './manifest-type.ts'
import { type ImageName, isTag, parseImageName } from './ref.ts'

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

/** Layers, configs, pulls, deletes and manifests without a tag are most of what a registry tells: no tag in them. */
function readEvent(event: unknown, host: string): Parsed<readonly PushedTag[]> {
  if (!isRecord(event)) return refused('expected an event')
  const target = event['target']
  if (event['action'] !== 'push' || !isRecord(target)) return parsed([])
  const { tag, mediaType, repository } = target
  if (typeof mediaType !== 'string' || manifestType(mediaType) === undefined) return parsed([])
  if (tag === undefined || tag === '') return parsed([])
  if (typeof tag !== 'string' || !isTag(tag)) return refused(`expected a tag, got \`${shown(tag)}\``)
  if (typeof repository !== 'string') return refused(`expected a repository, got \`${shown(repository)}\``)
  const image = parseImageName(`${host}/${repository}`)
  return image.ok ? parsed([{ image: image.value, tag }]) : image
}

function at(index: number, problem: Problem): Problem {
  return { message: `event ${index + 1}: ${formatProblem(problem)}` }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 80) : typeof value
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
