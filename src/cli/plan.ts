import type { ImageUse } from '../core/manifest/workload.ts'
import { clusterOf } from '../core/config/configuration.ts'
import { automatedImages, planRelease, type ReadFile, type ReleasePlan } from '../core/release/plan.ts'
import { readArguments } from './arguments.ts'
import { skippedText } from './offline/because.ts'
import { readFolder, readFolderConfiguration } from './offline/folder.ts'
import { changeJson, type PlanJson, problemJson, type SkippedJson } from './offline/json.ts'
import { print, printJson, table } from './offline/print.ts'
import { provedPlan, registryOf, tagsOfAll } from './offline/registries.ts'
import { theFolder } from './offline/words.ts'

/** What the bot would release now, and why the rest is left as it is. Like a linter: 1 when the manifests have problems. */
export async function runPlan(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments(args, { json: { type: 'boolean' } })
  const folder = theFolder(words)
  const files = readFolder(folder)
  const plan = await planOf(folder, files)
  const answer = planJson(plan, files)
  if (values.json === true) await printJson(answer)
  else await print(asText(answer))
  return answer.problems.length === 0 ? 0 : 1
}

async function planOf(folder: string, files: readonly ReadFile[]): Promise<ReleasePlan> {
  const configuration = readFolderConfiguration(folder)
  // What is wrong outside the clusters is none of our business; what is skipped there is said all the same.
  const ours = files.map(({ file, reading }) =>
    clusterOf(configuration, file) === undefined ? { file, reading: { ...reading, problems: [] } } : { file, reading },
  )
  const plan = (tagsOf: Parameters<typeof planRelease>[0]['tagsOf']): ReleasePlan =>
    planRelease({ configuration, files: ours, tagsOf })
  const images = automatedImages(configuration, ours)
  // Where nothing is automated no registry is asked, and none need be named.
  if (images.length === 0) return plan(() => ({ kind: 'unknown' }))
  const registry = registryOf(process.env)
  return provedPlan(registry, await tagsOfAll(registry, images), plan)
}

function planJson({ changes, skipped, problems }: ReleasePlan, files: readonly ReadFile[]): PlanJson {
  const uses = new Map(
    files.flatMap(({ file, reading }) => reading.images.map((use) => [keyOf({ file, ...use }), use] as const)),
  )
  return {
    changes: changes.map(changeJson),
    skipped: skipped.map((one): SkippedJson => {
      const { workload, container, image, because } = one
      return { workload, container, image: uses.get(keyOf(one))?.image.written ?? image, because: skippedText(because) }
    }),
    problems: problems.map(problemJson),
  }
}

function keyOf({ file, workload, container }: { readonly file: string } & Pick<ImageUse, 'workload' | 'container'>) {
  return [file, workload, container].join('\0')
}

function asText({ changes, skipped, problems }: PlanJson): string {
  const notAutomated = skippedText({ kind: 'not-automated' })
  const told = skipped.filter(({ because }) => because !== notAutomated)
  const rest = skipped.length - told.length
  const more = rest === 0 ? '' : `  ${rest} more that ${rest === 1 ? 'is' : 'are'} not automated\n`
  const sections: readonly (readonly [title: string, text: string])[] = [
    [
      changes.length === 0 ? 'Nothing to release\n' : 'Would release\n',
      table(
        changes.map(({ workload, container, from, to, file, line }) => {
          return [workload, container, `${from ?? '(no tag)'} → ${to}`, `${file}:${line}`]
        }),
        '  ',
      ),
    ],
    [
      'Skipped\n',
      table(
        told.map(({ workload, container, image, because }) => [workload, container, image, because]),
        '  ',
      ) + more,
    ],
    [
      'Problems\n',
      table(
        problems.map(({ file, line, column, message }) => [`${file}:${line}:${column}`, message]),
        '  ',
      ),
    ],
  ]
  return sections
    .filter(([, text], index) => index === 0 || text !== '')
    .map(([title, text]) => title + text)
    .join('\n')
}
