import type { SyncProblem } from './report.ts'

export const limits = {
  problems: 50,
  drift: 20,
  managers: 5,
  heldPrunes: 50,
  /** Of any text, in characters: a server's refusal of a large object can be megabytes. */
  text: 1000,
} as const

export function cutText(text: string): string {
  // Well-formed, too: half a surrogate pair is no text that a store takes.
  return (text.length <= limits.text ? text : `${text.slice(0, limits.text - 1)}…`).toWellFormed()
}

export function cutProblem({ message, help, object, at, turn, about }: SyncProblem): SyncProblem {
  return {
    message: cutText(message),
    ...(at === undefined ? {} : { at: { ...at, ...(at.file === undefined ? {} : { file: cutText(at.file) }) } }),
    ...(help === undefined ? {} : { help: cutText(help) }),
    ...(object === undefined ? {} : { object: cutText(object) }),
    turn,
    ...(about === undefined ? {} : { about }),
  }
}
