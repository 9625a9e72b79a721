import { type AgentMessage } from '../../core/agent-protocol.ts'

export type Outbox = {
  /** Takes the place of an older one that it makes needless. */
  readonly put: (message: AgentMessage, text: string) => void
  /** All, oldest first; nothing is left. */
  readonly take: () => readonly string[]
}

const most = 50

/** What could not be said: the newest of each kind, of each pull request for diffs. The oldest give way. */
export function createOutbox(): Outbox {
  const texts = new Map<string, string>()
  return {
    put(message, text) {
      // Said anew at every connect: one that waited would be an old one, after the new one.
      if (message.kind === 'state') return
      const key = message.kind === 'diffed' ? `diffed ${message.pull}` : message.kind
      texts.delete(key)
      texts.set(key, text)
      const [oldest] = texts.keys()
      if (texts.size > most && oldest !== undefined) texts.delete(oldest)
    },
    take() {
      const all = [...texts.values()]
      texts.clear()
      return all
    },
  }
}
