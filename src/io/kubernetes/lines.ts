import type { Readable } from 'node:stream'
import { KubernetesError } from './errors.ts'

/** What comes line by line, each when it is whole. What is cut off at the end is no line. */
export async function* linesOf(stream: Readable, mostBytes: number): AsyncGenerator<string, void> {
  let begun: Buffer[] = []
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let rest = chunk
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
      const line = Buffer.concat([...begun, rest.subarray(0, end)]).toString()
      begun = []
      size = 0
      rest = rest.subarray(end + 1)
      if (line.trim() !== '') yield line
    }
    begun.push(rest)
    size += rest.length
    if (size > mostBytes) {
      throw new KubernetesError(`a line has more than ${mostBytes} bytes`, { class: 'answer-too-large' })
    }
  }
}

const newline = 0x0a
