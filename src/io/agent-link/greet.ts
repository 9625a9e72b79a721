import { generateKeyPairSync } from 'node:crypto'
import { type WebSocket } from 'ws'
import {
  type SaidClaim,
  type BotHello,
  type BotProof,
  isSignedBy,
  maxHelloBytes,
  nonceOf,
  parseAgentHello,
  protocolVersions,
  sessionKeys,
  signAs,
} from '../../core/agent-handshake.ts'
import { type KeyPair } from '../../core/key-pair.ts'
import { bytesOf, type ChannelKeys } from './channel.ts'
import { type Closing, closing } from './closing.ts'

export type Proved = {
  readonly kind: 'proved'
  readonly claim: SaidClaim
  /** What is said to the agent once it is admitted. */
  readonly proof: string
  readonly keys: ChannelKeys
}

type Refused = { readonly kind: 'refused'; readonly because: Closing }

/** The bot's half of the handshake. Whether who has proved to hold a key may come in is the caller's question. */
export async function greet(
  socket: WebSocket,
  { bot, now }: { readonly bot: KeyPair; readonly now: () => Date },
): Promise<Proved | Refused> {
  const ephemeral = generateKeyPairSync('x25519').privateKey
  const said: BotHello = { nonce: nonceOf(ephemeral), versions: protocolVersions, time: now().toISOString() }
  const hello = JSON.stringify(said)
  const text = firstText(socket)
  socket.send(hello)
  const answer = parseAgentHello(await text)
  if (!answer.ok) return refuse(closing.broken)
  const { version, repository, cluster, key, nonce, signature } = answer.value
  if (!protocolVersions.includes(version)) return refuse(closing.version)
  const claim: SaidClaim = { version, repository, cluster, key }
  const transcript = { hello, claim, agentNonce: nonce, botKey: bot.publicKey }
  if (!isSignedBy(key, 'agent', { ...transcript, signature })) return refuse(closing.unproven)
  const keys = sessionKeys(ephemeral, nonce, transcript)
  if (keys === undefined) return refuse(closing.unproven)
  const proof: BotProof = { signature: signAs('bot', transcript, bot) }
  return {
    kind: 'proved',
    claim,
    proof: JSON.stringify(proof),
    keys: { send: keys.botToAgent, receive: keys.agentToBot },
  }
}

function refuse(because: Closing): Refused {
  return { kind: 'refused', because }
}

/** Empty when it is none, or when nobody is left to say one: the agent says one thing, then waits for the proof. */
async function firstText(socket: WebSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve(''))
    socket.once('message', (data, isBinary) => {
      const bytes = bytesOf(data)
      resolve(isBinary || bytes.length > maxHelloBytes ? '' : bytes.toString())
    })
  })
}
