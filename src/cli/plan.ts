import { clusterOf } from '../core/config/configuration.ts'
import {
  automatedImages,
  planRelease,
  type ReadFile,
  type ReleasePlan,
  type SkippedBecause,
} from '../core/release/plan.ts'
import { readArguments } from './arguments.ts'
import { parseFolderConfiguration, readFolder } from './offline/folder.ts'
import { changeJson, type PlanJson, problemJson, type SkippedJson } from './offline/json.ts'
import { allIsShown, notShownOf, whySkipped } from './offline/not-shown.ts'
import { complainOf, print, printJson, table } from './offline/print.ts'
import { knowledgeOf, type OfflineKnowledge, registryOf } from './offline/registries.ts'
import { theFolder } from './offline/words.ts'

/** What the bot would release now, and why the rest is left as it is. Like a linter: 1 when the manifests have problems. */
export async function runPlan(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments(args, { json: { type: 'boolean' } })
  const folder = theFolder(words)
  const files = readFolder(folder)
  const { plan, notShown } = await planOf(folder, files)
  const answer = planJson(plan, notShown)
  if (values.json === true) await printJson(answer)
  else await print(asText(answer, plan))
  return answer.problems.length === 0 ? 0 : 1
}

type Planned = { readonly plan: ReleasePlan } & Pick<OfflineKnowledge, 'notShown'>

async function planOf(folder: string, files: readonly ReadFile[]): Promise<Planned> {
  const read = parseFolderConfiguration(folder)
  // As on GitHub: a file with a mistake is not used in part, and whose files the others are is not known.
  if (!read.ok)
    return { plan: { changes: [], skipped: [], lookups: [], problems: read.problems }, notShown: () => allIsShown }
  const configuration = read.value
  // What is wrong outside the clusters is none of our business; what is skipped there is said all the same.
  const ours = files.map(({ file, reading }) =>
    clusterOf(configuration, file) === undefined ? { file, reading: { ...reading, problems: [] } } : { file, reading },
  )
  const images = automatedImages(configuration, ours)
  // Where nothing is automated no registry is asked, and none need be named.
  const knowledge = images.length === 0 ? nothingKnown : await knowledgeOf(registryOf(process.env), images)
  const { factsOf, lookUp, notShown } = knowledge
  const now = new Date()
  for (;;) {
    const plan = planRelease({ configuration, files: ours, factsOf, now })
    if (plan.lookups.length === 0) {
      complainOf(images.flatMap((image) => notShownOf(image, notShown(image))))
      return { plan, notShown }
    }
    await lookUp(plan.lookups)
  }
}

const nothingKnown: OfflineKnowledge = {
  factsOf: () => ({ tags: { kind: 'unknown' }, known: () => undefined, listedSinceMs: () => undefined }),
  lookUp: async () => {},
  notShown: () => allIsShown,
}

function planJson({ changes, skipped, problems }: ReleasePlan, notShown: OfflineKnowledge['notShown']): PlanJson {
  return {
    changes: changes.map(changeJson),
    skipped: skipped.map(({ workload, container, image, use, because }): SkippedJson => {
      return { workload, container, image: use.image.written, because: whySkipped(because, notShown(image)) }
    }),
    problems: problems.map(problemJson),
  }
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
