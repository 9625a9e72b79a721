import { rankTags } from '../core/image/newest.ts'
import { imageName, parseImageRef } from '../core/image/ref.ts'
import { parseTagPolicy, type TagPolicy } from '../core/image/tag-policy.ts'
import { formatProblem, type Parsed } from '../core/parsed.ts'
import { readArguments, WrongCall } from './arguments.ts'
import { skippedText, standingText } from './offline/because.ts'
import type { TagsJson } from './offline/json.ts'
import { print, printJson, table } from './offline/print.ts'
import { registryOf, tagsOf } from './offline/registries.ts'

const options = { policy: { type: 'string' }, image: { type: 'string' }, json: { type: 'boolean' } } as const

/** Which tags a policy allows, in its order, which wins, and why not the others. 0 when one wins. */
export async function runTags(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments(args, options)
  if (values.policy === undefined) throw new WrongCall('expected `--policy PATTERN`, got none')
  const policy = parseTagPolicy(values.policy)
  const found = await tagsToJudge({ image: values.image, words, isAsked: policy.ok })
  const answer = found.ok ? judge(policy, found.value) : without(messageOf(found))
  if (values.json === true) await printJson(answer)
  else await show(answer)
  return answer.winner === null ? 1 : 0
}

type Question = {
  readonly image: string | undefined
  readonly words: readonly string[]
  /** A policy that cannot be read allows nothing, whatever a registry has. */
  readonly isAsked: boolean
}

async function tagsToJudge({ image, words, isAsked }: Question): Promise<Parsed<readonly string[]>> {
  if (image === undefined && words.length === 0) throw new WrongCall('expected `--image REF` or tags, got none of them')
  if (image === undefined) return { ok: true, value: words }
  if (words.length > 0) throw new WrongCall('expected `--image REF` or tags, got both')
  const ref = parseImageRef(image)
  if (!ref.ok) throw new WrongCall(ref.problems[0].message)
  if (!isAsked) return { ok: true, value: [] }
  const found = await tagsOf(registryOf(process.env), imageName(ref.value))
  switch (found.kind) {
    case 'tags':
      return { ok: true, value: found.tags }
    case 'absent':
      return { ok: false, problems: [{ message: skippedText({ kind: 'image-absent' }) }] }
    case 'refused':
      return {
        ok: false,
        problems: [{ message: skippedText({ kind: 'registry-refused', message: found.because }) }],
      }
    case 'unknown':
      return { ok: false, problems: [{ message: skippedText({ kind: 'registry-unknown' }) }] }
  }
}

function judge(policy: Parsed<TagPolicy>, tags: readonly string[]): TagsJson {
  if (!policy.ok) {
    const because = 'the policy cannot be read, so it allows nothing'
    return { ...without(messageOf(policy)), tags: tags.map((tag) => ({ tag, matches: false, because })) }
  }
  const ranked = rankTags(policy.value, tags)
  const matching = ranked.filter(({ standing }) => standing.kind !== 'not-allowed')
  const winner = matching.find(({ standing }) => standing.kind === 'newest')?.tag ?? null
  return {
    winner,
    tags: ranked.map((one) => {
      const because = standingText(one, policy.value, matching.length === 1)
      return { tag: one.tag, matches: one.standing.kind !== 'not-allowed', because }
    }),
    problem: winner === null ? whyNoWinner(policy.value, { all: tags.length, matching: matching.length }) : null,
  }
}

function whyNoWinner(
  { text }: TagPolicy,
  { all, matching }: { readonly all: number; readonly matching: number },
): string {
  if (all === 0) return 'there are no tags'
  if (matching === 0) return `no tag matches \`${text}\``
  return `\`${text}\` orders tags by their created time, which is not known here: any of the ${matching} that match may be the newest`
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
