import { nearest } from '../config/nearest.ts'
import { type Command, type NotUnderstood, type Reading, type Verb, commands, isVerb, usage, verbs } from './command.ts'
import { textLines } from './text-lines.ts'

/** One line that speaks to Lotse. `written` is the line without what stands before the prefix, cut where it is long. */
export type CommandLine = { readonly line: number; readonly written: string } & (
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'not-understood'; readonly because: NotUnderstood; readonly suggestions: readonly string[] }
)

export type Addressee = {
  /** The app's name in URLs: `@SLUG why` is the same as `/lotse why`. */
  readonly slug: string
}

const mostCommands = 5
const longestLine = 500
/** GitHub takes no longer comment, so a longer text is none. */
const longestComment = 65_536

/**
 * The commands of a comment, in order: `/lotse why`, in any case, at the start of a line of text (three spaces or the
 * marker of a list may come before), one in a line. `/lotse` alone asks for help; `/lotsenfoo` is nothing.
 */
export function parseComment(body: string, addressee: Addressee): readonly CommandLine[] {
  const prefixes = ['/lotse', `@${addressee.slug.toLowerCase()}`]
  if (body.length > longestComment || !prefixes.some((prefix) => body.toLowerCase().includes(prefix))) return []
  const found = textLines(body).flatMap(({ line, text }) => {
    const spoken = afterPrefix(text, prefixes)
    return spoken === undefined ? [] : [{ line, ...spoken }]
  })
  const lines = found.slice(0, mostCommands).map(({ line, written, rest }) => ({ line, written, ...understand(rest) }))
  const next = found[mostCommands]
  if (next === undefined) return lines
  const { line, written } = next
  return [...lines, { line, written, ...notUnderstood({ kind: 'too-many', most: mostCommands }) }]
}

type Spoken = { readonly written: string; readonly rest: string }

function afterPrefix(text: string, prefixes: readonly string[]): Spoken | undefined {
  const line = text.replace(/^[ \u00a0]{0,3}(?:(?:[-*+]|\d{1,9}[.)])[ \u00a0]+)?/, '')
  const [first = ''] = line.split(/\s/, 1)
  if (!prefixes.includes(first.toLowerCase())) return undefined
  return { written: shortened(line.trim()), rest: line.slice(first.length) }
}

type Understanding =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'not-understood'; readonly because: NotUnderstood; readonly suggestions: readonly string[] }

function understand(text: string): Understanding {
  if (text.length > longestLine) return notUnderstood({ kind: 'too-long', most: longestLine })
  // What cannot be seen may show a reader another command than the one that would run.
  if (/[\p{Cc}\p{Cf}]/u.test(text.replaceAll('\t', ' '))) return notUnderstood({ kind: 'invisible-character' })
  const words = wordsOf(text)
  if (words === undefined) return notUnderstood({ kind: 'unclosed-quote' })
  const reading = read(words)
  return reading.ok ? { kind: 'command', command: reading.command } : notUnderstood(reading.because, words)
}

function read([word, ...others]: readonly string[]): Reading {
  if (word === undefined) return { ok: true, command: { kind: 'help' } }
  const verb = word.toLowerCase()
  return isVerb(verb) ? commands[verb].read(others) : { ok: false, because: { kind: 'unknown-verb', verb: word } }
}

/** Words as a shell has them, forgiving what telephones make of quotes and of `--`. undefined: a quote is not closed. */
function wordsOf(text: string): readonly string[] | undefined {
  const typed = text.replace(/[“”„]/g, '"').replace(/(?<=^|\s)[—–](?=\S)/g, '--')
  if ((typed.match(/"/g) ?? []).length % 2 === 1) return undefined
  return (typed.match(/(?:[^\s"]|"[^"]*")+/g) ?? []).map((word) => word.replaceAll('"', ''))
}

function notUnderstood(because: NotUnderstood, words: readonly string[] = []): Understanding {
  return { kind: 'not-understood', because, suggestions: suggestionsFor(because, words) }
}

/** Lines to copy: what was probably meant. */
function suggestionsFor(because: NotUnderstood, words: readonly string[]): readonly string[] {
  switch (because.kind) {
    case 'unknown-verb':
      return nearest(because.verb, verbs)
        .filter(isVerb)
        .map((verb) =>
          because.within === undefined ? withArguments(verb, words.slice(1)) : `/lotse ${because.within} ${verb}`,
        )
    case 'unexpected-argument':
      return [withArguments(because.verb, words.slice(1, -1))]
    case 'missing-argument':
    case 'no-cluster-name':
    case 'unclosed-quote':
    case 'invisible-character':
    case 'too-long':
    case 'too-many':
      return []
  }
}

/** With the words that stand there, where the command understands them; they are shown as they are. */
function withArguments(verb: Verb, words: readonly string[]): string {
  const arePlain = words.every((word) => /^[\w-]+$/.test(word))
  if (arePlain && commands[verb].read(words).ok) return ['/lotse', verb, ...words].join(' ')
  return commands[verb].read([]).ok ? `/lotse ${verb}` : usage(verb)
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
