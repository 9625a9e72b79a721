import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { frameOverheadBytes, openFrame, sealFrame } from '../../src/core/agent-frames.ts'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))
const text = fc.string({ unit: 'grapheme' })
const sequence = fc.nat()

suite('a frame', () => {
  test('opens to what was sealed, and is not longer than it says', () => {
    fc.assert(
      fc.property(text, key, sequence, (said, secret, at) => {
        const frame = sealFrame(said, secret, at)
        assert.equal(frame.length, Buffer.byteLength(said) + frameOverheadBytes)
        assert.deepEqual(openFrame(frame, secret, at), { kind: 'text', text: said })
      }),
    )
  })

  test('does not open in another turn', () => {
    fc.assert(
      fc.property(text, key, sequence, sequence, (said, secret, at, turn) => {
        fc.pre(at !== turn)
        assert.deepEqual(openFrame(sealFrame(said, secret, at), secret, turn), { kind: 'out-of-turn' })
      }),
    )
  })

  test('does not open with another key', () => {
    fc.assert(
      fc.property(text, key, key, (said, secret, other) => {
        fc.pre(!secret.equals(other))
        assert.deepEqual(openFrame(sealFrame(said, secret, 0), other, 0), { kind: 'forged' })
      }),
    )
  })

  test('does not open when any byte is changed', () => {
    fc.assert(
      fc.property(text, key, fc.nat(), fc.integer({ min: 1, max: 255 }), (said, secret, where, change) => {
        const frame = sealFrame(said, secret, 0)
        const at = where % frame.length
        frame.writeUInt8(frame.readUInt8(at) ^ change, at)
        assert.equal(openFrame(frame, secret, 0).kind, at < 8 ? 'out-of-turn' : 'forged')
      }),
    )
  })

  test('is no frame when it is any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), key, (bytes, secret) => {
        assert.notEqual(openFrame(Buffer.from(bytes), secret, 0).kind, 'text')
      }),
    )
  })
})
