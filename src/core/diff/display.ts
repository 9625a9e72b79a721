import { type Json, type JsonObject, canonicalJson, isJsonObject } from '../json.ts'
import type { KubernetesObject } from '../manifest/kubernetes-object.ts'
import { type KnownSecrets, isSecret, redact, secretMask, shortestSecret } from './known-secrets.ts'

/** An object for people's eyes: masked, and without what only machines read. Not a resource, so nobody can apply it. */
export type DisplayCopy = { readonly display: JsonObject }

export type Sides = { readonly before?: KubernetesObject; readonly after?: KubernetesObject }

export type DisplayedSides = {
  readonly before?: DisplayCopy
  readonly after?: DisplayCopy
  /** They differ, and their copies do not. */
  readonly onlyMasked: boolean
}

/** Both sides at once, because a Secret shows which of its keys changed, and nothing else of them. */
export function displaySides({ before, after }: Sides, secrets: KnownSecrets): DisplayedSides {
  if (before === undefined || after === undefined) {
    return {
      ...(before === undefined ? {} : { before: displayCopy(before, secrets) }),
      ...(after === undefined ? {} : { after: displayCopy(after, secrets) }),
      onlyMasked: false,
    }
  }
  const copies = { before: displayCopy(before, secrets), after: displayCopy(after, secrets, before) }
  const same = isSame(copies.before.display, copies.after.display)
  return { ...copies, onlyMasked: same && !isSame(withoutNoise(before), withoutNoise(after)) }
}

function isSame(a: Json, b: Json): boolean {
  return canonicalJson(a) === canonicalJson(b)
}

/** `earlier`: what a Secret's keys are compared with. */
export function displayCopy(object: KubernetesObject, secrets: KnownSecrets, earlier?: KubernetesObject): DisplayCopy {
  const masked = isSecret(object) ? maskedSecret(object, earlier) : object
  return { display: withoutNoise(maskedTexts(masked, secrets)) }
}

/** Whatever else stands in a Secret may be a value that was indented wrongly. */
const secretFields = new Set(['apiVersion', 'kind', 'metadata', 'type', 'immutable'])

function maskedSecret(secret: JsonObject, earlier: JsonObject | undefined): JsonObject {
  return mapEntries(secret, (key, value) => {
    if (secretFields.has(key)) return value
    return isJsonObject(value) ? maskedValues(value, earlier?.[key]) : secretMask
  })
}

/** The same mask for every value, so that not even its length is told. */
function maskedValues(values: JsonObject, earlier: Json | undefined): JsonObject {
  return mapEntries(values, (key, value) => {
    const was = isJsonObject(earlier) && Object.hasOwn(earlier, key) ? earlier[key] : undefined
    return was === undefined || isSame(was, value) ? secretMask : `${secretMask} (changed)`
  })
}

/** Within names, labels and images a short value is a word; where settings stand it is a value. */
const leastAnywhere = 12

function maskedTexts(object: JsonObject, secrets: KnownSecrets): JsonObject {
  if (secrets.length === 0) return object
  const settings = object['kind'] === 'ConfigMap'
  return mapEntries(object, (key, value) =>
    maskedText(value, key, { secrets, settings: settings && key !== 'metadata' }),
  )
}

type Masking = { readonly secrets: KnownSecrets; readonly settings: boolean }

function maskedText(value: Json, key: string, masking: Masking): Json {
  const { secrets, settings } = masking
  if (typeof value === 'string')
    return redact(value, secrets, settings || key === 'value' ? shortestSecret : leastAnywhere)
  // Texts in lists are arguments, mostly.
  if (Array.isArray(value)) {
    return value.map((item: Json) => maskedText(item, key, { secrets, settings: settings || typeof item === 'string' }))
  }
  return isJsonObject(value) ? mapEntries(value, (inner, item) => maskedText(item, inner, masking)) : value
}

const machineMetadata = new Set([
  'managedFields',
  'resourceVersion',
  'uid',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
])

/** Ours are on every object and say nothing of it; the other repeats the whole object, a Secret's values too. */
const machineMarks = new Set([
  'lotse.dev/sync',
  'lotse.dev/mark',
  'lotse.dev/applied',
  'kubectl.kubernetes.io/last-applied-configuration',
])

function withoutNoise(object: JsonObject): JsonObject {
  const { status: _status, metadata, ...rest } = object
  const shown = isJsonObject(metadata) ? { ...rest, metadata: shownMetadata(metadata) } : rest
  return mapEntries(shown, (_key, value) => withoutEmptyTimes(value))
}

function shownMetadata(metadata: JsonObject): JsonObject {
  return filterEntries(
    mapEntries(metadata, (key, value) =>
      (key === 'labels' || key === 'annotations') && isJsonObject(value)
        ? filterEntries(value, (mark) => !machineMarks.has(mark))
        : value,
    ),
    (key, value) => !machineMetadata.has(key) && !(isJsonObject(value) && Object.keys(value).length === 0),
  )
}

/** A server writes `creationTimestamp: null` into the metadata of every template. */
function withoutEmptyTimes(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutEmptyTimes)
  if (!isJsonObject(value)) return value
  const shown = filterEntries(value, (key, item) => key !== 'creationTimestamp' || item !== null)
  return mapEntries(shown, (_key, item) => withoutEmptyTimes(item))
}

function mapEntries(object: JsonObject, change: (key: string, value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(key, value)]))
}

function filterEntries(object: JsonObject, keeps: (key: string, value: Json) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key, value]) => keeps(key, value)))
}
