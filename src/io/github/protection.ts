export type ProtectionAnswer = {
  readonly refUpdateRule: object | null
  readonly rules: {
    readonly pageInfo: { readonly hasNextPage: boolean }
    readonly nodes: readonly { readonly type: string }[]
  } | null
}

/** Rules that every commit on top of the branch obeys. */
const harmless: ReadonlySet<string> = new Set(['CREATION', 'DELETION', 'NON_FAST_FORWARD'])

/**
 * What keeps pushes away from a branch, for people; empty: nothing. Of classic protection GitHub does not show whether it
 * asks for pull requests, or who may push, so it always counts.
 */
export function protectionOf(branch: ProtectionAnswer | null): readonly string[] {
  if (branch === null) return ['gone']
  const { refUpdateRule, rules } = branch
  const gates = (rules?.nodes ?? [])
    .filter(({ type }) => !harmless.has(type))
    .map(({ type }) => type.toLowerCase().replaceAll('_', ' '))
  return [
    ...(refUpdateRule === null ? [] : ['branch protection']),
    ...(rules === null || rules.pageInfo.hasNextPage ? ['rules that GitHub does not show'] : []),
    ...new Set(gates.toSorted()),
  ]
}
