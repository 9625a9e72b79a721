import { type ClusterName, type FilePath } from '../ids.ts'
import { type Configuration, type ImageRule, clusterNamed, clusterOf } from '../config/configuration.ts'
import { imageRuleFor } from '../config/image-rule.ts'
import { matchesPath } from '../config/path-pattern.ts'
import type { ImageLabels } from '../image/manifest-content.ts'
import { type ImageName, imageName } from '../image/ref.ts'
import type { HeldBack } from '../image/releasable.ts'
import { parseTagPolicy } from '../image/tag-policy.ts'
import type { Known } from '../image/wanted-metadata.ts'
import { resolveMarkers } from '../manifest/resolve-markers.ts'
import type { ImageUse, ManifestReading } from '../manifest/workload.ts'
import { type Problem, inFile } from '../parsed.ts'
import { type Choice, type WantedLookup, type WhyNow, chooseTag } from './choose.ts'

export type ReadFile = { readonly file: FilePath; readonly reading: ManifestReading }

/** What a registry said of an image; `unknown` is never read as "no tags". */
export type ImageTags =
  | { readonly kind: 'tags'; readonly tags: readonly string[] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly because: string }
  | { readonly kind: 'unknown' }

/** What a look-up said that led to nothing. */
export type Fruitless = Exclude<ImageTags, { readonly kind: 'tags' | 'unknown' }>

/** What is known of an image: what its registry said last, and what was read of its tags. */
export type ImageFacts = {
  readonly tags: ImageTags
  readonly known: Known
  /** When the registry's list first had a tag. */
  readonly listedSinceMs: (tag: string) => number | undefined
}

export type ReleaseInput = {
  readonly configuration: Configuration
  readonly files: readonly ReadFile[]
  readonly factsOf: (image: ImageName) => ImageFacts
  readonly now: Date
}

/** One image reference of one workload that shall change, and in nothing but its tag. */
export type Change = {
  readonly cluster: ClusterName
  readonly file: FilePath
  readonly use: ImageUse
  readonly image: ImageName
  readonly from: string | undefined
  readonly to: string
  /** For people, as all below: it changes nothing of what is written. */
  readonly because?: WhyNow
  readonly facts?: { readonly from?: TagFacts; readonly to?: TagFacts }
  /** Newer tags that are not released yet, or cannot be. */
  readonly heldBack?: readonly HeldBack[]
}

/** Untrusted words of whoever built the image, but for the digest. */
export type TagFacts = { readonly digest: string; readonly created?: string; readonly labels: ImageLabels }

export type SkippedBecause =
  | { readonly kind: 'outside-clusters' }
  | { readonly kind: 'ignored-file'; readonly pattern: string }
  | { readonly kind: 'not-automated' }
  | { readonly kind: 'never-automated'; readonly message: string }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'locked'; readonly by?: string; readonly message?: string }
  | { readonly kind: 'digest-pinned' }
  | { readonly kind: 'broken-policy'; readonly policy: string; readonly message: string }
  | { readonly kind: 'order-by-created' }
  /** The policy's order is by number, and `tag`, which it allows, is none. */
  | { readonly kind: 'no-number'; readonly tag: string }
  | { readonly kind: 'registry-unknown' }
  | { readonly kind: 'registry-refused'; readonly message: string }
  | { readonly kind: 'image-absent' }
  | { readonly kind: 'no-allowed-tag'; readonly policy: string }
  /** The newest that would be released: what it runs on has to be read first. */
  | { readonly kind: 'platforms-unknown'; readonly tag: string }
  | { readonly kind: 'held-back'; readonly tag: string; readonly because: HeldBack['because'] }
  | { readonly kind: 'older-than-current'; readonly newest: string }
  | { readonly kind: 'up-to-date' }

export type Skipped = {
  readonly cluster: ClusterName | undefined
  readonly file: FilePath
  readonly use: ImageUse
  readonly workload: ImageUse['workload']
  readonly container: string
  readonly image: ImageName
  readonly because: SkippedBecause
}

export type ImageLookup = WantedLookup & { readonly image: ImageName }

export type ReleasePlan = {
  readonly changes: readonly Change[]
  readonly skipped: readonly Skipped[]
  /** What has to be looked up before the plan is final; none: it is. */
  readonly lookups: readonly ImageLookup[]
  /** What is wrong in the manifests themselves, with their file. */
  readonly problems: readonly Problem[]
}

/** What may be released now, and why the rest is not. Total: a broken policy or an unread registry releases nothing. */
export function planRelease(input: ReleaseInput): ReleasePlan {
  const { configuration } = input
  const resolved = resolveMarkers(input.files, (file) => clusterOf(configuration, file))
  const choose = choosing(input)
  const verdicts = resolved.flatMap((file) =>
    steered(configuration, file).map((steering) => judge(input, steering, choose)),
  )
  return {
    changes: verdicts.flatMap(({ change }) => change ?? []),
    skipped: verdicts.flatMap(({ skipped }) => skipped ?? []),
    lookups: distinct(verdicts.flatMap(({ lookups }) => lookups)),
    problems: resolved.flatMap(({ file, reading }) => reading.problems.map((problem) => inFile(problem, file))),
  }
}

/** The images of a repository whose tags a plan asks for. */
export function automatedImages(configuration: Configuration, files: readonly ReadFile[]): readonly ImageName[] {
  const names = resolveMarkers(files, (file) => clusterOf(configuration, file))
    .flatMap((file) => steered(configuration, file))
    .filter((steering) => whyNotAutomated(configuration, steering) === undefined)
    .map(({ image }) => image)
  return [...new Set(names)].toSorted()
}

/** One use of an image with all that steers it: its annotations, and where they are silent the configuration. */
type Steering = {
  readonly file: FilePath
  readonly cluster: ClusterName | undefined
  readonly image: ImageName
  readonly use: ImageUse
}

function steered(configuration: Configuration, read: ReadFile): readonly Steering[] {
  const { file, reading } = withImageRules(configuration, read)
  const cluster = clusterOf(configuration, file)
  return reading.images.map((use) => ({ file, cluster, image: imageName(use.image), use }))
}

/** A file with what the configuration says of its images, where their annotations are silent. */
export function withImageRules(configuration: Configuration, { file, reading }: ReadFile): ReadFile {
  const cluster = clusterOf(configuration, file)
  if (cluster === undefined || configuration.images.length === 0) return { file, reading }
  const images = reading.images.map((use) => {
    const rule = imageRuleFor(configuration, { image: imageName(use.image), cluster, file })
    return rule === undefined ? use : withRule(use, rule)
  })
  return { file, reading: { ...reading, images } }
}

/** An entry with a policy automates, unless the annotations say otherwise. */
function withRule(use: ImageUse, { policy }: ImageRule): ImageUse {
  const { automation } = use
  if (automation.impossibleBecause !== undefined) return use
  const automated = automation.automatedSaid ? automation.automated : true
  return { ...use, automation: { ...automation, automated, policy: automation.policy ?? policy } }
}

type Verdict = {
  readonly change?: Change
  readonly skipped?: Skipped
  readonly lookups: readonly ImageLookup[]
}

function judge({ configuration, factsOf }: ReleaseInput, steering: Steering, choose: Choose): Verdict {
  const { file, cluster, image, use } = steering
  const skip = (because: SkippedBecause): Verdict => ({
    skipped: { cluster, file, use, workload: use.workload, container: use.container, image, because },
    lookups: [],
  })
  const because = whyNotAutomated(configuration, steering)
  if (because !== undefined) return skip(because)
  if (cluster === undefined) return skip({ kind: 'outside-clusters' })
  const choice = choose({
    image,
    policy: use.automation.policy ?? 'glob:*',
    current: use.image.tag,
    minimumAgeMs: clusterNamed(configuration, cluster)?.release.minimumAgeMs ?? 0,
  })
  const lookups = choice.lookups.map((lookup) => ({ ...lookup, image }))
  if (choice.kind === 'none') return { ...skip(choice.because), lookups }
  const change: Change = {
    cluster,
    file,
    use,
    image,
    from: use.image.tag,
    to: choice.tag,
    because: choice.because,
    facts: factsOfTags(factsOf(image).known, use.image.tag, choice.tag),
    heldBack: choice.heldBack,
  }
  return { change, lookups }
}

function whyNotAutomated(
  configuration: Configuration,
  { cluster, file, use: { automation, image } }: Steering,
): SkippedBecause | undefined {
  if (cluster === undefined) return { kind: 'outside-clusters' }
  const ignore = clusterNamed(configuration, cluster)?.release.ignore ?? []
  const pattern = ignore.find((pattern) => matchesPath(pattern, file))
  if (pattern !== undefined) return { kind: 'ignored-file', pattern }
  if (automation.impossibleBecause !== undefined)
    return { kind: 'never-automated', message: automation.impossibleBecause }
  if (automation.ignored) return { kind: 'ignored' }
  if (!automation.automated) return { kind: 'not-automated' }
  if (automation.locked !== undefined) return { kind: 'locked', ...automation.locked }
  if (image.digest !== undefined) return { kind: 'digest-pinned' }
  return undefined
}

type Question = {
  readonly image: ImageName
  readonly policy: string
  readonly current: string | undefined
  readonly minimumAgeMs: number
}
type Choose = (question: Question) => Choice

/** Many workloads ask the same: it is answered once in a plan, for an image may have thousands of tags. */
function choosing({ factsOf, now }: ReleaseInput): Choose {
  const choices = new Map<string, Choice>()
  return (question) => {
    const { image, policy, current, minimumAgeMs } = question
    const key = JSON.stringify([image, policy, current, minimumAgeMs])
    const choice = choices.get(key) ?? choose(question, factsOf(image), now.getTime())
    choices.set(key, choice)
    return choice
  }
}

function choose(
  { policy: text, current, minimumAgeMs }: Question,
  { tags, known, listedSinceMs }: ImageFacts,
  nowMs: number,
): Choice {
  const none = (because: SkippedBecause): Choice => ({ kind: 'none', because, heldBack: [], lookups: [] })
  const policy = parseTagPolicy(text)
  if (!policy.ok) return none({ kind: 'broken-policy', policy: text, message: policy.problems[0].message })
  if (tags.kind !== 'tags') return none(whyNoTags(tags))
  return chooseTag({ tags: tags.tags, known, listedSinceMs, nowMs }, { policy: policy.value, current, minimumAgeMs })
}

export function whyNoTags(tags: Exclude<ImageTags, { readonly kind: 'tags' }>): SkippedBecause {
  switch (tags.kind) {
    case 'unknown':
      return { kind: 'registry-unknown' }
    case 'absent':
      return { kind: 'image-absent' }
    case 'refused':
      return { kind: 'registry-refused', message: tags.because }
  }
}

function factsOfTags(known: Known, from: string | undefined, to: string): NonNullable<Change['facts']> {
  const [old, next] = [from === undefined ? undefined : factsOfTag(known, from), factsOfTag(known, to)]
  return { ...(old === undefined ? {} : { from: old }), ...(next === undefined ? {} : { to: next }) }
}

function factsOfTag(known: Known, tag: string): TagFacts | undefined {
  const is = known(tag)
  if (is === undefined) return undefined
  const { created = is.created, labels = {} } = is.image ?? {}
  return { digest: is.digest, ...(created === undefined ? {} : { created }), labels }
}

function distinct(lookups: readonly ImageLookup[]): readonly ImageLookup[] {
  return [...new Map(lookups.map((lookup) => [JSON.stringify([lookup.image, lookup.tag]), lookup])).values()]
}
