import { isMap, isScalar, isSeq } from 'yaml'
import { type ImageName, parseImageName } from '../image/ref.ts'
import { compileRe2 } from '../image/re2.ts'
import { formatTagFilter } from '../image/tag-filter.ts'
import { parseTagPolicy } from '../image/tag-policy.ts'
import { type Parsed, parsed, type Place, type Problem, refused } from '../parsed.ts'
import { type Resource } from './resource.ts'
import { child, descend, entriesOf, itemsOf, type Spot, textOf } from './spot.ts'

/** An object by its name; where its manifest names no namespace, something else gives it one, so that any may be meant. */
export type ObjectName = { readonly namespace?: string; readonly name: string }

/** An ImagePolicy of Flux v2: what it says by itself in our words, or why that cannot be said in them. */
export type ImagePolicy = ObjectName & {
  readonly repository: ObjectName
  readonly policy: Parsed<string>
  readonly suspended: boolean
  readonly at: Place
}

export type ImageRepository = ObjectName & {
  readonly image: ImageName
  readonly suspended: boolean
  /** The tags that its policies never see, as patterns. */
  readonly exclude: readonly string[]
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
  const exclude = exclusionsOf(spot)
  const said = {
    image: image.value,
    suspended: isSuspended(spot),
    ...(exclude.ok ? { exclude: exclude.value } : { exclude: [], problem: exclude.problems[0] }),
  }
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

/** A policy together with what its ImageRepository keeps from it. */
export function policyWithout(policy: string, exclude: readonly string[]): Parsed<string> {
  // Signatures are no versions, so that the usual exclusion says nothing new of a policy that only has a range.
  const isPlain = /^semver:(?!.*\s(?:filter|extract)=)/s.test(policy)
  const said = isPlain ? exclude.filter((pattern) => pattern !== signatures) : exclude
  const whole = parseTagPolicy(`${policy}${formatTagFilter({ exclude: said })}`)
  return whole.ok ? parsed(whole.value.text) : whole
}

const instead = 'suspend the ImagePolicy and write a policy as an annotation of the workload'

/** What would be said only in part is not said at all: half a filter releases what its author has kept out. */
function translated(spot: Spot): Parsed<string> {
  const digest = descend(spot, ['spec', 'digestReflectionPolicy'])
  if (digest !== undefined && textOf(digest) !== 'Never') {
    const message = `\`digestReflectionPolicy: ${textOf(digest) ?? ''}\` cannot be followed in an ImagePolicy`
    return refused({ message, at: digest.at, help: instead })
  }
  const order = orderOf(spot)
  if (!order.ok) return order
  const filter = descend(spot, ['spec', 'filterTags'])
  const odd = filter === undefined ? undefined : oddInFilter(filter)
  if (odd !== undefined) return refused(odd)
  const text = `${order.value.text}${filter === undefined ? '' : filterOf(filter)}`
  const plain = parseTagPolicy(order.value.text)
  if (!plain.ok) return refused({ ...plain.problems[0], at: order.value.at })
  const policy = parseTagPolicy(text)
  return policy.ok ? parsed(policy.value.text) : refused({ ...policy.problems[0], at: (filter ?? spot).at })
}

/** `semver:RANGE`, `numerical:asc`: exactly one is said. */
function orderOf(spot: Spot): Parsed<{ readonly text: string; readonly at: Place }> {
  const policy = descend(spot, ['spec', 'policy'])
  const [one, other] = policy === undefined ? [] : entriesOf(policy)
  if (one === undefined || other !== undefined) {
    const message = 'expected one of `semver`, `numerical` and `alphabetical` in spec.policy of an ImagePolicy'
    return refused({ message, at: (policy ?? spot).at })
  }
  const [kind, said] = one
  switch (kind) {
    case 'semver': {
      const range = child(said, 'range')
      const text = textOf(range)
      return range === undefined || text === undefined
        ? refused({ message: 'the ImagePolicy has no spec.policy.semver.range', at: said.at })
        : parsed({ text: `semver:${text}`, at: range.at })
    }
    case 'numerical':
    case 'alphabetical': {
      const order = child(said, 'order')
      return parsed({ text: `${kind}:${order === undefined ? 'asc' : (textOf(order) ?? '')}`, at: (order ?? said).at })
    }
    default:
      return refused({
        message: `the order \`${kind}\` cannot be followed in an ImagePolicy`,
        at: said.at,
        help: instead,
      })
  }
}

/** The API server would not take it; read as if it were not there, it would keep no tag out. */
function oddInFilter(filter: Spot): Problem | undefined {
  if (isNothing(filter)) return undefined
  if (!isMap(filter.node)) return { message: 'expected filterTags with a `pattern`', at: filter.at }
  for (const key of ['pattern', 'extract']) {
    const said = child(filter, key)
    if (said !== undefined && !isNothing(said) && textOf(said) === undefined)
      return { message: `expected text for \`${key}\` in filterTags`, at: said.at }
  }
  return undefined
}

function isNothing({ node }: Spot): boolean {
  return isScalar(node) && node.value === null
}

function filterOf(spot: Spot): string {
  const [pattern, extract] = [textOf(child(spot, 'pattern')) ?? '', textOf(child(spot, 'extract')) ?? '']
  const filter = pattern === '.*' && extract === '' ? '' : pattern
  return formatTagFilter({
    ...(filter === '' && extract === '' ? {} : { filter }),
    ...(extract === '' ? {} : { extract }),
    exclude: [],
  })
}

/** The one that Flux has where nobody says any. */
const signatures = String.raw`^.*\.sig$`

/** As in Flux's own definition. */
const mostExclusions = 25

function exclusionsOf(spot: Spot): Parsed<readonly string[]> {
  const list = descend(spot, ['spec', 'exclusionList'])
  if (list === undefined) return parsed([signatures])
  if (!isNothing(list) && !isSeq(list.node))
    return refused({ message: 'expected a list of patterns for the exclusionList', at: list.at })
  const items = itemsOf(list)
  if (items.length > mostExclusions) {
    const message = `expected at most ${mostExclusions} patterns in the exclusionList, got ${items.length}`
    return refused({ message, at: list.at, help: 'join them: `-rc|-beta`' })
  }
  const patterns: string[] = []
  for (const item of items) {
    const text = textOf(item)
    if (text === undefined) return refused({ message: 'expected a pattern in the exclusionList', at: item.at })
    const compiled = compileRe2(text, text)
    if (!compiled.ok) return refused({ ...compiled.problems[0], at: item.at })
    patterns.push(text)
  }
  return parsed(patterns)
}

/** Kubernetes reads YAML 1.1. */
function isSuspended(spot: Spot): boolean {
  return /^(?:true|yes|on|y)$/i.test(textOf(descend(spot, ['spec', 'suspend'])) ?? '')
}

function isVariable(text: string): boolean {
  return /\{\{|\$[{(]/.test(text)
}

function named(namespace: string | undefined, name: string): ObjectName {
  return namespace === undefined ? { name } : { namespace, name }
}
