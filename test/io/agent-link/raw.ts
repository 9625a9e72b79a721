import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo } from 'node:net'
import { type TestContext } from 'node:test'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import { openFrame, sealFrame } from '../../../src/core/agent-frames.ts'
import {
  type SaidClaim,
  nonceOf,
  parseAgentHello,
  parseBotHello,
  protocolVersions,
  type SessionKeys,
  sessionKeys,
  signAs,
  type Transcript,
} from '../../../src/core/agent-handshake.ts'
import { agentPath } from '../../../src/core/agent-protocol.ts'
import { type AgentKey } from '../../../src/core/config/agent-key.ts'
import { type KeyPair, parseKeyPair } from '../../../src/core/key-pair.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { agentKey, botKey, gitops, type Happenings, happenings, production } from './ground.ts'

/** A socket that says what a test tells it to. */
export type Raw = {
  readonly socket: WebSocket
  readonly received: Happenings<Buffer>
  readonly send: (data: string | Buffer) => void
  /** With which code the other side closed it. */
  readonly closed: Promise<number>
}

export async function dialRaw(t: TestContext, url: string): Promise<Raw> {
  const raw = rawOf(t, new WebSocket(`${url.replace('http', 'ws')}${agentPath}`))
  await once(raw.socket, 'open')
  return raw
}

function rawOf(t: TestContext, socket: WebSocket): Raw {
  const received = happenings<Buffer>()
  socket.on('message', (data: RawData) => received.add(data as Buffer)).on('error', () => {})
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  t.after(async () => {
    socket.terminate()
    await closed
  })
  return { socket, received, send: (data) => socket.send(data), closed }
}

export type Claiming = {
  readonly version?: number
  readonly cluster?: SaidClaim['cluster']
  /** Whose key is claimed. */
  readonly key?: AgentKey
  /** Who signs it. */
  readonly signer?: KeyPair
  readonly botKey?: AgentKey
}

export const agentPair = guaranteed(parseKeyPair(agentKey.pem))

export type Claimed = { readonly text: string; readonly keys: SessionKeys }

/** An agent's answer to a hello, as good as what is claimed. */
export function claimFor(hello: string, claiming: Claiming = {}): Claimed {
  const ephemeral = generateKeyPairSync('x25519').privateKey
  const claim = {
    version: claiming.version ?? 1,
    repository: gitops,
    cluster: claiming.cluster ?? production,
    key: claiming.key ?? agentKey.publicKey,
  }
  const transcript: Transcript = {
    hello,
    claim,
    agentNonce: nonceOf(ephemeral),
    botKey: claiming.botKey ?? botKey.publicKey,
  }
  const signature = signAs('agent', transcript, claiming.signer ?? agentPair)
  const keys = sessionKeys(ephemeral, guaranteed(parseBotHello(hello)).nonce, transcript)
  if (keys === undefined) throw new Error('expected a nonce that is a key')
  return { text: JSON.stringify({ ...claim, nonce: transcript.agentNonce, signature }), keys }
}

export type RawAgent = Raw & {
  readonly seal: (text: string, sequence: number) => Buffer
  readonly open: (frame: Buffer, sequence: number) => string
}

/** An agent that is let in. */
export async function enterRaw(t: TestContext, url: string): Promise<RawAgent> {
  const raw = await dialRaw(t, url)
  const { text, keys } = claimFor((await raw.received.next()).toString())
  raw.send(text)
  await raw.received.next()
  return {
    ...raw,
    seal: (said, sequence) => sealFrame(said, keys.agentToBot, sequence),
    open: (frame, sequence) => textOf(frame, keys.botToAgent, sequence),
  }
}

function textOf(frame: Buffer, key: Buffer, sequence: number): string {
  const opened = openFrame(frame, key, sequence)
  return opened.kind === 'text' ? opened.text : `(${opened.kind})`
}

/** A server that does with each socket what a test says. */
export async function serveRaw(t: TestContext, meet: (raw: Raw) => Promise<void> | void): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', (socket) => void meet(rawOf(t, socket)))
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export type Hello = {
  readonly text: string
  readonly answer: (said: string, signer: KeyPair) => { readonly proof: string; readonly keys: SessionKeys }
}

/** A bot's hello, and its proof for what an agent answers. */
export function helloOf(bot: AgentKey = botKey.publicKey): Hello {
  const ephemeral = generateKeyPairSync('x25519').privateKey
  const text = JSON.stringify({ nonce: nonceOf(ephemeral), versions: protocolVersions, time: '2026-01-01T00:00:00Z' })
  return {
    text,
    answer(said, signer) {
      const { nonce, signature: _, ...claim } = guaranteed(parseAgentHello(said))
      const transcript = { hello: text, claim, agentNonce: nonce, botKey: bot }
      const keys = sessionKeys(ephemeral, nonce, transcript)
      if (keys === undefined) throw new Error('expected a nonce that is a key')
      return { proof: JSON.stringify({ signature: signAs('bot', transcript, signer) }), keys }
    },
  }
}

/** Carries whole messages between an agent and the bot at `target`, and can add some of its own. */
export type Relay = {
  readonly url: string
  readonly toBot: Happenings<Buffer>
  readonly toAgent: Happenings<Buffer>
  readonly sendToBot: (data: Buffer) => void
  readonly sendToAgent: (data: Buffer) => void
}

export async function startRelay(t: TestContext, target: string): Promise<Relay> {
  const toBot = happenings<Buffer>()
  const toAgent = happenings<Buffer>()
  let near: WebSocket | undefined
  let far: WebSocket | undefined
  const url = await serveRaw(t, ({ socket }) => {
    near = socket
    const bot = rawOf(t, new WebSocket(`${target.replace('http', 'ws')}${agentPath}`)).socket
    far = bot
    bot.on('message', (data: Buffer, binary) => {
      toAgent.add(data)
      socket.send(data, { binary })
    })
    socket.on('message', (data: Buffer, binary) => {
      toBot.add(data)
      bot.send(data, { binary })
    })
    bot.on('close', (code) => socket.close(code === 1006 ? 1011 : code))
    socket.on('close', () => bot.close())
  })
  return { url, toBot, toAgent, sendToBot: (data) => far?.send(data), sendToAgent: (data) => near?.send(data) }
}
