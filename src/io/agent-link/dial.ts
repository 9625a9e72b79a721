import { generateKeyPairSync } from 'node:crypto'
import { Agent } from 'node:https'
import { WebSocket } from 'ws'
import {
  type SaidClaim,
  type AgentHello,
  chooseVersion,
  isSignedBy,
  maxHelloBytes,
  nonceOf,
  parseBotHello,
  parseBotProof,
  sessionKeys,
  type SessionKeys,
  signAs,
  type Transcript,
} from '../../core/agent-handshake.ts'
import { type AgentKey } from '../../core/config/agent-key.ts'
import { type ClusterName, type RepoName } from '../../core/ids.ts'
import { type KeyPair } from '../../core/key-pair.ts'
import { bytesOf, type Channel, closeSocket, maxFrameBytes, openChannel } from './channel.ts'
import { type Closing, closing } from './closing.ts'

export type ProxyEnvironment = { readonly HTTPS_PROXY?: string; readonly NO_PROXY?: string }

export type Dialling = {
  readonly url: URL
  readonly repository: RepoName
  readonly cluster: ClusterName
  readonly agent: KeyPair
  readonly botKey: AgentKey
  readonly proxy?: ProxyEnvironment
}

export type DialEvents = {
  /** The bot's clock, as its hello says it. */
  readonly time: (time: Date) => void
  readonly open: (channel: Channel) => void
  readonly text: (text: string) => void
  /** Once, at the end of every try. */
  readonly over: (because: Closing) => void
}

const handshakeMs = 10_000

type Step =
  | { readonly next: 'hello' }
  | { readonly next: 'proof'; readonly transcript: Transcript; readonly keys: SessionKeys }

/** One connection to the bot, from the first byte to its end. */
export function dial(to: Dialling, on: DialEvents): { readonly hangUp: (because: Closing) => void } {
  const socket = new WebSocket(to.url, {
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
    handshakeTimeout: handshakeMs,
    ...(to.url.protocol === 'wss:' && to.proxy !== undefined ? { agent: new Agent({ proxyEnv: to.proxy }) } : {}),
  })
  let step: Step = { next: 'hello' }
  // What we know is better than what the other side says.
  let ours: Closing | undefined
  const late = setTimeout(() => hangUp(closing.late), handshakeMs)

  function hangUp(because: Closing): void {
    ours ??= because
    closeSocket(socket, because)
  }

  function answer(text: string): void {
    if (step.next === 'proof') return prove(text, step)
    const claimed = claim(text, to)
    if ('code' in claimed) return hangUp(claimed)
    on.time(claimed.time)
    socket.send(claimed.text)
    step = { next: 'proof', transcript: claimed.transcript, keys: claimed.keys }
  }

  function prove(text: string, { transcript, keys }: Step & { readonly next: 'proof' }): void {
    const proof = parseBotProof(text)
    if (!proof.ok || !isSignedBy(to.botKey, 'bot', { ...transcript, ...proof.value })) return hangUp(closing.unproven)
    clearTimeout(late)
    socket.off('message', handshake)
    on.open(openChannel(socket, { send: keys.agentToBot, receive: keys.botToAgent }, on.text))
  }

  function handshake(data: Parameters<typeof bytesOf>[0], isBinary: boolean): void {
    if (socket.readyState !== socket.OPEN) return
    const bytes = bytesOf(data)
    if (isBinary || bytes.length > maxHelloBytes) hangUp(closing.broken)
    else answer(bytes.toString())
  }

  socket.on('message', handshake)
  socket.on('unexpected-response', (_request, { statusCode = 0 }) => {
    hangUp({ code: 4000 + statusCode, reason: `the address answered with status ${statusCode}` })
  })
  socket.on('error', (error) => {
    ours ??= { code: 1006, reason: saysWhy(error) }
  })
  socket.once('close', (code, reason) => {
    clearTimeout(late)
    on.over(ours ?? { code, reason: reason.toString() })
  })
  return { hangUp }
}

/** Node has no message for a name with several addresses of which none answers. */
function saysWhy(error: Error): string {
  return error.message === '' && 'code' in error ? String(error.code) : error.message
}

type Claimed = {
  readonly text: string
  readonly time: Date
  readonly transcript: Transcript
  readonly keys: SessionKeys
}

/** The agent's answer to the bot's hello. */
function claim(hello: string, { repository, cluster, agent, botKey }: Dialling): Claimed | Closing {
  const said = parseBotHello(hello)
  if (!said.ok) return closing.broken
  const version = chooseVersion(said.value.versions)
  if (version === undefined) return closing.version
  const ephemeral = generateKeyPairSync('x25519').privateKey
  const mine: SaidClaim = { version, repository, cluster, key: agent.publicKey }
  const transcript: Transcript = { hello, claim: mine, agentNonce: nonceOf(ephemeral), botKey }
  const keys = sessionKeys(ephemeral, said.value.nonce, transcript)
  if (keys === undefined) return closing.broken
  const answer: AgentHello = { ...mine, nonce: transcript.agentNonce, signature: signAs('agent', transcript, agent) }
  return { text: JSON.stringify(answer), time: new Date(said.value.time), transcript, keys }
}
