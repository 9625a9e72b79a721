import type { AgentMessage, AgentState } from '../core/agent-protocol.ts'
import type { SyncReport } from '../core/sync/report.ts'
import type { AgentSession } from '../io/agent-link/sessions.ts'
import { keepAgentState, keepConnected, keepDisconnected, readAgent } from '../io/store/agents.ts'
import { keepDiffResult, unansweredPulls } from '../io/store/diffs.ts'
import { readRepository } from '../io/store/repositories.ts'
import { addSync } from '../io/store/syncs.ts'
import type { AgentDeps } from './agents.ts'
import { formatClusterKey, formatPullKey, journeys } from './keys.ts'

/** What it was asked while it was away, and what it could not tell, it is asked again. */
export async function agentConnected({ database, jobs }: AgentDeps, session: AgentSession): Promise<void> {
  const { key, since } = session
  await keepConnected(database, session, { key, at: since })
  await lookAtUnanswered({ database, jobs }, session)
}

/** Whoever waits for its answers learns that nobody is there to give them. */
export async function agentDisconnected({ database, jobs, now }: AgentDeps, session: AgentSession): Promise<void> {
  await keepDisconnected(database, session, now())
  await lookAtUnanswered({ database, jobs }, session)
}

async function lookAtUnanswered(
  { database, jobs }: Pick<AgentDeps, 'database' | 'jobs'>,
  { repository, cluster }: AgentSession,
): Promise<void> {
  for (const number of await unansweredPulls(database, repository, cluster)) {
    await jobs.ask(journeys.diff, formatPullKey({ repository, number }))
  }
}

export async function hearAgent(deps: AgentDeps, session: AgentSession, message: AgentMessage): Promise<void> {
  switch (message.kind) {
    case 'state':
      return hearState(deps, session, message.state)
    case 'started': {
      // A sync that begins has nothing any more that keeps it from it.
      const { trouble: _, ...state } = await stateOf(deps, session)
      return learn(deps, session, { ...state, syncing: message.commit })
    }
    case 'synced':
      return hearReport(deps, session, message.report)
    case 'diffed':
      return hearDiff(deps, session, message)
    case 'token-wanted':
      return giveToken(deps, session)
  }
}

async function hearState(deps: AgentDeps, session: AgentSession, state: AgentState): Promise<void> {
  if (state.lastReport !== undefined) await addSync(deps.database, session, state.lastReport)
  await learn(deps, session, state)
  await hintIfBehind(deps, session, state)
}

async function hearReport(deps: AgentDeps, session: AgentSession, report: SyncReport): Promise<void> {
  await addSync(deps.database, session, report)
  const { syncing: _, trouble: __, ...state } = await stateOf(deps, session)
  const lastFull = report.result === 'full' ? { lastFull: report.commit } : {}
  await learn(deps, session, { ...state, lastReport: report, ...lastFull })
}

async function learn(deps: AgentDeps, session: AgentSession, state: AgentState): Promise<void> {
  const { key, since } = session
  await keepAgentState(deps.database, session, { key, since, state, at: deps.now() })
  await deps.jobs.ask(journeys.deployment, formatClusterKey(session))
}

/** Its state comes first after every connect; where that could not be kept, little is known. */
async function stateOf({ database }: AgentDeps, session: AgentSession): Promise<AgentState> {
  return (await readAgent(database, session))?.state ?? { version: 'unknown', path: '.' }
}

type Diffed = AgentMessage & { readonly kind: 'diffed' }

async function hearDiff({ database, jobs, log }: AgentDeps, session: AgentSession, message: Diffed): Promise<void> {
  const { repository, cluster } = session
  const pull = { repository, number: message.pull }
  const { head, base, result } = message
  const wanted = await keepDiffResult(database, pull, { cluster, head, base, result })
  log.info({ repository, cluster, pull: message.pull, head, result: result.kind, wanted }, 'agent told a diff')
  if (wanted) await jobs.ask(journeys.diff, formatPullKey(pull))
}

/** A webhook, or the hint that followed it, may have been lost while the agent was away. */
export async function hintIfBehind(
  { database }: AgentDeps,
  session: AgentSession,
  { syncing, lastFull }: Pick<AgentState, 'syncing' | 'lastFull'>,
): Promise<void> {
  const head = (await readRepository(database, session.repository))?.head
  if (head !== undefined && head !== syncing && head !== lastFull) session.say({ kind: 'fetch', commit: head })
}

/** An agent that asks again and again is given the same one, so that it uses up nothing. */
const sameTokenMs = 60_000
const given = new WeakMap<AgentSession, { readonly at: number; readonly minted: Promise<MintedToken> }>()

type MintedToken = Awaited<ReturnType<AgentDeps['github']['mintGitToken']>>

async function giveToken({ database, github, now, log }: AgentDeps, session: AgentSession): Promise<void> {
  const { repository: id, cluster } = session
  const repository = await readRepository(database, id)
  if (repository === undefined) return
  const at = now().getTime()
  const last = given.get(session)
  const isFresh = last !== undefined && at - last.at < sameTokenMs
  const minted = isFresh ? last.minted : github.mintGitToken(repository.installation, id)
  if (!isFresh) given.set(session, { at, minted })
  try {
    const { token, expiresAt } = await minted
    session.say({ kind: 'token', token, expiresAt: expiresAt.toISOString() })
    log.info({ repository: repository.name, cluster }, 'agent given a token')
  } catch (error) {
    given.delete(session)
    throw error
  }
}
