import { type Json, type JsonObject, isJsonObject } from '../json.ts'

// A set of paths as `fieldsV1` writes it: a key is a step (`f:spec`, `k:{"name":"web"}`, `v:"x"`), `{}` or a `.` inside says
// that the path up to there belongs to the set itself, and not only those below it.

export function unionOf(a: Json, b: Json): JsonObject {
  const [left, right] = [asSet(a), asSet(b)]
  const steps = new Set([...Object.keys(left), ...Object.keys(right)])
  return Object.fromEntries([...steps].map((step) => [step, unionBelow(left[step], right[step])]))
}

function unionBelow(a: Json | undefined, b: Json | undefined): Json {
  if (a === undefined || b === undefined) return a ?? b ?? {}
  if (isLeaf(a) && isLeaf(b)) return {}
  // An empty set below a step is the step itself, which must not be lost beside one that has only steps below.
  return isMember(a) || isMember(b) ? { '.': {}, ...unionOf(a, b) } : unionOf(a, b)
}

/** Splits off the given paths with all below them. Either side is undefined where nothing is left of it. */
export function splitSet(
  set: Json,
  paths: readonly (readonly string[])[],
): { readonly inside?: JsonObject; readonly outside?: JsonObject } {
  const inside: Record<string, Json> = {}
  const outside: Record<string, Json> = {}
  for (const [step, below] of Object.entries(asSet(set))) {
    const deeper = paths.filter(([first]) => first === step).map(([, ...rest]) => rest)
    if (deeper.some((path) => path.length === 0)) inside[step] = below
    else if (deeper.length === 0 || isLeaf(below)) outside[step] = below
    else {
      const parts = splitSet(below, deeper)
      if (parts.inside !== undefined) inside[step] = parts.inside
      if (parts.outside !== undefined) outside[step] = parts.outside
    }
  }
  return {
    ...(Object.keys(inside).length === 0 ? {} : { inside }),
    ...(Object.keys(outside).length === 0 ? {} : { outside }),
  }
}

/** Does the set hold the path itself? */
export function holds(set: Json | undefined, [step, ...rest]: readonly string[]): boolean {
  if (set === undefined) return false
  const fields = asSet(set)
  if (step === undefined) return isMember(fields)
  return Object.hasOwn(fields, step) && holds(fields[step], rest)
}

function isMember(set: Json): boolean {
  return isLeaf(set) || Object.hasOwn(asSet(set), '.')
}

function isLeaf(set: Json): boolean {
  return Object.keys(asSet(set)).length === 0
}

function asSet(value: Json): JsonObject {
  return isJsonObject(value) ? value : {}
}
