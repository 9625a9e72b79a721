/** One request to the API, as it was answered. */
export type LoggedRequest = {
  readonly n: number
  readonly method: string
  /** `/repos/{owner}/{repo}/pulls`; for GraphQL `graphql NAME` with the operation's name. */
  readonly route: string
  readonly path: string
  readonly status: number
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
