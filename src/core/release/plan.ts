import { type ClusterName, type FilePath } from '../ids.ts'
import { type Configuration, clusterOf } from '../config/configuration.ts'
import { isOlder, newestAllowedTag } from '../image/newest.ts'
import { type ImageName, imageName } from '../image/ref.ts'
import { type TagPolicy, parseTagPolicy } from '../image/tag-policy.ts'
import { resolveMarkers } from '../manifest/resolve-markers.ts'
import type { ImageUse, ManifestReading } from '../manifest/workload.ts'
import { type Problem, inFile } from '../parsed.ts'

export type ReadFile = { readonly file: FilePath; readonly reading: ManifestReading }

/** What a registry said of an image; `unknown` is never read as "no tags". */
export type ImageTags =
  | { readonly kind: 'tags'; readonly tags: readonly string[] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly because: string }
  | { readonly kind: 'unknown' }

export type ReleaseInput = {
  readonly configuration: Configuration
  readonly files: readonly ReadFile[]
  readonly tagsOf: (image: ImageName) => ImageTags
}

/** One image reference of one workload that shall change, and in nothing but its tag. */
export type Change = {
  readonly cluster: ClusterName
  readonly file: FilePath
  readonly use: ImageUse
  readonly image: ImageName
  readonly from: string | undefined
  readonly to: string
}

export type SkippedBecause =
  | { readonly kind: 'outside-clusters' }
  | { readonly kind: 'not-automated' }
  | { readonly kind: 'never-automated'; readonly message: string }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'locked'; readonly by?: string; readonly message?: string }
  | { readonly kind: 'digest-pinned' }
  | { readonly kind: 'broken-policy'; readonly policy: string; readonly message: string }
  | { readonly kind: 'order-by-created' }
  | { readonly kind: 'registry-unknown' }
  | { readonly kind: 'registry-refused'; readonly message: string }
  | { readonly kind: 'image-absent' }
  | { readonly kind: 'no-allowed-tag'; readonly policy: string }
  | { readonly kind: 'older-than-current'; readonly newest: string }
  | { readonly kind: 'up-to-date' }

export type Skipped = {
  readonly file: FilePath
  readonly workload: ImageUse['workload']
  readonly container: string
  readonly image: ImageName
  readonly because: SkippedBecause
}

export type ReleasePlan = {
  readonly changes: readonly Change[]
  readonly skipped: readonly Skipped[]
  /** What is wrong in the manifests themselves, with their file. */
  readonly problems: readonly Problem[]
}

/** What may be released now, and why the rest is not. Total: a broken policy or an unread registry releases nothing. */
export function planRelease({ configuration, files, tagsOf }: ReleaseInput): ReleasePlan {
  const resolved = resolveMarkers(files, (file) => clusterOf(configuration, file))
  const verdicts = resolved.flatMap(({ file, reading }) => {
    const cluster = clusterOf(configuration, file)
    return reading.images.map((use) => judge({ cluster, file, use, tagsOf }))
  })
  return {
    changes: verdicts.flatMap((verdict) => (verdict.kind === 'change' ? [verdict.change] : [])),
    skipped: verdicts.flatMap((verdict) => (verdict.kind === 'skip' ? [verdict.skipped] : [])),
    problems: resolved.flatMap(({ file, reading }) => reading.problems.map((problem) => inFile(problem, file))),
  }
}

/** The images of a repository whose tags a plan asks for. */
export function automatedImages(configuration: Configuration, files: readonly ReadFile[]): readonly ImageName[] {
  const names = resolveMarkers(files, (file) => clusterOf(configuration, file))
    .filter(({ file }) => clusterOf(configuration, file) !== undefined)
    .flatMap(({ reading }) => reading.images.filter((use) => whyNotAutomated(use) === undefined))
    .map((use) => imageName(use.image))
  return [...new Set(names)].toSorted()
}

type Case = {
  readonly cluster: ClusterName | undefined
  readonly file: FilePath
  readonly use: ImageUse
  readonly tagsOf: ReleaseInput['tagsOf']
}
type Verdict =
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'skip'; readonly skipped: Skipped }

function judge({ cluster, file, use, tagsOf }: Case): Verdict {
  const image = imageName(use.image)
  const skip = (because: SkippedBecause): Verdict => ({
    kind: 'skip',
    skipped: { file, workload: use.workload, container: use.container, image, because },
  })
  if (cluster === undefined) return skip({ kind: 'outside-clusters' })
  const notAutomated = whyNotAutomated(use)
  if (notAutomated !== undefined) return skip(notAutomated)
  const winner = winningTag(use, tagsOf(image))
  if (winner.kind !== 'tag') return skip(winner)
  return { kind: 'change', change: { cluster, file, use, image, from: use.image.tag, to: winner.tag } }
}

function whyNotAutomated({ automation, image }: ImageUse): SkippedBecause | undefined {
  if (automation.impossibleBecause !== undefined)
    return { kind: 'never-automated', message: automation.impossibleBecause }
  if (automation.ignored) return { kind: 'ignored' }
  if (!automation.automated) return { kind: 'not-automated' }
  if (automation.locked !== undefined) return { kind: 'locked', ...automation.locked }
  if (image.digest !== undefined) return { kind: 'digest-pinned' }
  return undefined
}

type Winner = SkippedBecause | { readonly kind: 'tag'; readonly tag: string }

function winningTag(use: ImageUse, found: ImageTags): Winner {
  const text = use.automation.policy ?? 'glob:*'
  const policy = parseTagPolicy(text)
  if (!policy.ok) return { kind: 'broken-policy', policy: text, message: policy.problems[0].message }
  switch (found.kind) {
    case 'unknown':
      return { kind: 'registry-unknown' }
    case 'absent':
      return { kind: 'image-absent' }
    case 'refused':
      return { kind: 'registry-refused', message: found.because }
    case 'tags':
      return newestOf(policy.value, found.tags, use.image.tag)
  }
}

function newestOf(policy: TagPolicy, tags: readonly string[], current: string | undefined): Winner {
  const newest = newestAllowedTag(policy, tags)
  if (newest.kind === 'none') {
    return newest.because.kind === 'created-unknown'
      ? { kind: 'order-by-created' }
      : { kind: 'no-allowed-tag', policy: policy.text }
  }
  if (newest.tag === current) return { kind: 'up-to-date' }
  if (current !== undefined && isOlder(policy, newest.tag, current)) {
    return { kind: 'older-than-current', newest: newest.tag }
  }
  return { kind: 'tag', tag: newest.tag }
}
