import type { SyncProblem } from './report.ts'

export const limits = {
  problems: 50,
  drift: 20,
  managers: 5,
  heldPrunes: 50,
  /** Of any text, in characters: a server's refusal of a large object can be megabytes. */
  text: 1000,
  /** The same as JSON, in bytes: all texts of a report together fit a message of the link. */
  textBytes: 2000,
} as const

export function cutText(text: string): string {
  // Well-formed, too: half a surrogate pair is no text that a store takes.
  if (fits(text)) return text.toWellFormed()
  let end = limits.text - 1
  while (!fits(`${text.slice(0, end)}…`)) end = Math.floor(end * 0.9)
  return `${text.slice(0, end)}…`.toWellFormed()
}

function fits(text: string): boolean {
  return text.length <= limits.text && Buffer.byteLength(JSON.stringify(text)) <= limits.textBytes
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
