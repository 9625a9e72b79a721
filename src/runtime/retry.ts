export type Backoff = { readonly firstMs: number; readonly mostMs: number }

/**
 * Doubles from try to try, with half of it random, so that what failed together does not come back together.
 * `chance` is in [0, 1). What the error asks for is the least: the other side knows better than we do.
 */
export function retryDelayMs(
  tries: number,
  error: unknown,
  { backoff, chance }: { readonly backoff: Backoff; readonly chance: number },
): number {
  const full = Math.min(backoff.mostMs, backoff.firstMs * 2 ** Math.min(tries - 1, 30))
  return Math.max(Math.round(full / 2 + (full / 2) * chance), askedForMs(error))
}

/** By shape, not by class: the clients of other systems throw errors of their own. */
function askedForMs(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('retryAfterMs' in error)) return 0
  const { retryAfterMs } = error
  return typeof retryAfterMs === 'number' && Number.isFinite(retryAfterMs) ? Math.max(0, retryAfterMs) : 0
}
