import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { KubernetesError } from './errors.ts'

/** The whole text of an answer, unpacked; the limit is on what is unpacked. */
export async function readBody(response: IncomingMessage, mostBytes: number): Promise<string> {
  const collect = async (chunks: AsyncIterable<Buffer>): Promise<string> => {
    const read: Buffer[] = []
    let size = 0
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > mostBytes) {
        throw new KubernetesError(`an answer has more than ${mostBytes} bytes`, { class: 'answer-too-large' })
      }
      read.push(chunk)
    }
    return Buffer.concat(read).toString()
  }
  return response.headers['content-encoding'] === 'gzip'
    ? pipeline(response, createGunzip(), collect)
    : pipeline(response, collect)
}
