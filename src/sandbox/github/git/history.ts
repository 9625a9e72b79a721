import { git, tryGit } from './run.ts'

export type LogOptions = {
  readonly path?: string
  readonly since?: string
  readonly until?: string
  readonly author?: string
  readonly skip?: number
  readonly limit?: number
}

/** Ids of commits reachable from `to` and not from `from`, newest first. */
export async function listCommits(
  path: string,
  range: { readonly from?: string; readonly to: string },
  options: LogOptions = {},
): Promise<readonly string[]> {
  const args = ['rev-list', '--topo-order']
  if (options.skip !== undefined) args.push(`--skip=${options.skip}`)
  if (options.limit !== undefined) args.push(`--max-count=${options.limit}`)
  if (options.since !== undefined) args.push(`--since=${options.since}`)
  if (options.until !== undefined) args.push(`--until=${options.until}`)
  if (options.author !== undefined) args.push('--fixed-strings', `--author=${options.author}`)
  args.push(range.to, ...(range.from === undefined ? [] : [`^${range.from}`]), '--')
  if (options.path !== undefined) args.push(options.path)
  return (await git(path, args)).split('\n').filter((line) => line !== '')
}

/** Undefined for two commits without a common ancestor. */
export async function mergeBase(path: string, one: string, other: string): Promise<string | undefined> {
  if (one === other) return one
  const answer = await tryGit(path, ['merge-base', one, other])
  return answer.code === 0 ? answer.stdout.toString('utf8').trim() : undefined
}

export async function isAncestor(path: string, ancestor: string, descendant: string): Promise<boolean> {
  if (ancestor === descendant) return true
  return (await tryGit(path, ['merge-base', '--is-ancestor', ancestor, descendant])).code === 0
}

/** How many commits each side has that the other has not. */
export async function countApart(
  path: string,
  base: string,
  head: string,
): Promise<{ readonly ahead: number; readonly behind: number }> {
  if (base === head) return { ahead: 0, behind: 0 }
  const text = await git(path, ['rev-list', '--left-right', '--count', `${base}...${head}`])
  const [behind = 0, ahead = 0] = text.trim().split('\t').map(Number)
  return { ahead, behind }
}
