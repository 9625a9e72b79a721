import type { Tool } from './tool.ts'

/** What takes long, how far it is, and for how long it has been going on. */
export type Progress = {
  readonly tool: string
  /** `building with Go`: completes "kube-apiserver 1.35.4: …". */
  readonly doing: string
  readonly done?: Amount
  readonly elapsedMs: number
  /** For whoever wonders whether to wait. */
  readonly usualSeconds?: number
  readonly finished: boolean
}

export type Amount = { readonly count: number; readonly of?: number; readonly unit: 'packages' | 'bytes' }

export type Report = (progress: Progress) => void

export type Task = {
  readonly report: (done?: Amount) => void
  readonly finish: () => void
}

type TaskStart = { readonly tool: Tool; readonly doing: string; readonly usualSeconds?: number }

export function startTask({ tool, ...start }: TaskStart, report: Report | undefined): Task {
  const startedAt = performance.now()
  const tell = (finished: boolean, done?: Amount) =>
    report?.({
      tool: `${tool.name} ${tool.version}`,
      ...start,
      ...(done === undefined ? {} : { done }),
      elapsedMs: performance.now() - startedAt,
      finished,
    })
  tell(false)
  return { report: (done) => tell(false, done), finish: () => tell(true) }
}

/** `kube-apiserver 1.35.4: building with Go, 412 of 1310 packages, 35 s (usually 110 s)` */
export function formatProgress({ tool, doing, done, elapsedMs, usualSeconds, finished }: Progress): string {
  const usual = usualSeconds === undefined || finished ? '' : ` (usually about ${usualSeconds} s)`
  const far = done === undefined ? '' : `, ${formatAmount(done)}`
  return `${tool}: ${doing}${far}, ${Math.round(elapsedMs / 1000)} s${usual}${finished ? ', done' : ''}`
}

/** Lines for a log: the start, the end, and one in ten seconds between them. */
export function reportLines(write: (line: string) => void, everyMs = 10_000): Report {
  let last: { readonly task: string; readonly atMs: number } | undefined
  return (progress) => {
    const task = `${progress.tool} ${progress.doing}`
    const due = last?.task !== task || progress.elapsedMs - last.atMs >= everyMs
    if (!due && !progress.finished) return
    last = { task, atMs: progress.elapsedMs }
    write(formatProgress(progress))
  }
}

function formatAmount({ count, of, unit }: Amount): string {
  const show = (n: number): string => (unit === 'bytes' ? `${(n / 1e6).toFixed(0)} MB` : String(n))
  if (of === undefined) return unit === 'bytes' ? show(count) : `${show(count)} ${unit}`
  return unit === 'bytes' ? `${show(count)} of ${show(of)}` : `${show(count)} of ${show(of)} ${unit}`
}
