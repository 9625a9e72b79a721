/** One request to the API, as it was answered. */
export type LoggedRequest = {
  /** Counts from 1 since the last `reset()`. */
  readonly n: number
  readonly method: string
  /** `/repos/{owner}/{repo}/pulls`; for GraphQL `graphql NAME` with the operation's name. */
  readonly route: string
  readonly path: string
  readonly status: number
  /** `installation 1042 of lotse` */
  readonly caller: string
  /** The number of this write; undefined for a read. */
  readonly write: number | undefined
}

export type RequestLog = {
  readonly all: readonly LoggedRequest[]
  count(select?: (request: LoggedRequest) => boolean): number
  /** How many by `METHOD route`. */
  byRoute(): Readonly<Record<string, number>>
  reset(): void
}

/** The same, as the server fills it. */
export type FillingRequestLog = RequestLog & {
  add(request: Omit<LoggedRequest, 'n'>): void
  nextWrite(): number
}

export function createRequestLog(): FillingRequestLog {
  const all: LoggedRequest[] = []
  let requests = 0
  let writes = 0
  return {
    all,
    count: (select = () => true) => all.filter(select).length,
    byRoute() {
      const groups = Map.groupBy(all, ({ method, route }) => `${method} ${route}`)
      return Object.fromEntries([...groups].map(([route, made]) => [route, made.length]))
    },
    reset() {
      all.length = 0
      requests = 0
      writes = 0
    },
    add(request) {
      requests += 1
      all.push({ n: requests, ...request })
    },
    nextWrite() {
      writes += 1
      return writes
    },
  }
}
