import type { LiveDiff } from './diff/live-diff.ts'
import type { BranchName, CommitSha, PullNumber } from './ids.ts'
import type { Parsed } from './parsed.ts'
import type { Secret } from './secret.ts'
import type { SyncReport } from './sync/report.ts'

/** What the bot says. A hint, never an order with content: the agent fetches git itself. */
export type BotMessage =
  /** The tracked branch may have moved; `commit` is what the bot saw, and only a hint for how long to look. */
  | { readonly kind: 'fetch'; readonly commit: CommitSha }
  /** A person asked for a sync: everything is verified, also what looks in sync. */
  | { readonly kind: 'sync' }
  /** What would `head` change, compared with `base`, the commit where its branch left the tracked one? */
  | { readonly kind: 'diff'; readonly pull: PullNumber; readonly base: CommitSha; readonly head: CommitSha }
  /** Tell everything again. */
  | { readonly kind: 'report' }
  | { readonly kind: 'token'; readonly token: Secret; readonly expiresAt: string }

/** What the agent says. Everything but `token-wanted` may be said twice. */
export type AgentMessage =
  /** First after every connect, and when asked: whatever was missed in between is in it. */
  | { readonly kind: 'state'; readonly state: AgentState }
  | { readonly kind: 'started'; readonly commit: CommitSha }
  | { readonly kind: 'synced'; readonly report: SyncReport }
  | {
      readonly kind: 'diffed'
      readonly pull: PullNumber
      readonly base: CommitSha
      readonly head: CommitSha
      /** `failed`: nothing could be told, and why; untrusted text. */
      readonly result:
        | { readonly kind: 'diff'; readonly diff: LiveDiff }
        | { readonly kind: 'failed'; readonly because: string }
    }
  /** A git credential is needed: a read-only token for this one repository. */
  | { readonly kind: 'token-wanted' }

export type AgentState = {
  readonly version: string
  /** What it was told to follow; undefined: the default branch. */
  readonly branch?: BranchName
  readonly path: string
  /** The commit that is being synced. */
  readonly syncing?: CommitSha
  readonly lastReport?: SyncReport
  /** The newest commit with a full result, which may be older than the last report's. */
  readonly lastFull?: CommitSha
}

export declare function parseBotMessage(text: string): Parsed<BotMessage>
export declare function parseAgentMessage(text: string): Parsed<AgentMessage>
