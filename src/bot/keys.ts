import {
  type ClusterName,
  type CommentId,
  type CommitSha,
  type PullNumber,
  type RepoId,
  parseClusterName,
  parseCommitSha,
  parsePullNumber,
  parseRepoId,
} from '../core/ids.ts'
import { guaranteed } from '../core/parsed.ts'

/** The journeys of the bot, each a queue of keys. */
export const journeys = {
  delivery: 'delivery',
  release: 'release',
  tags: 'tags',
  automerge: 'automerge',
  mergeGroup: 'merge-group',
  overlookedPulls: 'overlooked-pulls',
  diff: 'diff',
  overlookedDiffs: 'overlooked-diffs',
  deployment: 'deployment',
  chat: 'chat',
  installation: 'installation',
  refresh: 'refresh',
} as const

export const refreshAtStart = 'start'
export const refreshOnTimer = 'timer'

export type Pull = { readonly repository: RepoId; readonly number: PullNumber }

/** `4711#12`: the key of a job about one pull request. */
export function formatPullKey({ repository, number }: Pull): string {
  return `${repository}#${number}`
}

export function parsePullKey(key: string): Pull {
  const [repository = '', number = ''] = key.split('#')
  return { repository: guaranteed(parseRepoId(repository)), number: guaranteed(parsePullNumber(number)) }
}

export type Head = { readonly repository: RepoId; readonly sha: CommitSha }

/** `4711@9f31c2e…`: the key of a job about one commit. */
export function formatHeadKey({ repository, sha }: Head): string {
  return `${repository}@${sha}`
}

export function parseHeadKey(key: string): Head {
  const [repository = '', sha = ''] = key.split('@')
  return { repository: guaranteed(parseRepoId(repository)), sha: guaranteed(parseCommitSha(sha)) }
}

export function formatCommentKey(comment: CommentId): string {
  return `${comment}`
}

export type ClusterOf = { readonly repository: RepoId; readonly cluster: ClusterName }

/** `4711/production`: the key of a job about one cluster. */
export function formatClusterKey({ repository, cluster }: ClusterOf): string {
  return `${repository}/${cluster}`
}

export function parseClusterKey(key: string): ClusterOf {
  const [repository = '', cluster = ''] = key.split('/')
  return { repository: guaranteed(parseRepoId(repository)), cluster: guaranteed(parseClusterName(cluster)) }
}
