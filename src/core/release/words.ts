import type { ClusterName, PullNumber, UserId } from '../ids.ts'
import type { PullFacts } from './decide.ts'
import type { Refusal, ReleaseGroup } from './group.ts'
import { moveOf, spotOf, useOf, usesOf } from './marker.ts'
import { askedOf, divided, refusalOf } from './refusal.ts'

/**
 * What was said of a use, to be remembered: a "no", or that it was released, which is a "no" once it is wanted again.
 * So a person's word outlives the branch on which it was said, and the rule by which the change was grouped.
 */
export type Word = { readonly use: string; readonly refusal: Refusal; readonly saidMs: number }

/** What the pull requests of a branch say; what they said before and is not among it they say no more. */
export type Words = { readonly pulls: readonly PullNumber[]; readonly said: readonly Word[] }

export function wordsOf(pulls: readonly PullFacts[], bot: UserId): Words {
  const asked = askedOf(pulls, bot)
  const closedMs = new Map(pulls.map((pull) => [pull.number, pull.closedMs]))
  // The same use with and without its container is one, and the last of a map counts.
  const uses = asked.flatMap(({ marker }) => usesOf(marker)).toSorted((a, b) => a.indexOf('.') - b.indexOf('.'))
  const said = [...new Map(uses.map((use) => [moveOf(use), use])).values()].flatMap((use): readonly Word[] => {
    const refusal = refusalOf(use, asked, bot)
    return refusal === undefined ? [] : [{ use, refusal, saidMs: closedMs.get(refusal.pull) ?? 0 }]
  })
  return { pulls: asked.map(({ number }) => number), said }
}

/** What is said by taking over a pull request: until it is closed, a person decides about its containers. */
export function wordsOfTakenOver({ number: pull, marker }: PullFacts, saidMs: number): readonly Word[] {
  const refusal = { because: 'taken-over', pull } as const
  const uses = marker === undefined ? [] : new Set(usesOf(marker))
  return [...uses].map((use) => ({ use, refusal, saidMs }))
}

/** A word as it is remembered: of a use that names no container, it is known by what all uses have. */
export type RememberedWord = {
  readonly move: string
  readonly spot: string | undefined
  readonly refusal: Refusal
  readonly saidMs: number
}

/**
 * What is remembered of the moves of one cluster once this was said as well. The last word on a move counts; that another
 * tag was released to the same container since ends all that was said of it before. So there are few for each container,
 * however long its history.
 *
 * @param known all that is remembered of these pull requests, moves and containers
 */
export function rememberWords(known: readonly RememberedWord[], { pulls, said }: Words): readonly RememberedWord[] {
  const toldNow = new Set(said.map(({ use }) => moveOf(use)))
  const askedNow = new Set<PullNumber | undefined>(pulls)
  const isOf = ({ refusal }: RememberedWord): boolean => askedNow.has(pullOf(refusal))
  const words = new Map(
    known.flatMap((word) => (isOf(word) && !toldNow.has(word.move) ? [] : [[word.move, word] as const])),
  )
  for (const { use, ...word } of said) {
    const move = moveOf(use)
    const before = words.get(move)
    const spot = before?.spot ?? spotOf(use)
    // What a pull request says now, also in the second in which it said another thing.
    const isTaken = before === undefined || before.saidMs < word.saidMs || (isOf(before) && !isSame(before, word))
    if (isTaken) words.set(move, { move, spot, ...word })
  }
  const releases = Map.groupBy([...words.values()].filter(isRelease), ({ spot }) => spot)
  // GitHub's times have no more than seconds: in the same one, what is told now was said later.
  const isLater = (other: RememberedWord, word: RememberedWord): boolean =>
    other.saidMs > word.saidMs || (other.saidMs === word.saidMs && toldNow.has(other.move) && !toldNow.has(word.move))
  const isOver = (word: RememberedWord): boolean =>
    word.spot !== undefined &&
    (releases.get(word.spot) ?? []).some((other) => other.move !== word.move && isLater(other, word))
  return [...words.values()].filter((word) => !isOver(word))
}

function isSame({ refusal: a }: Pick<Word, 'refusal'>, { refusal: b }: Pick<Word, 'refusal'>): boolean {
  return a.because === b.because && pullOf(a) === pullOf(b)
}

function pullOf(refusal: Refusal): PullNumber | undefined {
  return refusal.because === 'taken-back' ? undefined : refusal.pull
}

/** What becomes a "no" once it is wanted again was released. */
function isRelease({ refusal: { because } }: RememberedWord): boolean {
  return because === 'reverted' || because === 'taken-back'
}

/** Groups without what is remembered as refused. */
export function rememberRefusals(
  groups: readonly ReleaseGroup[],
  words: readonly (Omit<RememberedWord, 'saidMs'> & { readonly cluster: ClusterName })[],
): readonly ReleaseGroup[] {
  if (words.length === 0) return groups
  const moves = new Map(words.map(({ cluster, move, refusal }) => [`${cluster} ${move}`, refusal]))
  // Who has taken over decides about every tag.
  const takenOver = words.filter(({ refusal }) => refusal.because === 'taken-over')
  const spots = new Map(takenOver.map(({ cluster, spot, refusal }) => [`${cluster} ${spot}`, refusal]))
  return groups.map((group) =>
    divided(group, (change) => {
      const use = useOf(change)
      return moves.get(`${group.cluster} ${moveOf(use)}`) ?? spots.get(`${group.cluster} ${spotOf(use)}`)
    }),
  )
}
