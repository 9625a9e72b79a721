import { type FilePath } from '../ids.ts'
import { type ImageName, imageName, type ImageRef, isTag, parseImageRef } from '../image/ref.ts'
import { inFile, type Parsed, parsed, type Problem, refused } from '../parsed.ts'
import { type ImageObjects, type ImagePolicy, type ObjectName, policyWithout } from './image-policies.ts'
import { type Marker } from './markers.ts'
import { type ImageUse, type ManifestReading } from './workload.ts'

type ReadFile = { readonly file: FilePath; readonly reading: ManifestReading }

/** Of one cluster: in another, an ImagePolicy of the same name is another one. */
type Scope = {
  readonly policies: readonly (ImagePolicy & { readonly file: FilePath })[]
  readonly repositories: readonly (ImageObjects['repositories'][number] & { readonly file: FilePath })[]
  readonly automations: readonly (ImageObjects['automations'][number] & { readonly file: FilePath })[]
}

/**
 * The files with an image in the place of every marker, steered by the ImagePolicy that it names. Markers and their
 * objects stand in different files, so this comes after each was read by itself. Outside of all scopes nothing is done.
 */
export function resolveMarkers<T extends ReadFile>(
  files: readonly T[],
  scopeOf: (file: FilePath) => string | undefined,
): readonly T[] {
  if (files.every(({ reading }) => reading.markers === undefined)) return files
  const scopes = new Map(
    [...Map.groupBy(files, ({ file }) => scopeOf(file))].map(([scope, files]) => [scope, objectsOf(files)] as const),
  )
  const resolved = files.map((file) => {
    const name = scopeOf(file.file)
    const scope = name === undefined ? undefined : scopes.get(name)
    return scope === undefined ? { file, problems: [] } : resolveFile(file, scope)
  })
  const problems = Map.groupBy(unique(resolved.flatMap(({ problems }) => problems)), ({ at }) => at?.file)
  return resolved.map(({ file }) => {
    const ours = problems.get(file.file) ?? []
    return ours.length === 0 ? file : withReading(file, { problems: [...file.reading.problems, ...ours] })
  })
}

function objectsOf(files: readonly ReadFile[]): Scope {
  const of = <K extends keyof ImageObjects>(kind: K) =>
    files.flatMap(({ file, reading }) =>
      (reading.imageObjects?.[kind] ?? []).map((object: ImageObjects[K][number]) => ({ ...object, file })),
    )
  return { policies: of('policies'), repositories: of('repositories'), automations: of('automations') }
}

type Resolved<T> = { readonly file: T; readonly problems: readonly Problem[] }

function resolveFile<T extends ReadFile>(file: T, scope: Scope): Resolved<T> {
  const markers = file.reading.markers ?? []
  if (markers.length === 0) return { file, problems: [] }
  const pinned = new Set(markers.filter(({ field }) => field === 'digest').map(keyOfPin))
  const placed = new Map(file.reading.images.map((use) => [keyOf(use), use]))
  const problems: Problem[] = []
  for (const marker of markers) {
    const there = placed.get(keyOf(marker))
    const verdict = judge({ marker, there, scope, file: file.file, isPinned: pinned.has(keyOfPin(marker)) })
    if (verdict.use !== undefined) placed.set(keyOf(marker), verdict.use)
    problems.push(...verdict.problems)
  }
  return { file: withReading(file, { images: [...placed.values()] }), problems }
}

function withReading<T extends ReadFile>(file: T, reading: Partial<ManifestReading>): T {
  return { ...file, reading: { ...file.reading, ...reading } }
}

function keyOf({ place }: Pick<ImageUse, 'place'>): string {
  return JSON.stringify([place.document, place.path])
}

/** A digest and a tag of one object change together, or what runs is not what is written. */
function keyOfPin({ policy, workload }: Marker): string {
  return JSON.stringify([policy, workload])
}

type Case = {
  readonly marker: Marker
  /** What the manifest itself says of that place, where it is an image of a workload. */
  readonly there: ImageUse | undefined
  readonly scope: Scope
  readonly file: FilePath
  readonly isPinned: boolean
}
type Verdict = { readonly use?: ImageUse; readonly problems: readonly Problem[] }

function judge(one: Case): Verdict {
  const steered = steeringOf(one)
  if (!steered.ok) return { problems: steered.problems }
  const { image, policy, suspended } = steered.value
  const here = located(one)
  const field = one.marker.field
  if (field === 'name') return { problems: whatIsOffInName(one, image) }
  if (field === 'digest') {
    const message = 'a digest is not written: the tag that goes with it stays as it is'
    return { problems: [here(message, 'let the policy write a tag')] }
  }
  const ref = refOf(one, field, image)
  if (!ref.ok) return { problems: ref.problems }
  const use = { ...useOf(one.marker, field, ref.value), ...one.there }
  const off = whyOff(one)
  const automated = off === undefined && !suspended && !one.isPinned
  const conflict = automated ? whatIsOverruled(one, policy) : []
  const steering = { automated, automatedSaid: true, ...(automated ? { policy } : {}) }
  return {
    use:
      off === undefined || one.there === undefined ? { ...use, automation: { ...use.automation, ...steering } } : use,
    problems: off === undefined ? conflict : [here(`the marker is ignored: ${off}`)],
  }
}

function located({ marker: { at }, file }: Pick<Case, 'marker' | 'file'>) {
  return (message: string, help?: string): Problem =>
    inFile({ message, at, ...(help === undefined ? {} : { help }) }, file)
}

type Steering = { readonly image: ImageName; readonly policy: string; readonly suspended: boolean }

/** The policy behind a marker, or everything that keeps it from being followed. */
function steeringOf(one: Case): Parsed<Steering> {
  const { marker, scope, file } = one
  const here = located(one)
  const writer = scope.automations.find(({ path }) => isBelow(file, path))
  if (writer !== undefined) {
    const message = `the ImageUpdateAutomation ${writer.name} writes the markers here: they are left to it`
    const help = 'suspend it (spec.suspend: true) or remove it to have them released as the others'
    return refused(inFile({ message, at: writer.at, help }, writer.file))
  }
  const { policy: wanted } = marker
  const policy = theOne(scope.policies, wanted)
  if (typeof policy === 'string') {
    const help = 'the ImagePolicy must stand in the paths of the same cluster, once'
    return refused(here(`there ${policy} ImagePolicy ${wanted.namespace}:${wanted.name} for the marker`, help))
  }
  const inPolicy = (problem: Problem): Problem => inFile({ at: policy.at, ...problem }, policy.file)
  const repository = theOne(scope.repositories, policy.repository)
  if (typeof repository === 'string')
    return refused(
      inPolicy({ message: `there ${repository} ImageRepository ${policy.repository.name} for the ImagePolicy` }),
    )
  if (repository.problem !== undefined) return refused(inFile(repository.problem, repository.file))
  if (!policy.policy.ok) {
    const [first, ...others] = policy.policy.problems
    return refused(inPolicy(first), ...others.map(inPolicy))
  }
  const suspended = policy.suspended || repository.suspended
  const whole = policyWithout(policy.policy.value, repository.exclude)
  if (!whole.ok) return refused(inPolicy(whole.problems[0]))
  return parsed({ image: repository.image, policy: whole.value, suspended })
}

function isBelow(file: FilePath, path: string): boolean {
  const folder = path.replace(/\/+$/, '')
  return folder === '' || file === folder || file.startsWith(`${folder}/`)
}

function theOne<T extends ObjectName>(objects: readonly T[], wanted: ObjectName): T | 'is no' | 'is more than one' {
  const named = objects.filter(
    ({ name, namespace }) =>
      name === wanted.name &&
      (namespace === undefined || wanted.namespace === undefined || namespace === wanted.namespace),
  )
  const [first, second] = named
  if (first === undefined) return 'is no'
  return second === undefined ? first : 'is more than one'
}

function whatIsOffInName(one: Case, image: ImageName): readonly Problem[] {
  const written = parseImageRef(one.marker.text)
  return written.ok && imageName(written.value) === image ? [] : [notTheImage(one, one.marker.text, image)]
}

/** The image at a marker: nothing but its tag will change, so it must be the one that the policy looks at. */
function refOf(one: Case, field: 'reference' | 'tag', image: ImageName): Parsed<ImageRef> {
  const { marker, there } = one
  const here = located(one)
  if (there !== undefined && there.holds !== field)
    return refused(here(`the marker is for a ${field}, but here is a ${there.holds}`))
  if (field === 'tag' && !isTag(marker.text))
    return refused(here(`expected a tag, got \`${marker.text.slice(0, 120)}\``))
  const ref =
    there === undefined ? parseImageRef(field === 'tag' ? `${image}:${marker.text}` : marker.text) : parsed(there.image)
  if (!ref.ok) return refused(here(ref.problems[0].message))
  return imageName(ref.value) === image ? ref : refused(notTheImage(one, ref.value.written, image))
}

function notTheImage(one: Case, written: string, image: ImageName): Problem {
  return located(one)(`the ImagePolicy of the marker is for ${image}, but here is \`${written.slice(0, 120)}\``)
}

function useOf(
  { workload, container, place, text, line }: Marker,
  holds: ImageUse['holds'],
  image: ImageRef,
): ImageUse {
  const automation = { automated: true, automatedSaid: true, ignored: false }
  return { workload, container, image, place, holds, text, line, automation }
}

/** What an author has said against it, more plainly than the marker speaks for it. */
function whyOff({ there }: Case): string | undefined {
  if (there === undefined) return undefined
  const { impossibleBecause, automatedSaid, automated } = there.automation
  return impossibleBecause ?? (automatedSaid && !automated ? 'the annotations say `automated: "false"`' : undefined)
}

function whatIsOverruled(one: Case, policy: string): readonly Problem[] {
  const said = one.there?.automation.policy
  if (said === undefined || said === policy) return []
  return [
    located(one)(`the annotations say \`${said}\` and the marker says \`${policy}\`, which counts`, 'keep one of them'),
  ]
}

function unique(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
}
