import { type BranchRules, type Repository, type Ruleset } from '../state.ts'

/** Everything that is asked of a branch, and by whom. */
export type AskedOfBranch = {
  readonly rules: BranchRules
  readonly ruleset: Ruleset | undefined
}

export function rulesOf(repository: Repository, branch: string): readonly AskedOfBranch[] {
  const classic = repository.protections.get(branch)
  const rulesets = [...repository.rulesets.values()].filter(
    (ruleset) => ruleset.enforcement === 'active' && appliesTo(ruleset, repository, branch),
  )
  return [
    ...(classic === undefined ? [] : [{ rules: classic, ruleset: undefined }]),
    ...rulesets.map((ruleset) => ({ rules: ruleset.rules, ruleset })),
  ]
}

/** The same, without the rulesets that let this app pass. A bypass counts for its own ruleset only. */
export function rulesFor(repository: Repository, branch: string, appId: number | undefined): readonly AskedOfBranch[] {
  return rulesOf(repository, branch).filter(
    ({ ruleset }) => appId === undefined || ruleset === undefined || !ruleset.bypassApps.includes(appId),
  )
}

/** `main`, `release/*`, `~DEFAULT_BRANCH`, `~ALL`; a star stays within one segment, two stars do not. */
function appliesTo(ruleset: Ruleset, repository: Repository, branch: string): boolean {
  if (ruleset.branch === '~ALL') return true
  if (ruleset.branch === '~DEFAULT_BRANCH') return branch === repository.defaultBranch
  const pattern = ruleset.branch
    .split(/(\*\*|\*)/)
    .map((part) => (part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')))
  return new RegExp(`^${pattern.join('')}$`).test(branch)
}
