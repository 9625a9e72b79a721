import { ApiError } from '../api-error.ts'
import { describeCaller, type Caller } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { type RateLimit } from '../faults.ts'
import { acceptedHeaders, type Alternatives } from './permissions.ts'
import { type Json } from '../render/json.ts'

export type Budget = {
  readonly limit: number
  readonly remaining: number
  readonly reset: number
  readonly used: number
}

/** What each caller has left of this hour: 5,000 requests, 60 without a name. */
export type RateLimiter = {
  /** Counts one request; refuses it when nothing is left. */
  spend(caller: Caller): Budget
  /** Takes one back: what has not changed is free for those who say who they are. */
  giveBack(caller: Caller): void
  look(caller: Caller): Budget
  /** `asked`: of the route, which GitHub names with every 403 of an installation. */
  refusal(kind: RateLimit, caller: Caller, asked?: Alternatives): ApiError
}

const aboutSecondaryLimits =
  'https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits'

const hourSeconds = 3600

export function createRateLimiter(github: GitHub): RateLimiter {
  const spent = new Map<string, { readonly reset: number; readonly used: number }>()
  const limitOf = (caller: Caller): number => (caller.kind === 'anonymous' ? 60 : 5000)
  const look = (caller: Caller): Budget => {
    const now = Math.floor(github.now().getTime() / 1000)
    const known = spent.get(describeCaller(caller))
    const current = known === undefined || known.reset <= now ? { reset: now + hourSeconds, used: 0 } : known
    const limit = limitOf(caller)
    return { limit, remaining: Math.max(0, limit - current.used), ...current }
  }
  const refusal = (kind: RateLimit, caller: Caller, asked: Alternatives = []): ApiError => {
    const { reset, limit } = look(caller)
    const accepted = caller.kind === 'installation' && asked.length > 0 ? acceptedHeaders(asked) : {}
    if (kind === 'primary') {
      const headers = { ...accepted, ...budgetHeaders({ limit, remaining: 0, reset, used: limit }) }
      return new ApiError(403, `API rate limit exceeded for ${describeCaller(caller)}.`, { headers })
    }
    const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'
    const headers = { ...accepted, ...(kind === 'secondary' ? { 'Retry-After': '60' } : {}) }
    return new ApiError(403, message, { headers, documentation: aboutSecondaryLimits })
  }
  return {
    look,
    refusal,
    giveBack(caller) {
      const { used, reset } = look(caller)
      if (caller.kind !== 'anonymous') spent.set(describeCaller(caller), { used: Math.max(0, used - 1), reset })
    },
    spend(caller) {
      const { remaining, used, reset } = look(caller)
      if (remaining === 0) throw refusal('primary', caller)
      spent.set(describeCaller(caller), { used: used + 1, reset })
      return look(caller)
    },
  }
}

export function budgetHeaders({ limit, remaining, reset, used }: Budget): Readonly<Record<string, string>> {
  return {
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(reset),
    'X-RateLimit-Used': String(used),
    'X-RateLimit-Resource': 'core',
  }
}

/** `rate-limit-overview` */
export function renderBudgets(budget: Budget): Json {
  return { resources: { core: budget, graphql: budget, search: budget }, rate: budget }
}
