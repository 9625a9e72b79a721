/**
 * GitHub lets an app make 80 pieces of content in a minute and 500 in an hour before it refuses to take more, and it shows
 * nobody how many are left (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api). One bucket
 * stays below both: at most 77 in any minute and 490 in any hour.
 */
const size = 70
const msPerPiece = 60_000 / 7

/** `answer`: somebody waits for it, or it belongs to what was begun. `release`: what may be a little later. */
export type ContentKind = 'answer' | 'release'

/** What a release leaves in the bucket for answers to people. */
const reserve: Readonly<Record<ContentKind, number>> = { answer: 0, release: 20 }

export type ContentBudget = {
  readonly pieces: number
  readonly atMs: number
  /** Up to then releases have been told to come again, each at its own moment. */
  readonly promisedMs: number
}

export type Spending =
  | { readonly granted: true; readonly budget: ContentBudget }
  | { readonly granted: false; readonly budget: ContentBudget; readonly untilMs: number }

export function fullContentBudget(nowMs: number): ContentBudget {
  return { pieces: size, atMs: nowMs, promisedMs: nowMs }
}

/** Whether a piece of content may be made now; else when to ask again. Those that wait come one after another. */
export function spendContent(before: ContentBudget, kind: ContentKind, nowMs: number): Spending {
  const budget = refilled(before, nowMs)
  const lacking = reserve[kind] + 1 - budget.pieces
  if (lacking <= 0) return { granted: true, budget: { ...budget, pieces: budget.pieces - 1 } }
  const freeMs = nowMs + Math.ceil(lacking * msPerPiece)
  if (kind === 'answer') return { granted: false, budget, untilMs: freeMs }
  const untilMs = Math.max(freeMs, Math.ceil(budget.promisedMs + msPerPiece))
  return { granted: false, budget: { ...budget, promisedMs: untilMs }, untilMs }
}

/** A clock that was set back fills nothing, and takes nothing away. */
function refilled({ pieces, atMs, promisedMs }: ContentBudget, nowMs: number): ContentBudget {
  const passedMs = Math.max(0, nowMs - atMs)
  return { pieces: Math.min(size, pieces + passedMs / msPerPiece), atMs: nowMs, promisedMs }
}
