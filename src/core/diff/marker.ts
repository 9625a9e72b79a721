import { type CommitSha, parseCommitSha } from '../ids.ts'

const form = /^<!-- lotse:diff head=([0-9a-f]{40,64}) -->(?:\r?\n|$)/

/** The first line of our one comment on a pull request: which head it speaks of. Only our own comments are asked for it. */
export function formatDiffMarker(head: CommitSha): string {
  return `<!-- lotse:diff head=${head} -->`
}

export function parseDiffMarker(body: string): CommitSha | undefined {
  const head = parseCommitSha(form.exec(body)?.[1] ?? '')
  return head.ok ? head.value : undefined
}
