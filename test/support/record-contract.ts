import { type Exchange, type Observe } from '../../src/sandbox/github/http/observe.ts'
import { checkAnswer, checkRequest, checkWebhook, routeOf } from './github-contract.ts'

/** A running sandbox, as far as its exchanges and webhooks can be seen. */
export type Observed = {
  readonly observe: Observe
  readonly deliveries: readonly { readonly event: string; readonly payload: unknown }[]
}

export type ContractRecord = {
  /** What was wrong so far, each once. */
  violations(): readonly string[]
  /** `GET /repos/{owner}/{repo} 200`, `webhook push`: what has been seen at all, sorted. */
  seen(): readonly string[]
  stop(): void
}

/** Holds every request, answer and webhook of a running sandbox to GitHub's description. */
export function recordContract(github: Observed): ContractRecord {
  const violations = new Set<string>()
  const seen = new Set<string>()
  let webhooks = 0
  const stop = github.observe((exchange) => {
    const template = routeOf(exchange.method, exchange.path) ?? exchange.path
    seen.add(`${exchange.method.toUpperCase()} ${template} ${exchange.status}`)
    checkExchange(template, exchange).forEach((violation) => violations.add(violation))
  })
  const checkWebhooks = (): void => {
    for (const { event, payload } of github.deliveries.slice(webhooks)) {
      seen.add(`webhook ${event}`)
      checkWebhook(event, payload).forEach((violation) => violations.add(violation))
    }
    webhooks = github.deliveries.length
  }
  return {
    violations: () => {
      checkWebhooks()
      return [...violations]
    },
    seen: () => {
      checkWebhooks()
      return [...seen].toSorted()
    },
    stop,
  }
}

/** Faults on purpose answer 5xx with whatever stands between GitHub and us: of those only the request is looked at. */
function checkExchange(template: string, { method, query, ...exchange }: Exchange): readonly string[] {
  const request = checkRequest(method, template, query, exchange.requestBody)
  const unknown = request.some((violation) => violation.endsWith('no such route'))
  if (unknown || exchange.status >= 500 || exchange.otherMedia) return request
  return [...request, ...checkAnswer(method, template, exchange.status, exchange.responseBody)]
}
