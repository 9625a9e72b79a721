import { createHmac } from 'node:crypto'
import { request } from 'node:http'
import { type Delivery } from '../state.ts'

export type SendResult = Pick<Delivery, 'status' | 'statusCode' | 'responseHeaders' | 'responseBody'>

/** GitHub waits this long for an answer. */
const timeoutMs = 10_000

/** Over the bytes that are sent; whoever keeps the secret can prove that they came from here. */
export function sign(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

/** One attempt. Never throws: what went wrong is the result. */
export function send({ url, requestHeaders, body }: Delivery, stopped: AbortSignal): Promise<SendResult> {
  return new Promise((resolve) => {
    const failed = (statusCode: number, status: string): void =>
      resolve({ status, statusCode, responseHeaders: {}, responseBody: '' })
    if (!URL.canParse(url)) return failed(502, 'failed to connect to host')
    const outgoing = request(
      url,
      {
        method: 'POST',
        headers: requestHeaders,
        agent: false,
        signal: AbortSignal.any([stopped, AbortSignal.timeout(timeoutMs)]),
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', () => failed(502, 'failed to connect to host'))
        response.on('end', () => {
          const statusCode = response.statusCode ?? 0
          const accepted = statusCode >= 200 && statusCode < 300
          resolve({
            statusCode,
            status: accepted ? 'OK' : `Invalid HTTP Response: ${statusCode}`,
            responseHeaders: plainHeaders(response.headers),
            responseBody: Buffer.concat(chunks).toString('utf8'),
          })
        })
      },
    )
    outgoing.on('error', (error) =>
      error.name === 'AbortError' || error.name === 'TimeoutError'
        ? failed(504, 'timed out')
        : failed(502, 'failed to connect to host'),
    )
    outgoing.end(body)
  })
}

function plainHeaders(headers: NodeJS.Dict<string | string[]>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
