import type { AgentMessage, BotMessage } from '../core/agent-protocol.ts'
import type { LiveDiff } from '../core/diff/live-diff.ts'
import type { PullNumber } from '../core/ids.ts'
import type { Logger } from '../runtime/log.ts'
import { failureFields, isExpected, problemOfAll } from './failure.ts'

type Question = Extract<BotMessage, { kind: 'diff' }>

export type DiffQueue = {
  /** The newest question about a pull request is the only one that waits. */
  readonly ask: (question: Question) => void
  readonly settled: () => Promise<void>
  readonly stop: () => Promise<void>
}

export type DiffQueueDeps = {
  readonly diff: (question: Question, signal: AbortSignal) => Promise<LiveDiff>
  readonly say: (message: AgentMessage) => void
  readonly log: Logger
}

const withinMs = 60_000

/** One at a time: questions come as often as somebody pushes to a pull request. */
export function createDiffQueue({ diff, say, log }: DiffQueueDeps): DiffQueue {
  const waiting = new Map<PullNumber, Question>()
  const stopping = new AbortController()
  let running: Promise<void> | undefined

  async function answerAll(): Promise<void> {
    for (const [pull, question] of waiting) {
      waiting.delete(pull)
      await answer(question)
      if (stopping.signal.aborted) return
    }
  }
  async function answer(question: Question): Promise<void> {
    const { pull, base, head } = question
    const late = AbortSignal.timeout(withinMs)
    try {
      const found = await diff(question, AbortSignal.any([late, stopping.signal]))
      log.info({ pull, head, changes: found.changes.length, problems: found.problems.length }, 'diff told')
      say({ kind: 'diffed', pull, base, head, result: { kind: 'diff', diff: found } })
    } catch (error) {
      // Who stops will be asked again.
      if (stopping.signal.aborted) return
      log.warn({ ...failureFields(error), pull, head }, 'diff failed')
      say({ kind: 'diffed', pull, base, head, result: { kind: 'failed', because: reasonOf(error, late) } })
    }
  }

  return {
    ask(question) {
      if (stopping.signal.aborted) return
      waiting.set(question.pull, question)
      running ??= answerAll().finally(() => (running = undefined))
    },
    settled: async () => running,
    async stop() {
      stopping.abort()
      waiting.clear()
      await running
    },
  }
}

function reasonOf(error: unknown, late: AbortSignal): string {
  if (late.aborted) return `the cluster’s agent did not get it done in ${withinMs / 1000} seconds`
  return isExpected(error) ? problemOfAll(error).message : 'the agent has failed; its log says why'
}
