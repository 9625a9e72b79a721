import { type Json, isJsonObject } from '../json.ts'
import type { KubernetesObject } from '../manifest/kubernetes-object.ts'

/** Values of Secrets, in every form in which they may be met, the longest first. */
export type KnownSecrets = readonly string[]

export const secretMask = '•••'

/** What is shorter is a word of everyday: `true`, `admin`. */
export const shortestSecret = 6

export function secretValuesOf(objects: readonly KubernetesObject[]): KnownSecrets {
  const values = objects
    .filter(isSecret)
    .flatMap(({ data, stringData }) => [
      ...textsIn(data).flatMap((encoded) => [encoded, decoded(encoded)]),
      ...textsIn(stringData).flatMap((text) => [text, Buffer.from(text).toString('base64')]),
    ])
  const forms = values.flatMap((value) => [value, value.trim(), JSON.stringify(value.trim()).slice(1, -1)])
  return [...new Set(forms)].filter(({ length }) => length >= shortestSecret).toSorted((a, b) => b.length - a.length)
}

export function isSecret({ kind }: KubernetesObject): boolean {
  return kind === 'Secret'
}

/** The text without any known value of at least `least` characters. */
export function redact(text: string, secrets: KnownSecrets, least = shortestSecret): string {
  return secrets.reduce(
    (shown, value) => (value.length < least ? shown : shown.replaceAll(value, () => secretMask)),
    text,
  )
}

function textsIn(map: Json | undefined): readonly string[] {
  return isJsonObject(map) ? Object.values(map).filter((value) => typeof value === 'string') : []
}

/** Bytes that are no text become what they would be shown as. */
function decoded(encoded: string): string {
  return Buffer.from(encoded, 'base64').toString('utf8')
}
