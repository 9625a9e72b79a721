import { rcompare, valid } from 'semver'
import { parse } from 'yaml'
import { type Tool, toolFits } from './tool.ts'

export type Archive = { readonly url: string; readonly sha512: string }

/** `v1.35.0` → `envtest-v1.35.0-linux-amd64.tar.gz` → where it is, and its checksum. */
export type ReleaseIndex = Readonly<Record<string, Readonly<Record<string, Archive>>>>

/** Throws on what is no index: the caller tries the next way, and says why. */
export function parseReleaseIndex(text: string): ReleaseIndex {
  const { releases } = fieldsOf(parse(text))
  return mapValues(fieldsOf(releases), (archives) => mapValues(fieldsOf(archives), parseArchive))
}

/** The very version that we build with, if it is there; else the newest one that fits. */
export function newestArchive(
  index: ReleaseIndex,
  tool: Tool,
  { os, cpu }: { readonly os: string; readonly cpu: string },
): Archive | undefined {
  const fitting = Object.keys(index).filter((version) => valid(version) !== null && toolFits(tool, version))
  const exact = `v${tool.version}`
  const [version] = fitting.includes(exact) ? [exact] : fitting.toSorted(rcompare)
  return version === undefined ? undefined : index[version]?.[`envtest-${version}-${os}-${cpu}.tar.gz`]
}

function parseArchive(value: unknown): Archive {
  const { hash, selfLink } = fieldsOf(value)
  if (typeof hash !== 'string' || typeof selfLink !== 'string') throw new Error('expected `hash` and `selfLink`')
  return { url: selfLink, sha512: hash.toLowerCase() }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('expected releases, and their archives, by name')
  }
  return { ...value }
}

function mapValues<T>(
  fields: Readonly<Record<string, unknown>>,
  parseValue: (value: unknown) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, parseValue(value)]))
}
