import { type Configuration, configurationPath } from '../../core/config/configuration.ts'
import { type FilePath, parseFilePath } from '../../core/ids.ts'
import { escapeMarkdown, inlineCode } from '../../core/markdown.ts'
import { type Problem, formatProblem, guaranteed } from '../../core/parsed.ts'
import type { Check, CheckAnnotation } from '../../io/github/checks.ts'
import { compareCommits } from '../../io/github/compare.ts'
import { readTexts } from '../../io/github/repository-files.ts'
import type { GatheredMerge } from './automerge-facts.ts'
import { readConfigurationText } from './reading.ts'

/**
 * A pull request that would break the configuration is told so before it is merged: after that nothing is released any
 * more. undefined: it does not; of one that leaves the file as it is, nothing is asked to know that.
 */
export async function configurationCheck(gathered: GatheredMerge): Promise<Check | undefined> {
  const { octokit, repository, state } = gathered
  const { pull, base, configuration: blob } = state
  if (blob === undefined || pull.state !== 'open' || !base.isDefault) return undefined
  const read = readConfigurationText((await readTexts(octokit, repository.name, [blob])).get(blob))
  const check = read.ok ? protectedCheck(read.value, state) : brokenCheck(read.problems)
  return check !== undefined && (await isTouched(gathered)) ? check : undefined
}

function brokenCheck(problems: readonly Problem[]): Check {
  return {
    conclusion: 'failure',
    title: brokenTitle,
    summary: [summary, '', ...problems.map((problem) => `- ${escapeMarkdown(formatProblem(problem))}`)].join('\n'),
    annotations: problems.map(annotationOf),
  }
}

/** Not a failure: the other clusters are released, and the protection may be meant to go. */
function protectedCheck({ clusters }: Configuration, { base, protectedBy }: GatheredMerge['state']): Check | undefined {
  const committing = Object.entries(clusters).filter(([, { release }]) => release.merge === 'commit')
  if (committing.length === 0 || protectedBy.length === 0) return undefined
  const names = committing.map(([name]) => inlineCode(name)).join(', ')
  return {
    conclusion: 'neutral',
    title: 'Nothing would be committed: the branch is protected',
    summary: `${names}: ${inlineCode('merge: commit')} releases nothing while ${inlineCode(base.branch)} is protected (${escapeMarkdown(protectedBy.join(', '))}). Lotse commits to no protected branch, also where it could.`,
  }
}

const brokenTitle = 'The configuration cannot be read'
const summary = 'Once this is merged, nothing is released or merged until the configuration can be read again:'

/** The branch may only be older than the configuration that is on the default branch now. */
async function isTouched({ octokit, repository, state }: GatheredMerge): Promise<boolean> {
  const commits = { base: state.defaultHead, head: state.pull.head }
  const comparison = await compareCommits(octokit, repository.name, commits)
  return comparison === undefined || !comparison.complete || comparison.touched.includes(path)
}

const path: FilePath = guaranteed(parseFilePath(configurationPath))

function annotationOf({ message, help, at }: Problem): CheckAnnotation {
  return {
    path,
    line: Math.max(at?.line ?? 1, 1),
    level: 'failure',
    message: help === undefined ? message : `${message} (${help})`,
  }
}
