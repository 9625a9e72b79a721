import { structuredPatch } from 'diff'
import { stringify } from 'yaml'
import { type Json, isJsonObject } from '../json.ts'
import { type DisplayCopy, type Sides, displaySides } from './display.ts'
import type { KnownSecrets } from './known-secrets.ts'
import { limits } from './limits.ts'

/** A unified diff of YAML; no lines: nothing that people would see is different. */
export type Comparison = { readonly lines: readonly string[]; readonly cut: boolean }

const context = 3
/** Beyond it the two have so little in common that a list of both is as clear, and is had at once. */
const mostEdits = 1000

/**
 * What is different between two states of an object, for people's eyes: masked and cut. Without `before` it is
 * created, without `after` deleted. The order of a list counts, that of keys does not.
 */
export function compareObjects(sides: Sides, secrets: KnownSecrets = []): Comparison {
  const { before, after, onlyMasked } = displaySides(sides, secrets)
  if (onlyMasked) return { lines: [' # only values that are not shown'], cut: false }
  return shortened(unifiedLines(linesOf(before), linesOf(after)))
}

function unifiedLines(before: readonly string[], after: readonly string[]): readonly string[] {
  if (before.join('\n') === after.join('\n')) return []
  // Nothing is in common with nothing; the library would look for it.
  const found =
    before.length === 0 || after.length === 0
      ? undefined
      : structuredPatch('', '', text(before), text(after), '', '', { context, maxEditLength: mostEdits })
  if (found === undefined) return wholly(before, after)
  return found.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines,
  ])
}

function wholly(before: readonly string[], after: readonly string[]): readonly string[] {
  const range = ({ length }: readonly string[]) => `${Math.min(length, 1)},${length}`
  return [
    `@@ -${range(before)} +${range(after)} @@`,
    ...before.map((line) => `-${line}`),
    ...after.map((line) => `+${line}`),
  ]
}

function shortened(lines: readonly string[]): Comparison {
  const cut = lines.length > limits.lines || lines.some(({ length }) => length > limits.line)
  const shown = lines
    .slice(0, limits.lines)
    .map((line) => (line.length > limits.line ? `${line.slice(0, limits.line - 1)}…` : line))
  return { lines: shown, cut }
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}

function linesOf(copy: DisplayCopy | undefined): readonly string[] {
  if (copy === undefined) return []
  // Quoted as for the older YAML, in which `yes` and `on` are booleans: so Kubernetes reads it.
  const yaml = stringify(ordered(copy.display), { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false })
  return yaml.trimEnd().split('\n').map(visible)
}

/** As people write objects; the others follow by the alphabet, as the server sends them. */
const firstKeys = ['apiVersion', 'kind', 'metadata', 'name', 'namespace', 'labels', 'annotations', 'image']

function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(ordered)
  if (!isJsonObject(value)) return value
  const first = firstKeys.filter((key) => Object.hasOwn(value, key))
  const others = Object.keys(value)
    .filter((key) => !firstKeys.includes(key))
    .toSorted()
  return Object.fromEntries([...first, ...others].map((key) => [key, ordered(value[key] ?? null)]))
}

/** A control character, which a block of text may hold, as the code that YAML has for it. */
function visible(line: string): string {
  return line.replace(
    // oxlint-disable-next-line no-control-regex -- control characters are what is replaced
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
