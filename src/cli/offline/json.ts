import type { ImageUse } from '../../core/manifest/workload.ts'
import type { FilePath } from '../../core/ids.ts'
import type { Problem } from '../../core/parsed.ts'

/**
 * What `--json` prints: a contract with scripts, described in docs/cli.md. Keys may come, none goes and none changes what
 * it means; what is unknown or absent is null, never left out.
 */
export type ImageJson = {
  readonly workload: string
  readonly container: string
  /** As it is written, put together where its parts stand apart. */
  readonly image: string
  readonly file: string
  readonly line: number
  readonly automated: boolean
  readonly policy: string | null
}

export type ChangeJson = {
  readonly workload: string
  readonly container: string
  readonly file: string
  readonly line: number
  /** Tags; null where the image had none. */
  readonly from: string | null
  readonly to: string
}

export type SkippedJson = {
  readonly workload: string
  readonly container: string
  readonly image: string
  readonly because: string
}

export type ProblemJson = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
}

export type PlanJson = {
  readonly changes: readonly ChangeJson[]
  readonly skipped: readonly SkippedJson[]
  readonly problems: readonly ProblemJson[]
}

export type ReleaseJson = { readonly changes: readonly ChangeJson[] }

export type AnnotationJson = {
  readonly workload: string
  readonly file: string
  readonly line: number
  readonly annotation: string
  readonly from: string | null
  readonly to: string | null
}

export type PolicyJson = { readonly changes: readonly AnnotationJson[] }

export type TagJson = { readonly tag: string; readonly matches: boolean; readonly because: string }

export type TagsJson = {
  readonly winner: string | null
  readonly tags: readonly TagJson[]
  readonly problem: string | null
}

export function imageJson(file: FilePath, use: ImageUse): ImageJson {
  const { workload, container, image, line, automation } = use
  const { automated, policy = null } = automation
  return { workload, container, image: image.written, file, line, automated, policy }
}

export function changeJson({ file, use, to }: { file: FilePath; use: ImageUse; to: string }): ChangeJson {
  const { workload, container, image, line } = use
  return { workload, container, file, line, from: image.tag ?? null, to }
}

export function problemJson({ message, help, at }: Problem): ProblemJson {
  const { file = '', line = 1, column = 1 } = at ?? {}
  return { file, line, column, message: help === undefined ? message : `${message} (${help})` }
}
