import { setTimeout as delay } from 'node:timers/promises'
import type { Trouble } from '../../core/agent-protocol.ts'
import type { SyncProblem } from '../../core/sync/report.ts'
import type { BranchHead } from '../../io/git/mirror.ts'
import type { Deps } from '../deps.ts'
import { failureFields, isExpected, problemOfAll } from '../failure.ts'
import type { Turn } from '../loop.ts'
import { fetchBranch } from '../repository.ts'

/** `unsure`: git could not be asked, so that there may be a newer one. */
export type FoundHead = { readonly head: BranchHead; readonly unsure?: SyncProblem }

/** While git cannot be asked, for whatever reason, the cluster is held to what it said last. */
export async function headToSync(deps: Deps, turn: Turn): Promise<FoundHead> {
  const { repository, settings, memory } = deps
  try {
    const head = await newestHead((signal) => fetchBranch(repository, settings.git.branch, signal), turn, memory.head)
    sees(deps, head)
    return { head }
  } catch (error) {
    if (turn.signal.aborted) throw error
    return blind(deps, error)
  }
}

function sees({ memory, link, tellState }: Deps, head: BranchHead): void {
  // What enrols us, or mends the configuration, is a commit.
  if (memory.head !== undefined && memory.head.head !== head.head) link.retry()
  memory.head = head
  memory.fetched = true
  delete memory.blindSince
  if (memory.trouble === undefined) return
  delete memory.trouble
  tellState()
}

function blind({ memory, log, now, tellState }: Deps, error: unknown): FoundHead {
  memory.fetched = false
  memory.gitFailures += 1
  memory.blindSince ??= now()
  const since = memory.blindSince.toISOString()
  const { message, help, turn } = problemOfAll(error)
  const more = help === undefined ? {} : { help }
  if (memory.head === undefined) {
    const before = memory.trouble
    memory.trouble = { since, says: message, ...more }
    if (!isSame(before, memory.trouble)) tellState()
    if (isExpected(error)) log.error({ ...failureFields(error), since }, 'sync failed')
    throw error
  }
  const { head } = memory.head
  log.warn({ ...failureFields(error), since, commit: head }, 'repository not fetched')
  const unsure: SyncProblem = {
    message: `git cannot be read since ${since}, so there may be a newer commit: ${message}`,
    ...more,
    turn,
    about: 'git',
  }
  return { head: memory.head, unsure }
}

function isSame(before: Trouble | undefined, after: Trouble): boolean {
  return before !== undefined && before.says === after.says && before.help === after.help
}

const replicaLagMs = [250, 500, 1000]

/** The bot hears of a push before every replica of the remote knows it. What is there is synced all the same. */
async function newestHead(
  fetch: (signal: AbortSignal) => Promise<BranchHead>,
  { hinted, signal }: Turn,
  known: BranchHead | undefined,
): Promise<BranchHead> {
  let head = await fetch(signal)
  for (const pause of replicaLagMs) {
    if (hinted === undefined || head.head === hinted || head.head !== known?.head) break
    await delay(pause, undefined, { signal })
    head = await fetch(signal)
  }
  return head
}
