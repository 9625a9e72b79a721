/** What one API server can cost us. */
export type Limits = {
  /** Of one request, from its first byte to the last of its answer. */
  readonly timeoutMs: number
  /** Of one answer, unpacked. */
  readonly bodyBytes: number
  /** Requests at a time, and so connections; watches are apart. */
  readonly requests: number
  readonly pageSize: number
  /** How long the server is asked to let a watch run. */
  readonly watchMs: number
  /** How much longer than that we wait for its end: it is gone, and nobody told us. */
  readonly watchGraceMs: number
  readonly rereadMs: number
}

export const defaultLimits: Limits = {
  timeoutMs: 30_000,
  bodyBytes: 64 * 1024 * 1024,
  requests: 16,
  pageSize: 500,
  watchMs: 5 * 60_000,
  watchGraceMs: 30_000,
  rereadMs: 60_000,
}
