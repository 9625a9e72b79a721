import type { RequestKind } from './routes.ts'

/** How many requests came, by kind; a refused one counts too. */
export type RequestCounts = {
  readonly add: (kind: RequestKind) => void
  readonly of: (kind: RequestKind) => number
  /** Every kind that came since the last reset. */
  readonly all: () => Readonly<Partial<Record<RequestKind, number>>>
  readonly reset: () => void
}

export function createRequestCounts(): RequestCounts {
  const counts = new Map<RequestKind, number>()
  return {
    add: (kind) => {
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
    },
    of: (kind) => counts.get(kind) ?? 0,
    all: () => Object.fromEntries(counts),
    reset: () => {
      counts.clear()
    },
  }
}
