import { createHash } from 'node:crypto'
import { type Json, type JsonObject, isJsonObject, parseJson } from '../json.ts'

/** Lines that may be too many for one ConfigMap. */
export type ShardedText = { readonly sequence: number; readonly head: JsonObject; readonly lines: readonly string[] }

/** One ConfigMap: what follows its name's stem (`''`, `-17-0`), and its text. */
export type Shard = { readonly suffix: string; readonly text: string }

const maxLines = 2000
/** Half of what a ConfigMap may hold, in characters: the lines are ASCII but for oddities. */
const maxCharacters = 512 * 1024

/** Several shards have names of their own each time: a kill between two of them leaves those of the sequence before whole. */
export function formatShards({ sequence, head, lines }: ShardedText): readonly Shard[] {
  const shards = split(lines)
  const digest = digestOf(lines)
  return shards.map((shard, index) => ({
    suffix: shards.length === 1 ? '' : `-${sequence}-${index}`,
    text: [JSON.stringify({ version: 1, sequence, digest, shard: index, of: shards.length, head }), ...shard].join(
      '\n',
    ),
  }))
}

/** The newest of which all shards are there and unchanged, whatever else is among the texts. */
export function joinShards(texts: readonly string[]): ShardedText | undefined {
  const parts = texts.map(parsePart).filter((part) => part !== undefined)
  const sets = Map.groupBy(parts, ({ sequence, digest }) => `${sequence} ${digest}`)
  return [...sets.values()]
    .map(joined)
    .filter((text) => text !== undefined)
    .toSorted((a, b) => b.sequence - a.sequence)
    .at(0)
}

function split(lines: readonly string[]): readonly (readonly string[])[] {
  const shards: string[][] = []
  let room = 0
  for (const line of lines) {
    const last = shards.at(-1)
    if (last === undefined || last.length >= maxLines || line.length + 1 > room) {
      shards.push([line])
      room = maxCharacters
    } else last.push(line)
    room -= line.length + 1
  }
  return shards.length === 0 ? [[]] : shards
}

type Part = ShardedText & { readonly digest: string; readonly shard: number; readonly of: number }

function joined(parts: readonly Part[]): ShardedText | undefined {
  const ordered = parts.toSorted((a, b) => a.shard - b.shard)
  const [first] = ordered
  const lines = ordered.flatMap((part) => part.lines)
  const whole = ordered.every(({ shard, of }, index) => shard === index && of === ordered.length)
  if (first === undefined || !whole || first.digest !== digestOf(lines)) return undefined
  return { sequence: first.sequence, head: first.head, lines }
}

function parsePart(text: string): Part | undefined {
  const [first = '', ...lines] = text.split('\n')
  const { version, sequence, digest, shard, of, head } = parseLine(first)
  if (version !== 1 || !isCount(sequence) || !isCount(shard) || !isCount(of)) return undefined
  return typeof digest === 'string' && isJsonObject(head) ? { sequence, digest, shard, of, head, lines } : undefined
}

/** An empty object where it is none. */
export function parseLine(line: string): JsonObject {
  try {
    const value = parseJson(line)
    return isJsonObject(value) ? value : {}
  } catch {
    return {}
  }
}

function digestOf(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16)
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
