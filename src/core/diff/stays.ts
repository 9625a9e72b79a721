import { objectIdOf } from '../manifest/kubernetes-object.ts'
import { byHand, whyProtected } from '../manifest/protected-kinds.ts'
import type { DiffProblem } from './live-diff.ts'
import type { DiffPlan, DiffStep } from './plan.ts'

export type Deletes = {
  readonly plan: DiffPlan
  readonly problems: readonly Pick<DiffProblem, 'turn'>[]
  readonly pruneBudget: number
}

type DeleteStep = Extract<DiffStep, { readonly do: 'delete' }>

/** Why an object that goes from git stays in the cluster all the same, as far as the pull request alone tells. */
export function whyItStays({ before }: DeleteStep, deletes: Deletes): string | undefined {
  return whyProtected(objectIdOf(before.object)) ?? whyAllStay(deletes)
}

/** What passes by itself holds nothing for long. */
function whyAllStay({ plan, problems, pruneBudget }: Deletes): string | undefined {
  if (problems.some(({ turn }) => turn !== 'time')) return 'nothing is deleted while there are problems'
  if (plan.left.length === 0 && plan.steps.every((step) => step.do === 'delete'))
    return 'nothing is deleted by a commit without any object'
  const count = plan.steps.filter((step) => step.do === 'delete' && isFree(step)).length
  return count > pruneBudget
    ? `the deletions (${count}) are beyond the budget (${pruneBudget}), so ${byHand}`
    : undefined
}

function isFree({ before }: DeleteStep): boolean {
  return whyProtected(objectIdOf(before.object)) === undefined
}
