import { type GitRepository } from './git.ts'
import { type State, type Timestamp } from './state.ts'
import { type Outbox } from './webhooks/outbox.ts'

/** What every operation and every rendering needs: the world, the clock, where it is reached, who is told of changes. */
export type GitHub = {
  readonly state: State
  readonly now: () => Date
  readonly urls: Urls
  readonly outbox: Outbox
  readonly looks: {
    /** Whether this look at a pull request finds its mergeability not computed yet. */
    takeUnknown(): boolean
    /** Whether this look at a blob does not find it. */
    takeForgottenBlob(): boolean
  }
  /** Where the bare repositories of this GitHub are. */
  readonly createGit: (id: number, defaultBranch: string) => Promise<GitRepository>
}

export type Urls = {
  /** `http://127.0.0.1:1234` */
  readonly web: string
  /** `http://127.0.0.1:1234/api/v3` */
  readonly api: string
}

export function timestamp(github: Pick<GitHub, 'now'>): Timestamp {
  return formatTimestamp(github.now())
}

export function formatTimestamp(at: Date): Timestamp {
  return at.toISOString().replace(/\.[0-9]{3}Z$/, 'Z')
}
