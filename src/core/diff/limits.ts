/** What agents keep to and the bot holds them to: a diff fits one frame of the link, and no text floods a comment. */
export const limits = {
  /** Of the whole diff as JSON. */
  bytes: 900 * 1024,
  lines: 300,
  line: 500,
  object: 400,
  file: 500,
  says: 1000,
  items: 5000,
} as const

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/g

/** On one line, and no longer than that. */
export function shortText(text: string, most: number): string {
  const line = text.replace(control, ' ').replace(/ {2,}/g, ' ').trim()
  return line.length > most ? `${line.slice(0, most - 1)}…` : line
}

export function isShortText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value.length <= most && value.search(control) < 0
}
