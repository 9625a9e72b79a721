import type { Octokit } from '@octokit/rest'
import type { RepoName } from '../../core/ids.ts'
import { graphql } from './graphql.ts'
import { ownerAndName } from './repository-name.ts'

/** Of a `Ref`: the checks that classic protection and rulesets require on it. */
export const requiredContextsFields = `
  refUpdateRule { requiredStatusCheckContexts }
  rules(first: 100) {
    nodes {
      parameters {
        __typename
        ... on RequiredStatusChecksParameters { requiredStatusChecks { context } }
      }
    }
  }`

export type RequiredContextsAnswer = {
  readonly refUpdateRule: { readonly requiredStatusCheckContexts: readonly (string | null)[] | null } | null
  readonly rules: {
    readonly nodes: readonly {
      readonly parameters: { readonly requiredStatusChecks?: readonly { readonly context: string }[] } | null
    }[]
  } | null
}

export function requiredContexts(branch: RequiredContextsAnswer | null): readonly string[] {
  const classic = (branch?.refUpdateRule?.requiredStatusCheckContexts ?? []).filter((context) => context !== null)
  const rules = (branch?.rules?.nodes ?? []).flatMap(({ parameters }) => parameters?.requiredStatusChecks ?? [])
  return [...classic, ...rules.map(({ context }) => context)]
}

export const requiredContextsQuery = `
query RequiredContexts($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) {
    defaultBranchRef {${requiredContextsFields} }
  }
}`

type Answer = { readonly repository: { readonly defaultBranchRef: RequiredContextsAnswer | null } }

/** The checks that the default branch requires. */
export async function readRequiredContexts(octokit: Octokit, repository: RepoName): Promise<readonly string[]> {
  const [owner, name] = ownerAndName(repository)
  const answer = await graphql<Answer>(octokit, requiredContextsQuery, { owner, name })
  return requiredContexts(answer.repository.defaultBranchRef)
}
