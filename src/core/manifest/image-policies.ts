import { type ImageName, parseImageName } from '../image/ref.ts'
import { parseTagPolicy } from '../image/tag-policy.ts'
import { type Parsed, parsed, type Place, type Problem, refused } from '../parsed.ts'
import { type Resource } from './resource.ts'
import { child, descend, entriesOf, itemsOf, type Spot, textOf } from './spot.ts'

/** An object by its name; where its manifest names no namespace, something else gives it one, so that any may be meant. */
export type ObjectName = { readonly namespace?: string; readonly name: string }

/** An ImagePolicy of Flux v2: what it says in our words, or why that cannot be said in them. */
export type ImagePolicy = ObjectName & {
  readonly repository: ObjectName
  readonly policy: Parsed<string>
  readonly suspended: boolean
  readonly at: Place
}

export type ImageRepository = ObjectName & {
  readonly image: ImageName
  readonly suspended: boolean
  /** What keeps its policies from being followed. */
  readonly problem?: Problem
}

/** Flux's own writer of images, where it is not suspended: below `path` it does what the markers say. */
export type ImageUpdateAutomation = { readonly name: string; readonly path: string; readonly at: Place }

/** The objects of `image.toolkit.fluxcd.io`. Plain JSON. */
export type ImageObjects = {
  readonly policies: readonly ImagePolicy[]
  readonly repositories: readonly ImageRepository[]
  readonly automations: readonly ImageUpdateAutomation[]
}

const group = 'image.toolkit.fluxcd.io/'

export function readImageObjects(resources: readonly Resource[]): {
  readonly objects: ImageObjects
  readonly problems: readonly Problem[]
} {
  const ours = resources.filter(({ apiVersion }) => apiVersion.startsWith(group))
  const of = (kind: string): readonly Resource[] => ours.filter((resource) => resource.kind === kind)
  const repositories = of('ImageRepository').map(readRepository)
  return {
    objects: {
      policies: of('ImagePolicy').flatMap(readPolicy),
      repositories: repositories.flatMap((repository) => (repository.ok ? repository.value : [])),
      automations: of('ImageUpdateAutomation').flatMap(readAutomation),
    },
    problems: repositories.flatMap((repository) => (repository.ok ? [] : repository.problems)),
  }
}

function readRepository({ spot, namespace, name }: Resource): Parsed<readonly ImageRepository[]> {
  const written = descend(spot, ['spec', 'image'])
  const text = textOf(written)
  if (written === undefined || text === undefined || name === undefined || isVariable(text)) return parsed([])
  const image = parseImageName(text)
  if (!image.ok) return refused({ ...image.problems[0], at: written.at })
  const problem = whatItExcludes(spot)
  const said = { image: image.value, suspended: isSuspended(spot), ...(problem === undefined ? {} : { problem }) }
  return parsed([{ ...named(namespace, name), ...said }])
}

function readPolicy({ spot, namespace, name }: Resource): readonly ImagePolicy[] {
  const follows = descend(spot, ['spec', 'imageRepositoryRef'])
  const followed = follows === undefined ? undefined : textOf(child(follows, 'name'))
  if (name === undefined || follows === undefined || followed === undefined) return []
  const repository = named(textOf(child(follows, 'namespace')) ?? namespace, followed)
  const [at, suspended] = [spot.at, isSuspended(spot)]
  return [{ ...named(namespace, name), repository, policy: translated(spot), suspended, at }]
}

function readAutomation({ spot, name = '' }: Resource): readonly ImageUpdateAutomation[] {
  if (isSuspended(spot)) return []
  const path = textOf(descend(spot, ['spec', 'update', 'path'])) ?? ''
  return [{ name, path: path.replace(/^(?:\.?\/)+|^\.$/, ''), at: spot.at }]
}

const instead =
  'use a semver policy without these, or suspend the ImagePolicy and write a policy as an annotation of the workload'

/** What would be said only in part is not said at all: half a filter releases what its author has kept out. */
function translated(spot: Spot): Parsed<string> {
  const [first, ...others] = unsupported(spot)
  if (first !== undefined) return refused(first, ...others)
  const range = descend(spot, ['spec', 'policy', 'semver', 'range'])
  const text = textOf(range)
  if (range === undefined || text === undefined)
    return refused({ message: 'the ImagePolicy has no spec.policy.semver.range', at: spot.at })
  const policy = parseTagPolicy(`semver:${text}`)
  return policy.ok ? parsed(policy.value.text) : refused({ ...policy.problems[0], at: range.at })
}

/** The one that Flux has where nobody says any: signatures, which are no versions. */
const signatures = String.raw`^.*\.sig$`

function unsupported(spot: Spot): readonly Problem[] {
  const policy = descend(spot, ['spec', 'policy'])
  const orders = policy === undefined ? [] : [...entriesOf(policy)].filter(([order]) => order !== 'semver')
  const filter = descend(spot, ['spec', 'filterTags'])
  const pattern = textOf(filter && child(filter, 'pattern'))
  const extract = textOf(filter && child(filter, 'extract'))
  const filters =
    (pattern !== undefined && pattern !== '' && pattern !== '.*') || (extract !== undefined && extract !== '')
  const digest = descend(spot, ['spec', 'digestReflectionPolicy'])
  const refusals: readonly (readonly [spot: Spot, message: string])[] = [
    ...orders.map(([order, spot]) => [spot, `expected the order \`semver\`, got \`${order}\``] as const),
    ...(filter !== undefined && filters ? [[filter, '`filterTags` cannot be followed'] as const] : []),
    ...(digest !== undefined && textOf(digest) !== 'Never'
      ? [[digest, `\`digestReflectionPolicy: ${textOf(digest) ?? ''}\` cannot be followed`] as const]
      : []),
  ]
  return refusals.map(([{ at }, message]) => ({ message: `${message} in an ImagePolicy`, at, help: instead }))
}

function whatItExcludes(spot: Spot): Problem | undefined {
  const list = descend(spot, ['spec', 'exclusionList'])
  const isUsual = list === undefined || itemsOf(list).every((item) => textOf(item) === signatures)
  const message = '`exclusionList` cannot be followed in an ImageRepository'
  return isUsual ? undefined : { message, at: list.at, help: instead }
}

function isSuspended(spot: Spot): boolean {
  return textOf(descend(spot, ['spec', 'suspend'])) === 'true'
}

function isVariable(text: string): boolean {
  return /\{\{|\$[{(]/.test(text)
}

function named(namespace: string | undefined, name: string): ObjectName {
  return namespace === undefined ? { name } : { namespace, name }
}
