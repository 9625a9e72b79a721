import type { ImageLookup } from '../../core/release/plan.ts'
import type { Knowledge } from '../../io/registry/knowledge.ts'

/** So many look-ups in one run; a registry with thousands of tags whose times nobody has read takes several. */
export const mostLookups = 1000

export type Planned<P> = {
  readonly plan: P
  /** Something had to be left, and another run would get further with it. */
  readonly goesOn: boolean
}

/** Plans, and looks up what the plan wants, until it wants no more. What there is no time for is left as it is. */
export async function planWithLookups<P extends { readonly lookups: readonly ImageLookup[] }>(
  knowledge: Knowledge,
  makePlan: () => P,
  told: (lookups: number) => void,
): Promise<Planned<P>> {
  let goesOn = false
  for (let done = 0; ;) {
    const plan = makePlan()
    if (plan.lookups.length === 0) return { plan, goesOn }
    if (done >= mostLookups) {
      knowledge.leave(plan.lookups.map(({ image }) => image))
      // What taught nothing would teach nothing again: the next push, tag or refresh tries.
      goesOn ||= knowledge.kept() > 0
      continue
    }
    const next = plan.lookups.slice(0, mostLookups - done)
    await knowledge.lookUp(next)
    done += next.length
    told(next.length)
  }
}
