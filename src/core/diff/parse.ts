import { type Parsed, parsed, refused } from '../parsed.ts'
import { isShortText, limits } from './limits.ts'
import type { Danger, DiffProblem, LiveDiff, ObjectChange } from './live-diff.ts'

/** An agent's word, held to the limits that agents keep: whoever took one over floods nothing with it. */
export function parseLiveDiff(value: unknown): Parsed<LiveDiff> {
  if (!isRecord(value)) return refused('expected a live diff, got something else')
  const { changes, drift, dangers, problems, unchanged, omitted } = value
  if (!isListOf(changes, isChange)) return unexpected('changes')
  if (!isListOf(drift, isChange)) return unexpected('drift')
  if (!isListOf(dangers, isDanger)) return unexpected('dangers')
  if (!isListOf(problems, isProblem)) return unexpected('problems')
  if (!isCount(unchanged)) return unexpected('unchanged')
  if (!isCount(omitted)) return unexpected('omitted')
  return parsed({ changes, drift, dangers, problems, unchanged, omitted })
}

function unexpected(key: keyof LiveDiff): Parsed<never> {
  return refused(`expected \`${key}\` of a live diff within its limits, got something else`)
}

const actions: ReadonlySet<unknown> = new Set<ObjectChange['action']>(['create', 'change', 'delete', 'take-over'])

const dangerKinds: ReadonlySet<unknown> = new Set<Danger['kind']>([
  'deletes-namespace',
  'deletes-crd',
  'deletes-volume',
  'immutable-field',
  'replicas-to-zero',
  'wider-rbac',
  'over-prune-budget',
])

const turns: ReadonlySet<unknown> = new Set<DiffProblem['turn']>(['author', 'operator', 'time'])

function isChange(value: unknown): value is ObjectChange {
  return (
    isRecord(value) &&
    isShortText(value['object'], limits.object) &&
    isAbsentOr(value['file'], (file) => isShortText(file, limits.file)) &&
    isAbsentOr(value['line'], isCount) &&
    actions.has(value['action']) &&
    isAbsentOr(value['stays'], (stays) => isShortText(stays, limits.says)) &&
    isLines(value['lines']) &&
    typeof value['cut'] === 'boolean'
  )
}

function isLines(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= limits.lines &&
    value.every((line) => isShortText(line, limits.line) && /^[ +@-]/.test(line))
  )
}

function isDanger(value: unknown): value is Danger {
  return (
    isRecord(value) &&
    dangerKinds.has(value['kind']) &&
    isShortText(value['object'], limits.object) &&
    isShortText(value['says'], limits.says)
  )
}

function isProblem(value: unknown): value is DiffProblem {
  return (
    isRecord(value) &&
    isShortText(value['message'], limits.says) &&
    isAbsentOr(value['object'], (object) => isShortText(object, limits.object)) &&
    isAbsentOr(value['at'], isPlace) &&
    isAbsentOr(value['help'], (help) => isShortText(help, limits.says)) &&
    turns.has(value['turn'])
  )
}

function isPlace(value: unknown): boolean {
  return (
    isRecord(value) &&
    isAbsentOr(value['file'], (file) => isShortText(file, limits.file)) &&
    isCount(value['line']) &&
    isCount(value['column'])
  )
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.length <= limits.items && value.every(isItem)
}

function isAbsentOr(value: unknown, isRight: (value: unknown) => boolean): boolean {
  return value === undefined || isRight(value)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
