import { type CreatedTime, rankTags } from '../core/image/newest.ts'
import { type ImageName, imageName, isTag, parseImageRef } from '../core/image/ref.ts'
import { parseTagPolicy, type TagPolicy } from '../core/image/tag-policy.ts'
import { createdTimes, wantedMetadata } from '../core/image/wanted-metadata.ts'
import { formatProblem, type Parsed, parsed } from '../core/parsed.ts'
import { readArguments, WrongCall } from './arguments.ts'
import { whyNoTags } from '../core/release/plan.ts'
import { skippedText, standingText } from './offline/because.ts'
import type { TagJson, TagsJson } from './offline/json.ts'
import { print, printJson, table } from './offline/print.ts'
import { knowledgeOf, registryOf } from './offline/registries.ts'

const options = { policy: { type: 'string' }, image: { type: 'string' }, json: { type: 'boolean' } } as const

/** Which tags a policy allows, in its order, which wins, and why not the others. 0 when one wins. */
export async function runTags(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments(args, options)
  if (values.policy === undefined) throw new WrongCall('expected `--policy PATTERN`, got none')
  const policy = parseTagPolicy(values.policy)
  const image = imageAsked(values.image, words)
  const found = image === undefined || !policy.ok ? ofWords(words) : await tagsInRegistry(policy.value, image)
  const answer = found.ok ? judge(policy, found.value) : without(messageOf(found))
  if (values.json === true) await printJson(answer)
  else await show(answer)
  return answer.winner === null ? 1 : 0
}

type FoundTags = {
  readonly tags: readonly string[]
  readonly created: CreatedTime
  /** Undefined where no registry was asked. */
  readonly asked?: {
    /** Tags that the policy allows and the registry does not show, with the reason. */
    readonly passedOver: ReadonlyMap<string, string>
    /** Why it does not show what is behind a tag. */
    readonly whyUnread: (tag: string) => string | undefined
  }
}

function ofWords(tags: readonly string[]): Parsed<FoundTags> {
  return { ok: true, value: { tags, created: () => undefined } }
}

function imageAsked(image: string | undefined, words: readonly string[]): ImageName | undefined {
  if (image === undefined && words.length === 0) throw new WrongCall('expected `--image REF` or tags, got none of them')
  if (image === undefined) return undefined
  if (words.length > 0) throw new WrongCall('expected `--image REF` or tags, got both')
  const ref = parseImageRef(image)
  if (!ref.ok) throw new WrongCall(ref.problems[0].message)
  return imageName(ref.value)
}

const lookupsAtOnce = 64

/** What a registry has, and when it was created where that is the order. */
async function tagsInRegistry(policy: TagPolicy, image: ImageName): Promise<Parsed<FoundTags>> {
  const { factsOf, lookUp, notShown } = await knowledgeOf(registryOf(process.env), [image])
  for (;;) {
    const { tags, known } = factsOf(image)
    if (tags.kind !== 'tags') return { ok: false, problems: [{ message: skippedText(whyNoTags(tags)) }] }
    const { describe, resolve } = wantedMetadata(policy, tags.tags, { known, atMost: lookupsAtOnce })
    const digests = describe.map(({ tag, digest }) => ({ what: 'content', image, tag, digest }) as const)
    const lookups = [...digests, ...resolve.map((tag) => ({ what: 'digest', image, tag }) as const)]
    if (lookups.length === 0) {
      const { tags: passedOver, contents } = notShown(image)
      const whyUnread = (tag: string): string | undefined => contents.get(known(tag)?.digest ?? '')?.because
      return parsed({ tags: tags.tags, created: createdTimes(known), asked: { passedOver, whyUnread } })
    }
    await lookUp(lookups)
  }
}

function judge(policy: Parsed<TagPolicy>, found: FoundTags): TagsJson {
  if (!policy.ok) {
    const because = 'the policy cannot be read, so it allows nothing'
    return { ...without(messageOf(policy)), tags: byName(found.tags.map((tag) => not(tag, because))) }
  }
  const tags = found.tags.filter(isTag)
  const ranked = rankTags(policy.value, tags, found.created)
  const matching = ranked.filter(({ standing }) => standing.kind !== 'not-allowed')
  const winner = matching.find(({ standing }) => standing.kind === 'newest')?.tag ?? null
  const counts = { all: found.tags.length, matching: matching.length, asked: found.asked }
  return {
    winner,
    tags: [
      ...matching.map((one) => {
        const why = found.asked?.whyUnread(one.tag)
        const text = standingText(one, policy.value, matching.length === 1)
        return matches(one.tag, why === undefined ? text : `${text}: ${why}`)
      }),
      ...[...(found.asked?.passedOver ?? [])].map(([tag, reason]) =>
        matches(tag, `matches and is listed, but ${reason}`),
      ),
      ...byName([
        ...ranked.flatMap((one) =>
          one.standing.kind === 'not-allowed' ? not(one.tag, standingText(one, policy.value, false)) : [],
        ),
        ...found.tags.filter((tag) => !isTag(tag)).map((tag) => not(tag, notATag)),
      ]),
    ],
    problem: winner === null ? whyNoWinner(policy.value, counts) : null,
  }
}

const notATag = 'cannot be a tag, which has letters, digits, `_`, `.` and `-`, and at most 128'

function matches(tag: string, because: string): TagJson {
  return { tag, matches: true, because }
}

function not(tag: string, because: string): TagJson {
  return { tag, matches: false, because }
}

/** Each once. */
function byName(tags: readonly TagJson[]): readonly TagJson[] {
  return [...new Map(tags.map((one) => [one.tag, one])).values()].toSorted((a, b) => (a.tag < b.tag ? -1 : 1))
}

type Counts = {
  readonly all: number
  readonly matching: number
  readonly asked: FoundTags['asked'] | undefined
}

function whyNoWinner({ kind, text }: TagPolicy, { all, matching, asked }: Counts): string {
  if (matching === 0 && (asked?.passedOver.size ?? 0) > 0) return `no tag that matches \`${text}\` can be had`
  if (all === 0) return 'there are no tags'
  if (matching === 0) return `no tag matches \`${text}\``
  if (kind === 'numerical')
    return `\`${text}\` orders tags by number, and not all of the ${matching} that match are one`
  const next = asked === undefined ? ' (`--image REF` reads it from the registry)' : ''
  return `\`${text}\` orders tags by their created time, which is not known here: any of the ${matching} that match may be the newest${next}`
}

function without(problem: string): TagsJson {
  return { winner: null, tags: [], problem }
}

function messageOf({ problems }: Extract<Parsed<never>, { ok: false }>): string {
  return problems.map(formatProblem).join('; ')
}

async function show({ winner, tags, problem }: TagsJson): Promise<void> {
  await print(table(tags.map(({ tag, matches, because }) => [markOf(tag === winner, matches), tag, because])))
  if (problem !== null) process.stderr.write(`lotse: ${problem}\n`)
}

/** `*` wins, `+` matches, `-` does not. */
function markOf(wins: boolean, matches: boolean): string {
  return wins ? '*' : matches ? '+' : '-'
}
