import { parseCommitSha } from '../ids.ts'
import { type Parsed, type Place, parsed, refused } from '../parsed.ts'
import { cutProblem, cutText, limits } from './report-limits.ts'
import type { SyncCounts, SyncProblem, SyncReport, SyncTrigger } from './report.ts'

/** An agent's word: nothing of it is believed but its form, and nothing is taken along that is not in it. */
export function parseSyncReport(json: unknown): Parsed<SyncReport> {
  if (!isRecord(json)) return refused('expected a sync report, got something else')
  const { result, trigger, startedAt, finishedAt, moreProblems } = json
  const commit = parseCommitSha(typeof json['commit'] === 'string' ? json['commit'] : '')
  if (!commit.ok) return commit
  if (!isOneOf(result, results)) return unexpected('result')
  if (!isOneOf(trigger, triggers)) return unexpected('trigger')
  if (!isTime(startedAt)) return unexpected('startedAt')
  if (!isTime(finishedAt)) return unexpected('finishedAt')
  const counts = countsIn(json['counts'])
  if (counts === undefined) return unexpected('counts')
  if (!isCount(moreProblems)) return unexpected('moreProblems')
  const problems = listIn(json['problems'], limits.problems, problemIn)
  if (problems === undefined) return unexpected('problems')
  const drift = listIn(json['drift'], limits.drift, driftIn)
  if (drift === undefined) return unexpected('drift')
  const heldPrunes = listIn(json['heldPrunes'], limits.heldPrunes, heldIn)
  if (heldPrunes === undefined) return unexpected('heldPrunes')
  return parsed({
    commit: commit.value,
    result,
    trigger,
    startedAt,
    finishedAt,
    counts,
    problems,
    moreProblems,
    drift,
    heldPrunes,
  })
}

function unexpected(key: keyof SyncReport): Parsed<never> {
  return refused(`expected \`${key}\` of a sync report within its limits, got something else`)
}

const results: readonly SyncReport['result'][] = ['full', 'partial', 'failed', 'suspended']
const triggers: readonly SyncTrigger[] = ['start', 'timer', 'hint', 'command', 'watch', 'retry']
const turns: readonly SyncProblem['turn'][] = ['author', 'operator', 'time']

function countsIn(value: unknown): SyncCounts | undefined {
  if (!isRecord(value)) return undefined
  const { applied, corrected, unchanged, pruned, waiting, skipped, failed } = value
  if (!isCount(applied) || !isCount(corrected) || !isCount(unchanged) || !isCount(pruned)) return undefined
  if (!isCount(waiting) || !isCount(skipped) || !isCount(failed)) return undefined
  return { applied, corrected, unchanged, pruned, waiting, skipped, failed }
}

function problemIn(value: unknown): SyncProblem | undefined {
  if (!isRecord(value)) return undefined
  const { message, object, help, turn, about } = value
  const at = value['at'] === undefined ? undefined : placeIn(value['at'])
  if (typeof message !== 'string' || !isOneOf(turn, turns)) return undefined
  if (!isTextOrAbsent(object) || !isTextOrAbsent(help) || (value['at'] !== undefined && at === undefined))
    return undefined
  if (about !== undefined && about !== 'git') return undefined
  return cutProblem({
    message,
    turn,
    ...(about === undefined ? {} : { about }),
    ...(object === undefined ? {} : { object }),
    ...(help === undefined ? {} : { help }),
    ...(at === undefined ? {} : { at }),
  })
}

function placeIn(value: unknown): Place | undefined {
  if (!isRecord(value)) return undefined
  const { file, line, column } = value
  if (!isTextOrAbsent(file) || !isCount(line) || !isCount(column)) return undefined
  return { line, column, ...(file === undefined ? {} : { file }) }
}

function driftIn(value: unknown): SyncReport['drift'][number] | undefined {
  const object = textIn(value, 'object')
  const managers = isRecord(value) ? listIn(value['managers'], limits.managers, asText) : undefined
  return object === undefined || managers === undefined ? undefined : { object, managers }
}

function heldIn(value: unknown): SyncReport['heldPrunes'][number] | undefined {
  const [object, because] = [textIn(value, 'object'), textIn(value, 'because')]
  return object === undefined || because === undefined ? undefined : { object, because }
}

/** Undefined when it is none, too long, or holds one thing that is not as expected. */
function listIn<T>(value: unknown, most: number, read: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > most) return undefined
  const items = value.map(read)
  return items.every((item) => item !== undefined) ? items : undefined
}

function textIn(value: unknown, key: string): string | undefined {
  return isRecord(value) ? asText(value[key]) : undefined
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? cutText(value) : undefined
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

function isOneOf<T extends string>(value: unknown, words: readonly T[]): value is T {
  return words.some((word) => word === value)
}

/** ISO 8601, to be shown: no time is told by it. */
function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(value)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
