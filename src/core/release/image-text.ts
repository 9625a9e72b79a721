import type { HeldBack } from '../image/releasable.ts'
import { isSilentTime } from '../image/newest.ts'
import { withTag } from '../image/ref.ts'
import { inlineCode } from '../markdown.ts'
import type { Change, TagFacts } from './plan.ts'
import { type SourceLink, sourceLink } from './source-link.ts'

/** What is told of one new tag of one image: what it is, where it comes from, why now, and what was not taken instead. */
export function imageText(changes: readonly [Change, ...Change[]]): string {
  const [{ use, to, facts }] = changes
  const lines = [
    ...(facts?.to === undefined ? [] : [digestLine(facts.to)]),
    ...several(changes.flatMap(sameContentLine)),
    ...several(changes.flatMap(sourceLine)),
    ...several(changes.map(whyLine)),
    ...heldBackLine(changes.flatMap(({ heldBack = [] }) => heldBack)),
  ]
  return [`**${code(withTag(use.image, to))}**`, '', ...lines.map((line) => `- ${line}`)].join('\n')
}

/** Untrusted text as code, cut where no name that means anything is as long. */
export function code(text: string): string {
  return inlineCode(text.length > longest ? `${text.slice(0, longest)}…` : text)
}

/** `2026-11-20 09:14 UTC`: the same for every reader and at any time, so that a text is not edited as time goes by. */
export function instant(rfc3339: string): string {
  const time = new Date(rfc3339)
  return Number.isNaN(time.getTime()) ? code(rfc3339) : `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** A digest of SHA-512 is whole. */
const longest = 140
const mostLines = 5
const mostHeldBack = 5

/** What is the same for several workloads is said once. */
function several(lines: readonly string[]): readonly string[] {
  const distinct = [...new Set(lines)]
  const left = distinct.length - mostLines
  return left > 0 ? [...distinct.slice(0, mostLines), `… and ${left} more like this`] : distinct
}

function digestLine({ digest, created }: TagFacts): string {
  const isTold = created !== undefined && !isSilentTime(created)
  return `Digest ${code(digest)}${isTold ? `, created ${instant(created)}` : ''}`
}

function sameContentLine({ from, facts }: Change): readonly string[] {
  const isSame = facts?.to !== undefined && facts.from?.digest === facts.to.digest
  return from !== undefined && isSame ? [`The same image as ${code(from)}, under another tag`] : []
}

function sourceLine({ from, facts }: Change): readonly string[] {
  const link = sourceLink(facts?.from?.labels, facts?.to?.labels)
  return link === undefined ? [] : [`Source, as its labels say: ${linkText(link, from)}`]
}

function linkText({ kind, text, url }: SourceLink, from: string | undefined): string {
  const link = `[${inlineCode(text)}](${url})`
  switch (kind) {
    case 'comparison':
      return from === undefined ? link : `${link} since ${code(from)}`
    case 'same-revision':
      return `${link}, as ${from === undefined ? 'before' : code(from)}: it was built again`
    case 'revision':
    case 'repository':
      return link
  }
}

function whyLine({ because, from, use }: Change): string {
  const policy = code(use.automation.policy ?? 'glob:*')
  const newest = `the newest tag that ${policy} allows`
  if (from === undefined) return `Why now: the manifest names no tag; this is ${newest}`
  switch (because?.kind) {
    case 'newer':
    case undefined:
      return `Why now: ${newest}; it is newer than ${code(from)}`
    case 'current-absent':
      return `Why now: ${code(from)} is gone from the registry; this is ${newest}`
    case 'current-not-allowed':
      return `Why now: ${code(from)} does not match the policy; this is ${newest}`
  }
}

/** Those that time will release first, then those that somebody can mend; the name that sorts last is likeliest the newest. */
const order: readonly HeldBack['because']['kind'][] = ['too-young', 'platforms-missing', 'created-missing']

function heldBackLine(heldBack: readonly HeldBack[]): readonly string[] {
  const distinct = [...new Map(heldBack.map((held) => [`${held.tag} ${held.because.kind}`, held])).values()]
  const sorted = distinct.toSorted(
    (a, b) => order.indexOf(a.because.kind) - order.indexOf(b.because.kind) || (a.tag < b.tag ? 1 : -1),
  )
  if (sorted.length === 0) return []
  const shown = sorted.slice(0, mostHeldBack).map(({ tag, because }) => `${code(tag)} (${whyHeldBack(because)})`)
  const left = sorted.length - shown.length
  return [`Held back: ${[...shown, ...(left > 0 ? [`${left} more`] : [])].join(', ')}`]
}

function whyHeldBack(because: HeldBack['because']): string {
  switch (because.kind) {
    case 'too-young':
      return `too young until ${instant(because.until)}`
    case 'platforms-missing':
      return `does not run on ${because.platforms.slice(0, 5).map(code).join(', ')}, as the current image does`
    case 'created-missing':
      return 'does not say when it was created'
  }
}
