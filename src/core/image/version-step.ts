import { diff, valid } from 'semver'

export type VersionStep = 'major' | 'minor' | 'patch' | 'pre-release'

/** How far a release goes, for the eye of a reviewer; undefined where the tags are no plain versions. */
export function versionStep(from: string | undefined, to: string): VersionStep | undefined {
  if (from === undefined || valid(from) === null || valid(to) === null) return undefined
  const step = diff(from, to)
  if (step === null) return undefined
  return step.startsWith('pre') ? 'pre-release' : (step as Exclude<VersionStep, 'pre-release'>)
}
