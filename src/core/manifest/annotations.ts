import { type Place, type Problem } from '../parsed.ts'
import { type Resource } from './resource.ts'
import { descend, entriesOf, isText, type Spot, textOf } from './spot.ts'

/** What a workload's annotations say about releasing it. */
export type Automation = {
  readonly automated: boolean
  /** Whether the manifest speaks of it at all, so that `"false"` can be told from silence. */
  readonly automatedSaid: boolean
  readonly locked?: { readonly by?: string; readonly message?: string }
  readonly ignored: boolean
}

/** The first prefix that says something wins. */
export const prefixes = ['fluxcd.io/', 'flux.weave.works/']
const filterPrefix = 'filter.fluxcd.io/'
const tagPolicyPrefix = 'tag.'
const policyPrefixes = [...prefixes.map((prefix) => `${prefix}${tagPolicyPrefix}`), filterPrefix]

/** The values that mean something; `sync_only` keeps an object from being pruned and says nothing about its image. */
const values: Readonly<Record<'automated' | 'locked' | 'ignore', readonly string[]>> = {
  automated: ['true', 'false'],
  locked: ['true', 'false'],
  ignore: ['true', 'false', 'sync_only'],
}

export type Annotations = ReadonlyMap<string, Spot>

export function annotationsOf(resource: Resource): Annotations {
  const annotations = descend(resource.spot, ['metadata', 'annotations'])
  return annotations === undefined ? new Map() : entriesOf(annotations)
}

export function readAutomation(annotations: Annotations): Automation & { readonly problems: readonly Problem[] } {
  const automated = read(annotations, 'automated')
  const locked = read(annotations, 'locked')
  const ignore = read(annotations, 'ignore')
  const by = read(annotations, 'locked_user')
  const message = read(annotations, 'locked_msg')
  const lock = {
    ...(by.said?.hasText === true ? { by: by.said.text } : {}),
    ...(message.said?.hasText === true ? { message: message.said.text } : {}),
  }
  return {
    automated: automated.said?.text === 'true',
    automatedSaid: automated.said !== undefined,
    ...(locked.said?.text === 'true' ? { locked: lock } : {}),
    ignored: ignore.said?.text === 'true',
    problems: [
      ...[automated, locked, ignore, by, message].flatMap(({ problems }) => problems),
      ...wrongValue(values.automated, automated.said),
      ...wrongValue(values.locked, locked.said),
      ...wrongValue(values.ignore, ignore.said),
    ],
  }
}

/** Whether the annotations of an object say that it is to be left alone; `sync_only` does not. */
export function saysIgnore(annotations: ReadonlyMap<string, string>): boolean {
  const said = keysFor('ignore').flatMap((key) => annotations.get(key) ?? [])
  return said[0] === 'true'
}

/** The tag policy for a container: `tag.CONTAINER`, or `filter.fluxcd.io/CONTAINER`. */
export function readTagPolicy(annotations: Annotations, container: string) {
  const { said, problems } = read(annotations, `${tagPolicyPrefix}${container}`)
  return { ...(said === undefined ? {} : { policy: { text: said.text, at: said.at } }), problems }
}

/** A policy for a container that is not there would never be missed: it is a slip of its author's pen. */
export function readStrayPolicies(annotations: Annotations, containers: ReadonlySet<string>): readonly Problem[] {
  return [...annotations].flatMap(([key, spot]) => {
    const prefix = policyPrefixes.find((prefix) => key.startsWith(prefix))
    if (prefix === undefined || containers.has(key.slice(prefix.length))) return []
    const help = `the containers are ${[...containers].slice(0, 20).join(', ')}`
    return [{ message: `\`${key}\` names no container with an image here`, at: spot.at, help }]
  })
}

type Said = {
  readonly key: string
  /** Empty where there is none: a policy that says nothing is not the one that allows every tag. */
  readonly text: string
  readonly hasText: boolean
  readonly at: Place
  readonly quoted: boolean
}

function read(annotations: Annotations, name: string) {
  const [said, ...others] = keysFor(name).flatMap((key) => saidAt(annotations, key) ?? [])
  const problems = said === undefined ? [] : [...others.flatMap((other) => conflict(said, other)), ...unquoted(said)]
  return { said, problems }
}

/** The keys under which a policy may stand, the one that counts first: `automated`, `tag.web`. */
export function keysFor(name: string): readonly string[] {
  const keys = prefixes.map((prefix) => `${prefix}${name}`)
  return name.startsWith(tagPolicyPrefix) ? [...keys, `${filterPrefix}${name.slice(tagPolicyPrefix.length)}`] : keys
}

function saidAt(annotations: Annotations, key: string): Said | undefined {
  const spot = annotations.get(key)
  if (spot === undefined) return undefined
  const text = textOf(spot)
  return { key, text: text ?? '', hasText: text !== undefined, at: spot.at, quoted: isText(spot) }
}

function conflict(first: Said, other: Said): readonly Problem[] {
  if (other.text === first.text) return []
  return [
    {
      message: `\`${other.key}\` says \`${other.text}\` and \`${first.key}\` says \`${first.text}\`, which counts`,
      at: other.at,
      help: 'keep one of them',
    },
  ]
}

/** Kubernetes refuses an object whose annotation is no text; the meaning is clear all the same, so it counts. */
function unquoted(said: Said): readonly Problem[] {
  if (said.quoted) return []
  if (!said.hasText)
    return [{ message: `\`${said.key}\` has no text`, at: said.at, help: 'write it in quotes, or take it out' }]
  const message = `\`${said.key}\` is no text for Kubernetes, which will refuse the object`
  return [{ message, at: said.at, help: `write "${said.text}" with quotes` }]
}

function wrongValue(allowed: readonly string[], said: Said | undefined): readonly Problem[] {
  if (said?.hasText !== true || allowed.includes(said.text)) return []
  const expected = allowed.map((value) => `"${value}"`).join(' or ')
  return [{ message: `expected \`${said.key}\` to be ${expected}, got \`${said.text}\``, at: said.at }]
}
