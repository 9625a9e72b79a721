import { type ClusterName, type FilePath, parseClusterName } from '../ids.ts'
import { type ImageName, parseImageName, registryName } from '../image/ref.ts'
import { matchesGlob, parseTagPolicy } from '../image/tag-policy.ts'
import { type Parsed, type Problem, parsed, refused } from '../parsed.ts'
import { nearest } from './nearest.ts'
import { type PathPattern, matchesPath, parsePathPattern } from './path-pattern.ts'
import { type Shape, listOf, mapOf, textOf, textsUnder } from './shape.ts'
import { type Spot, quoted } from './source.ts'

/** The tag policy of images by their name, where no annotation says one. */
export type ImageRule = {
  /** Of the whole name, `docker.io/library/nginx`; `*` stands for anything. */
  readonly match: string
  /** As written; it can be parsed. */
  readonly policy: string
  readonly clusters?: readonly ClusterName[]
  readonly files?: readonly PathPattern[]
}

export const pathPatterns = listOf(textOf('text, a path pattern', parsePathPattern), { atMost: 50 })

export const imageRuleShape: Shape<ImageRule> = mapOf(
  {
    match: textOf('text, the name of an image', parseImagePattern),
    policy: textOf('text, a tag policy', parsePolicy),
    clusters: listOf(textOf('text, the name of a cluster', parseClusterName), { atMost: 100 }),
    files: pathPatterns,
  },
  ['match', 'policy'],
)

export type ImageAt = { readonly image: ImageName; readonly cluster: ClusterName; readonly file: FilePath }

/** The first rule that fits. */
export function imageRuleFor(
  { images }: { readonly images: readonly ImageRule[] },
  { image, cluster, file }: ImageAt,
): ImageRule | undefined {
  return images.find(
    ({ match, clusters, files }) =>
      (clusters?.includes(cluster) ?? true) &&
      matchesGlob(match.split('*'), image) &&
      (files?.some((pattern) => matchesPath(pattern, file)) ?? true),
  )
}

const longestPattern = 512

/** `eu.gcr.io/project/*`, `bitnami/*`, `nginx`: what Docker Hub's names leave out is added, as in a manifest. */
export function parseImagePattern(text: string): Parsed<string> {
  if (text.length > longestPattern) {
    return refused(`expected a pattern of at most ${longestPattern} characters, got ${text.length}`)
  }
  const wrong = /[^a-z0-9._:/*-]/.exec(text)?.[0]
  if (wrong !== undefined) {
    return refused({
      message: `expected the name of an image, got \`${quoted(text)}\` with \`${quoted(wrong)}\` in it`,
      help: 'lower-case letters, digits and `.`, `_`, `-`, `/`, `:`; only `*` is special',
    })
  }
  if (text.lastIndexOf(':') > text.lastIndexOf('/')) {
    return refused({
      message: `expected an image without a tag, got \`${quoted(text)}\``,
      help: 'which tags may be released is said by `policy`',
    })
  }
  return text.includes('*') ? parsed(wholeName(text)) : parseImageName(text)
}

function wholeName(pattern: string): string {
  const [first = '', ...rest] = pattern.split('/')
  const host = registryName(first)
  const [own, ...more] = rest
  // Of Docker Hub's own images the folder may be left out, as in a manifest.
  if (host === 'docker.io' && own?.startsWith('*') === false && more.length === 0) return `docker.io/library/${own}`
  if (first.startsWith('*') || /[.:]/.test(first) || first === 'localhost') return [host, ...rest].join('/')
  if (rest.length === 0) return `docker.io/library/${pattern}`
  return first.includes('*') ? pattern : `docker.io/${pattern}`
}

function parsePolicy(text: string): Parsed<string> {
  const policy = parseTagPolicy(text)
  return policy.ok ? parsed(text) : policy
}

/** `root` is the whole file: what the images name has to be among its clusters. */
export function unknownClusters(root: Spot, otherwise: string): readonly Problem[] {
  const written = entryOf(root, 'clusters')
  // What is no map is refused already.
  if (written !== undefined && written.kind !== 'map') return []
  const known = written?.entries.map(({ key }) => key) ?? [otherwise]
  const rules = entryOf(root, 'images')
  return (rules?.kind === 'list' ? rules.items : [])
    .flatMap((rule) => textsUnder(rule, 'clusters'))
    .filter(({ text }) => parseClusterName(text).ok && !known.includes(text))
    .slice(0, mostUnknown)
    .map(({ text, at }) => {
      const [meant] = nearest(text, known)
      const help = meant === undefined ? `known clusters: ${quoted(known.join(', '))}` : `did you mean \`${meant}\`?`
      return { message: `expected a cluster of this file, got \`${text}\``, at, help }
    })
}

/** What was meant is searched for each, and a hostile file has thousands of names on both sides. */
const mostUnknown = 50

function entryOf(root: Spot, name: string): Spot | undefined {
  return root.kind === 'map' ? root.entries.find(({ key }) => key === name)?.value : undefined
}
