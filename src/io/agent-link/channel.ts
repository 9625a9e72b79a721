import { type RawData, type WebSocket } from 'ws'
import { frameOverheadBytes, maxMessageBytes, openFrame, sealFrame } from '../../core/agent-frames.ts'
import { type Closing, closing } from './closing.ts'

export type ChannelKeys = { readonly send: Buffer; readonly receive: Buffer }

export type Channel = {
  /** Only for texts that fit: see `fitting`. False when there is nobody to send it to any more. */
  readonly send: (text: string) => boolean
  readonly close: (because: Closing) => void
}

/** What `ws` is told to read at most, so that a larger frame is refused by its header. */
export const maxFrameBytes = maxMessageBytes + frameOverheadBytes

/** Data frames: pings do not reset the idle timers of proxies, of which the shortest known is 60 s. */
export const heartbeatMs = 25_000
const missedForDead = 2

/** Between two heartbeats. Who was away is asked about every open pull request at once, and may answer as fast. */
const mostPerBeat = { frames: 5000, bytes: 32 * maxMessageBytes }

/** Who lets this much pile up does not read. */
const mostUnreadBytes = 16 * maxMessageBytes

/** A text that can be sent, or an error that names what is too large: whoever wrote it cuts it. */
export function fitting(text: string, kind: string): string {
  const bytes = Buffer.byteLength(text)
  if (bytes <= maxMessageBytes) return text
  throw new Error(`expected a message of at most ${maxMessageBytes} bytes, got \`${kind}\` with ${bytes}`)
}

/** After the handshake: numbered, sealed frames both ways; an empty text is a heartbeat. */
export function openChannel(socket: WebSocket, keys: ChannelKeys, onText: (text: string) => void): Channel {
  const next = { send: 0, receive: 0 }
  const heard = { frames: 0, bytes: 0 }
  let silentBeats = 0

  function send(text: string): boolean {
    if (socket.bufferedAmount > mostUnreadBytes) socket.terminate()
    if (socket.readyState !== socket.OPEN) return false
    socket.send(sealFrame(text, keys.send, next.send))
    next.send += 1
    return true
  }

  function receive(data: Buffer): void {
    const opened = openFrame(data, keys.receive, next.receive)
    if (opened.kind !== 'text') return closeSocket(socket, closing.broken)
    next.receive += 1
    silentBeats = 0
    if (opened.text !== '') onText(opened.text)
  }

  function beat(): void {
    if (silentBeats >= missedForDead) return socket.terminate()
    silentBeats += 1
    Object.assign(heard, { frames: 0, bytes: 0 })
    send('')
  }

  const timer = setInterval(beat, heartbeatMs)
  socket.on('message', (data, isBinary) => {
    // What is still read while closing is nothing to us.
    if (socket.readyState !== socket.OPEN) return
    const frame = bytesOf(data)
    heard.frames += 1
    heard.bytes += frame.length
    if (heard.frames > mostPerBeat.frames || heard.bytes > mostPerBeat.bytes) return closeSocket(socket, closing.flood)
    if (isBinary) receive(frame)
    else closeSocket(socket, closing.broken)
  })
  socket.once('close', () => clearInterval(timer))
  return { send, close: (because) => closeSocket(socket, because) }
}

const farewellMs = 2000

/** Says why, and does not wait long for an answer: the other side may be gone, or not mean well. */
export function closeSocket(socket: WebSocket, { code, reason }: Closing): void {
  if (socket.readyState === socket.CONNECTING) return socket.terminate()
  if (socket.readyState !== socket.OPEN) return
  socket.close(code, reason)
  const timer = setTimeout(() => socket.terminate(), farewellMs)
  socket.once('close', () => clearTimeout(timer))
}

export function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}
