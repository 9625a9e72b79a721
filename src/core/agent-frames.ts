import { createCipheriv, createDecipheriv } from 'node:crypto'

/** The largest text that one frame carries. */
export const maxMessageBytes = 1_048_576

/** What a frame adds to its text: a sequence number before it and a tag behind it. */
export const frameOverheadBytes = 8 + 16

/**
 * One frame: its number in its direction, counted from 0, then AES-256-GCM of the text under the key of this direction
 * and connection. The number is the cipher's nonce, so it never comes twice, and a frame of another connection, of the
 * other direction or of another turn does not open.
 */
export function sealFrame(text: string, key: Buffer, sequence: number): Buffer {
  const number = numberOf(sequence)
  const cipher = createCipheriv('aes-256-gcm', key, ivOf(number))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([number, sealed, cipher.getAuthTag()])
}

export type OpenedFrame =
  | { readonly kind: 'text'; readonly text: string }
  /** `out-of-turn`: a repeated, old or skipped number · `forged`: whoever sent it does not have the key. */
  | { readonly kind: 'out-of-turn' | 'forged' }

export function openFrame(frame: Buffer, key: Buffer, sequence: number): OpenedFrame {
  if (frame.length < frameOverheadBytes) return { kind: 'forged' }
  const number = frame.subarray(0, 8)
  if (!number.equals(numberOf(sequence))) return { kind: 'out-of-turn' }
  const decipher = createDecipheriv('aes-256-gcm', key, ivOf(number), { authTagLength: 16 })
  decipher.setAuthTag(frame.subarray(-16))
  const bytes = decipher.update(frame.subarray(8, -16))
  try {
    return { kind: 'text', text: Buffer.concat([bytes, decipher.final()]).toString('utf8') }
  } catch {
    return { kind: 'forged' }
  }
}

function numberOf(sequence: number): Buffer {
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(BigInt(sequence))
  return number
}

function ivOf(number: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(4), number])
}
