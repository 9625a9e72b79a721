import { type KubernetesObject, type WantedObject, formatObjectId, objectIdOf } from '../manifest/kubernetes-object.ts'
import type { Problem } from '../parsed.ts'
import { compareObjects } from './compare.ts'
import { type Change, dangersOf } from './dangers.ts'
import type { Sides } from './display.ts'
import { type KnownSecrets, isSecret, redact, secretValuesOf } from './known-secrets.ts'
import { limits, shortText } from './limits.ts'
import type { Danger, DiffProblem, LiveDiff, ObjectChange } from './live-diff.ts'
import type { AskStep, DiffPlan, DiffStep } from './plan.ts'
import { type Deletes, whyItStays } from './stays.ts'

/** What the cluster says of an object that it was asked for. */
export type Answer =
  | { readonly kind: 'absent'; readonly dryRun: KubernetesObject }
  | { readonly kind: 'ours'; readonly live: KubernetesObject; readonly dryRun: KubernetesObject }
  /** There already, without our mark. */
  | { readonly kind: 'foreign' }
  | ({ readonly kind: 'refused'; readonly message: string } & Pick<DiffProblem, 'help' | 'turn'>)

/** An object that differs in the cluster though the pull request leaves it as it is. */
export type Drift = {
  readonly wanted: WantedObject
  readonly live?: KubernetesObject
  readonly dryRun: KubernetesObject
}

export type DiffParts = {
  readonly plan: DiffPlan
  /** A step without an answer was not told in time. */
  readonly answers: ReadonlyMap<AskStep, Answer>
  readonly drift: readonly Drift[]
  /** Of the head as git has it; whose turn it is goes without saying where it is the author's. */
  readonly problems: readonly (Problem & Partial<Pick<DiffProblem, 'object' | 'turn'>>)[]
  readonly pruneBudget: number
}

/** What is told of a pull request: masked, and as much of it as fits. */
export function assembleDiff({ plan, answers, drift, problems, pruneBudget }: DiffParts): LiveDiff {
  const secrets = secretsOf(plan)
  const told = plan.steps.map((step) => tellStep(step, step.do === 'ask' ? answers.get(step) : undefined, secrets))
  // Found in no order, and the same facts shall give the same text.
  const drifted = drift
    .flatMap((one) => tellDrift(one, secrets) ?? [])
    .toSorted((a, b) => (a.object < b.object ? -1 : 1))
  const ofFiles = problems.map((problem): DiffProblem => ({ turn: 'author', ...problem }))
  const ofObjects = told.flatMap(({ problem }) => (problem === undefined ? [] : [problem]))
  const deletes = { plan, problems: [...ofFiles, ...ofObjects], pruneBudget }
  const changes = told.flatMap(({ change }, index) =>
    change === undefined ? [] : [{ ...change, ...staying(plan.steps[index], deletes) }],
  )
  return fitted({
    changes,
    drift: drifted,
    dangers: dangersOf(plan.steps.map(gitSides), { pruneBudget }).map((danger) => shortDanger(danger, secrets)),
    problems: [...ofFiles, ...ofObjects].map((problem) => shortProblem(problem, secrets)),
    unchanged:
      plan.left.length + told.filter(({ change, problem }) => change === undefined && problem === undefined).length,
    omitted: 0,
  })
}

/** All that git says of Secrets on both sides; of live ones nothing is known here, nor shall it be. */
function secretsOf({ steps, left }: DiffPlan): KnownSecrets {
  const changed = steps.map(gitSides).flatMap(({ before, after }) => [before, after])
  return secretValuesOf([...changed.filter((object) => object !== undefined), ...left.map(({ object }) => object)])
}

function gitSides(step: DiffStep): Change {
  if (step.do === 'delete') return { before: step.before.object }
  const { before, after } = step
  return { after: after.object, ...(before === undefined ? {} : { before: before.object }) }
}

function staying(step: DiffStep | undefined, deletes: Deletes): Pick<ObjectChange, 'stays'> {
  const stays = step?.do === 'delete' ? whyItStays(step, deletes) : undefined
  return stays === undefined ? {} : { stays }
}

type Told = { readonly change?: ObjectChange; readonly problem?: DiffProblem }

function tellStep(step: DiffStep, answer: Answer | undefined, secrets: KnownSecrets): Told {
  const wanted = step.do === 'delete' ? step.before : step.after
  const told = (action: ObjectChange['action'], sides: Sides): Told => {
    const comparison = compareObjects(sides, secrets)
    return comparison.lines.length === 0 ? {} : { change: { ...nameOf(wanted), action, ...comparison } }
  }
  if (step.do === 'delete') return told('delete', gitSides(step))
  if (step.do === 'tell') return told(step.before === undefined ? 'create' : 'change', gitSides(step))
  switch (answer?.kind) {
    case 'absent':
      return told('create', { after: answer.dryRun })
    case 'ours':
      return told('change', { before: answer.live, after: answer.dryRun })
    case 'foreign':
      return { change: { ...nameOf(wanted), action: 'take-over', lines: [], cut: false } }
    case 'refused':
      return { problem: problemOf(wanted, answer) }
    case undefined:
      return { problem: problemOf(wanted, { message: 'the cluster did not say in time', turn: 'time' }) }
  }
}

function problemOf(
  { object, at }: WantedObject,
  { message, help, turn }: Pick<DiffProblem, 'message' | 'help' | 'turn'>,
): DiffProblem {
  return { message, object: formatObjectId(objectIdOf(object)), at, ...(help === undefined ? {} : { help }), turn }
}

/** Whether a live Secret still is as git has it, is told to nobody who may open pull requests. */
function tellDrift({ wanted, live, dryRun }: Drift, secrets: KnownSecrets): ObjectChange | undefined {
  if (isSecret(wanted.object)) return undefined
  const comparison = compareObjects({ after: dryRun, ...(live === undefined ? {} : { before: live }) }, secrets)
  if (comparison.lines.length === 0) return undefined
  return { ...nameOf(wanted), action: live === undefined ? 'create' : 'change', ...comparison }
}

function nameOf({ object, at }: WantedObject): Pick<ObjectChange, 'object' | 'file' | 'line'> {
  return {
    object: shortText(formatObjectId(objectIdOf(object)), limits.object),
    file: shortText(at.file, limits.file),
    line: at.line,
  }
}

function shortDanger({ kind, object, says }: Danger, secrets: KnownSecrets): Danger {
  return { kind, object: shortText(object, limits.object), says: shortText(redact(says, secrets), limits.says) }
}

function shortProblem({ message, object, at, help, turn }: DiffProblem, secrets: KnownSecrets): DiffProblem {
  return {
    message: shortText(redact(message, secrets), limits.says),
    ...(object === undefined ? {} : { object: shortText(object, limits.object) }),
    ...(at === undefined
      ? {}
      : { at: { ...at, ...(at.file === undefined ? {} : { file: shortText(at.file, limits.file) }) } }),
    ...(help === undefined ? {} : { help: shortText(redact(help, secrets), limits.says) }),
    turn,
  }
}

/** What must be known comes first; a change that is too long for the rest is still named, without its lines. */
function fitted(diff: LiveDiff): LiveDiff {
  const room = { bytes: limits.bytes - 1024 }
  const dangers = takeFitting(room, diff.dangers)
  const problems = takeFitting(room, diff.problems)
  const changes = takeFitting(room, diff.changes, withoutLines)
  const drift = takeFitting(room, diff.drift, withoutLines)
  const all = diff.dangers.length + diff.problems.length + diff.changes.length + diff.drift.length
  const omitted = all - dangers.length - problems.length - changes.length - drift.length
  return { ...diff, dangers, problems, changes, drift, omitted }
}

function withoutLines(change: ObjectChange): ObjectChange {
  return { ...change, lines: [], cut: true }
}

/** Takes the room that it fills. */
function takeFitting<T>(room: { bytes: number }, items: readonly T[], smaller?: (item: T) => T): readonly T[] {
  const fits = (item: T): boolean => {
    const bytes = Buffer.byteLength(JSON.stringify(item)) + 1
    if (bytes > room.bytes) return false
    room.bytes -= bytes
    return true
  }
  return items.slice(0, limits.items).flatMap((item) => {
    if (fits(item)) return [item]
    const less = smaller?.(item)
    return less !== undefined && fits(less) ? [less] : []
  })
}
