import { setTimeout as delay } from 'node:timers/promises'
import type { AgentMessage, BotMessage } from '../../src/core/agent-protocol.ts'
import { parseRepoId } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import type { Secret } from '../../src/core/secret.ts'
import { acceptAgents } from '../../src/io/agent-link/accept.ts'
import { createKey } from '../../src/io/agent-link/keys.ts'
import type { AgentSession } from '../../src/io/agent-link/sessions.ts'
import { startHttp } from '../../src/runtime/http.ts'
import { silentLogger } from '../../src/runtime/log.ts'

/** The bot's end of a real link, which says what a test wants and remembers what it hears. */
export type TestBot = {
  readonly url: string
  readonly publicKey: string
  readonly agentKey: Secret
  readonly heard: readonly AgentMessage[]
  /** Says it as soon as an agent is there, and gives the first answer of this kind from then on. */
  readonly ask: <K extends AgentMessage['kind']>(
    message: BotMessage,
    kind: K,
  ) => Promise<Extract<AgentMessage, { kind: K }>>
  readonly close: () => Promise<void>
}

const patienceMs = 30_000

export async function startTestBot(): Promise<TestBot> {
  const [own, agent] = [createKey(), createKey()]
  const heard: AgentMessage[] = []
  let session: AgentSession | undefined
  const door = acceptAgents(
    { key: own.pem },
    {
      log: silentLogger,
      now: () => new Date(),
      admit: async ({ key }) => (key === agent.publicKey ? guaranteed(parseRepoId(1)) : undefined),
      on: {
        opened: (opened) => void (session = opened),
        message: (_session, message) => void heard.push(message),
        closed: () => void (session = undefined),
      },
    },
  )
  const server = await startHttp({
    host: '127.0.0.1',
    port: 0,
    routes: [],
    upgrades: [door.upgrade],
    log: silentLogger,
  })
  return {
    url: server.url,
    publicKey: own.publicKey,
    agentKey: agent.pem,
    heard,
    async ask(message, kind) {
      const before = heard.length
      const here = await found(() => session, 'no agent came')
      here.say(message)
      type Wanted = Extract<AgentMessage, { kind: typeof kind }>
      const isWanted = (said: AgentMessage): said is Wanted => said.kind === kind
      return found(() => heard.slice(before).find(isWanted), `no agent said \`${kind}\``)
    },
    async close() {
      await door.close()
      await server.close()
    },
  }
}

async function found<T>(look: () => T | undefined, otherwise: string): Promise<T> {
  for (const start = performance.now(); performance.now() - start < patienceMs;) {
    const value = look()
    if (value !== undefined) return value
    await delay(10)
  }
  throw new Error(otherwise)
}
