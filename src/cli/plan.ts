import { clusterOf } from '../core/config/configuration.ts'
import type { ImageName } from '../core/image/ref.ts'
import { parseTagPolicy, policyAllows } from '../core/image/tag-policy.ts'
import type { Problem } from '../core/parsed.ts'
import {
  automatedImages,
  planRelease,
  type ReadFile,
  type ReleasePlan,
  type Skipped,
  type SkippedBecause,
} from '../core/release/plan.ts'
import { readArguments } from './arguments.ts'
import { skippedText } from './offline/because.ts'
import { readFolder, readFolderConfiguration } from './offline/folder.ts'
import { changeJson, type PlanJson, problemJson, type SkippedJson } from './offline/json.ts'
import { complainOf, print, printJson, table } from './offline/print.ts'
import { knowledgeOf, type OfflineKnowledge, registryOf } from './offline/registries.ts'
import { theFolder } from './offline/words.ts'

/** What the bot would release now, and why the rest is left as it is. Like a linter: 1 when the manifests have problems. */
export async function runPlan(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments(args, { json: { type: 'boolean' } })
  const folder = theFolder(words)
  const files = readFolder(folder)
  const { plan, passedOver } = await planOf(folder, files)
  const answer = planJson(plan, passedOver)
  if (values.json === true) await printJson(answer)
  else await print(asText(answer, plan))
  return answer.problems.length === 0 ? 0 : 1
}

type Planned = { readonly plan: ReleasePlan } & Pick<OfflineKnowledge, 'passedOver'>

async function planOf(folder: string, files: readonly ReadFile[]): Promise<Planned> {
  const configuration = readFolderConfiguration(folder)
  // What is wrong outside the clusters is none of our business; what is skipped there is said all the same.
  const ours = files.map(({ file, reading }) =>
    clusterOf(configuration, file) === undefined ? { file, reading: { ...reading, problems: [] } } : { file, reading },
  )
  const images = automatedImages(configuration, ours)
  // Where nothing is automated no registry is asked, and none need be named.
  const knowledge = images.length === 0 ? nothingKnown : await knowledgeOf(registryOf(process.env), images)
  const { factsOf, lookUp, passedOver } = knowledge
  const now = new Date()
  for (;;) {
    const plan = planRelease({ configuration, files: ours, factsOf, now })
    if (plan.lookups.length === 0) {
      complainOf(images.flatMap((image) => whatIsPassedOver(knowledge, image)))
      return { plan, passedOver }
    }
    await lookUp(plan.lookups)
  }
}

const nothingKnown: OfflineKnowledge = {
  factsOf: () => ({ tags: { kind: 'unknown' }, known: () => undefined, listedSinceMs: () => undefined }),
  lookUp: async () => {},
  passedOver: () => new Map(),
}

/** Where another tag is taken instead, the plan does not tell of it. */
function whatIsPassedOver({ factsOf, passedOver }: OfflineKnowledge, image: ImageName): readonly Problem[] {
  const [first, ...others] = passedOver(image)
  if (first === undefined || factsOf(image).tags.kind !== 'tags') return []
  const [tag, because] = first
  const more = others.length === 0 ? '' : ` (and ${others.length} more of its tags)`
  return [{ message: `${image}:${tag} is passed over${more}: ${because}` }]
}

function planJson({ changes, skipped, problems }: ReleasePlan, passedOver: OfflineKnowledge['passedOver']): PlanJson {
  return {
    changes: changes.map(changeJson),
    skipped: skipped.map((one): SkippedJson => {
      const { workload, container, image, use } = one
      return { workload, container, image: use.image.written, because: whySkipped(one, passedOver(image)) }
    }),
    problems: problems.map(problemJson),
  }
}

/** A tag that cannot be had is none to the plan; that none matches is not so. */
function whySkipped({ because }: Skipped, passedOver: ReadonlyMap<string, string>): string {
  const policy = because.kind === 'no-allowed-tag' ? parseTagPolicy(because.policy) : undefined
  const [tag, reason] = [...passedOver].find(([tag]) => policy?.ok === true && policyAllows(policy.value, tag)) ?? []
  if (because.kind !== 'no-allowed-tag' || tag === undefined) return skippedText(because)
  return `no tag that matches ${because.policy} can be had: ${tag} is listed, but ${reason}`
}

/** Of these there are many, and nobody waits for them: people see how many, `--json` has each. */
const counted: Partial<Record<SkippedBecause['kind'], string>> = {
  'not-automated': 'not automated',
  'never-automated': 'of a kind that is never automated',
  'outside-clusters': 'in the path of no cluster of .github/lotse.yaml',
}

function asText({ changes, skipped, problems }: PlanJson, { skipped: kinds }: ReleasePlan): string {
  const kindOf = (index: number) => kinds[index]?.because.kind ?? 'up-to-date'
  const told = skipped.filter((_, index) => counted[kindOf(index)] === undefined)
  const counts = Object.entries(counted).flatMap(([kind, what]) => {
    const count = kinds.filter(({ because }) => because.kind === kind).length
    return count === 0 ? [] : [`  ${count} more: ${what}\n`]
  })
  const released = changes.map(({ workload, container, from, to, file, line }) => {
    return [workload, container, `${from ?? '(no tag)'} → ${to}`, `${file}:${line}`]
  })
  const left = told.map(({ workload, container, image, because }) => [workload, container, image, because])
  const wrong = problems.map(({ file, line, column, message }) => [`${file}:${line}:${column}`, message])
  return [
    changes.length === 0 ? 'Nothing to release\n' : `Would release\n${table(released, '  ')}`,
    ...(skipped.length === 0 ? [] : [`Skipped\n${table(left, '  ')}${counts.join('')}`]),
    ...(wrong.length === 0 ? [] : [`Problems\n${table(wrong, '  ')}`]),
  ].join('\n')
}
