import { type ImageRef, parseImageRef } from '../image/ref.ts'
import { parseTagPolicy } from '../image/tag-policy.ts'
import { type Problem } from '../parsed.ts'
import {
  type Annotations,
  annotationsOf,
  type Automation,
  keysFor,
  readAutomation,
  readStrayPolicies,
  readTagPolicy,
} from './annotations.ts'
import { findInPod, type FoundImage, type FoundImages } from './containers.ts'
import { type ManifestDocument, readDocuments } from './document.ts'
import { findInValues } from './helm-values.ts'
import { type ImageObjects, readImageObjects } from './image-policies.ts'
import { type Marker, readMarkers } from './markers.ts'
import { type Resource, resourcesAt, type WorkloadId, workloadId } from './resource.ts'
import { descend, type NodePath, rootOf, textOf } from './spot.ts'

/** One place where a workload names an image. Plain JSON. */
export type ImageUse = {
  readonly workload: WorkloadId
  /** The container's name; for a HelmRelease `chart-image` or the section of its values. */
  readonly container: string
  readonly image: ImageRef
  /** The scalar that changes when the tag changes. */
  readonly place: { readonly document: number; readonly path: NodePath }
  readonly holds: 'reference' | 'tag'
  /** What that scalar says now: less than the image where registry or tag have a key of their own. */
  readonly text: string
  readonly line: number
  readonly automation: Automation & {
    readonly policy?: string
    /** Set for kinds that are listed and never automated: why. */
    readonly impossibleBecause?: string
  }
}

/** Plain JSON, so that it can be kept per blob. The problems have no file: who read it knows. */
export type ManifestReading = {
  readonly images: readonly ImageUse[]
  readonly problems: readonly Problem[]
  /** What follows an ImagePolicy, which may stand in another file: `resolveMarkers` makes images of it. */
  readonly markers?: readonly Marker[]
  readonly imageObjects?: ImageObjects
}

type Kind = { readonly find: (resource: Resource) => FoundImages; readonly impossibleBecause?: string }

const podTemplate = (resource: Resource): FoundImages => findInPod(resource, ['spec', 'template', 'spec'])
const finished = 'its pod template cannot change once it is created'
const owned = 'its image is changed through the workload that owns it'

/** Only the kind decides, as the name of the API group has changed over the years and will again. */
const kinds: Readonly<Record<string, Kind>> = {
  Deployment: { find: podTemplate },
  DaemonSet: { find: podTemplate },
  StatefulSet: { find: podTemplate },
  CronJob: { find: (resource) => findInPod(resource, ['spec', 'jobTemplate', 'spec', 'template', 'spec']) },
  Job: { find: podTemplate, impossibleBecause: `a Job is not automated: ${finished}` },
  Pod: {
    find: (resource) => findInPod(resource, ['spec']),
    impossibleBecause: 'a Pod is not automated: nothing rolls it out',
  },
  ReplicaSet: { find: podTemplate, impossibleBecause: `a ReplicaSet is not automated: ${owned}` },
  ReplicationController: { find: podTemplate, impossibleBecause: `a ReplicationController is not automated: ${owned}` },
}

/** A HelmRelease, the one kind whose meaning hangs on its version. */
const helmRelease: Kind = { find: findInValues }
const helmReleaseVersions =
  /^(?:flux\.weave\.works\/v1beta1|helm\.fluxcd\.io\/v1|helm\.toolkit\.fluxcd\.io\/v[a-z0-9]+)$/

/** Every image that the workloads of a manifest name, and everything that its author should know. */
export function readManifest(text: string): ManifestReading {
  const { documents, problems } = readDocuments(text)
  const { images, problems: wrong } = joined([{ images: [], problems }, ...documents.map(readDocument)])
  const readable = documents.filter((document) => !isEncrypted(document))
  const resources = readable.flatMap((document) => resourcesAt(rootOf(document)))
  const { markers, problems: misplaced } = readMarkers(text, readable, resources)
  const { objects, problems: unreadable } = readImageObjects(resources)
  return {
    images,
    problems: [...wrong, ...misplaced, ...unreadable],
    ...(markers.length === 0 ? {} : { markers }),
    ...(Object.values(objects).every(({ length }) => length === 0) ? {} : { imageObjects: objects }),
  }
}

function readDocument(document: ManifestDocument): ManifestReading {
  const root = rootOf(document)
  const reading = joined(resourcesAt(root).map(readResource))
  if (isEncrypted(document)) return withoutEncrypted(reading)
  if (!document.followedTooMany()) return reading
  const tooMany = { message: 'uses too many aliases: what stands behind them was not read', at: root.at }
  return { ...reading, problems: [...reading.problems, tooMany] }
}

function readResource(resource: Resource): ManifestReading {
  const kind = kindOf(resource)
  if (kind === undefined) return { images: [], problems: [] }
  const annotations = annotationsOf(resource)
  const { found, problems } = kind.find(resource)
  const { problems: wrong, ...automation } = readAutomation(annotations)
  const here = (message: string): Problem => ({ message: `the ${resource.kind} ${message}`, at: resource.spot.at })
  if (found.length === 0) {
    return {
      images: [],
      problems: automation.automated ? [...problems, here('is automated, but names no image')] : problems,
    }
  }
  if (resource.name === undefined) return { images: [], problems: [...problems, here('has no metadata.name')] }
  const workload = workloadId({ ...resource, name: resource.name })
  const because = kind.impossibleBecause
  const off = because === undefined ? {} : { automated: false, impossibleBecause: because }
  const uses = found.map((image) => readUse({ annotations, workload, image, automation: { ...automation, ...off } }))
  const containers = new Set(found.map(({ container }) => container))
  return joined([
    { images: [], problems: [...problems, ...wrong, ...inVain(annotations, because)] },
    { images: [], problems: readStrayPolicies(annotations, containers) },
    ...uses,
  ])
}

/** Who asks for what cannot be would wait for ever. */
function inVain(annotations: Annotations, because: string | undefined): readonly Problem[] {
  if (because === undefined) return []
  return keysFor('automated').flatMap((key) => {
    const spot = annotations.get(key)
    return textOf(spot) === 'true'
      ? [{ message: `\`${key}\` is ignored: ${because}`, ...(spot && { at: spot.at }) }]
      : []
  })
}

function kindOf({ apiVersion, kind }: Resource): Kind | undefined {
  if (kind === 'HelmRelease') return helmReleaseVersions.test(apiVersion) ? helmRelease : undefined
  return Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
}

type Found = {
  readonly annotations: Annotations
  readonly workload: WorkloadId
  readonly image: FoundImage
  readonly automation: ImageUse['automation']
}

function readUse({ annotations, workload, image: { container, reference, spot, holds }, automation }: Found) {
  const image = parseImageRef(reference)
  if (!image.ok) return { images: [], problems: isTemplate(reference) ? [] : located(image.problems, spot.at) }
  const { policy, problems } = readTagPolicy(annotations, container)
  const wrong = policy === undefined ? undefined : parseTagPolicy(policy.text)
  const use: ImageUse = {
    workload,
    container,
    image: image.value,
    place: { document: spot.document.index, path: spot.path },
    holds,
    text: textOf(spot) ?? '',
    line: spot.at.line,
    automation: { ...automation, ...(policy === undefined ? {} : { policy: policy.text }) },
  }
  return {
    images: [use],
    problems: [...problems, ...(wrong?.ok === false ? located(wrong.problems, policy?.at) : [])],
  }
}

/** An edit would break the signature of a file that sops has encrypted, whatever it leaves readable. */
function isEncrypted(document: ManifestDocument): boolean {
  return descend(rootOf(document), ['sops', 'mac']) !== undefined
}

function withoutEncrypted({ images }: ManifestReading): ManifestReading {
  const automated = images.find((use) => use.automation.automated)
  if (automated === undefined) return { images: [], problems: [] }
  const message = `${automated.workload} is encrypted by sops: an edit would break its signature, so it is left alone`
  return { images: [], problems: [{ message, at: { line: automated.line, column: 1 } }] }
}

/** `{{ .Values.image }}`, `${IMAGE}`: to be filled in by another tool. */
function isTemplate(reference: string): boolean {
  return /\{\{|\$[{(]/.test(reference)
}

function located(problems: readonly Problem[], at: Problem['at']): readonly Problem[] {
  return problems.map((problem) => (at === undefined ? problem : { ...problem, at }))
}

function joined(readings: readonly ManifestReading[]): ManifestReading {
  return {
    images: readings.flatMap(({ images }) => images),
    problems: readings.flatMap(({ problems }) => problems),
  }
}
