import { request } from 'node:https'
import { json as readJson } from 'node:stream/consumers'
import type { Credentials } from './certificates.ts'

export type Asker = Credentials | { readonly token: string } | 'anonymous'

export type ApiAnswer = { readonly status: number; readonly body: unknown }

export type ApiRequest = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `/api/v1/namespaces` */
  readonly path: string
  readonly body?: unknown
  readonly contentType?: string
  readonly signal?: AbortSignal
}

/**
 * One question to an API server. What the sandbox itself needs and no more: the product's client is in io/kubernetes, and
 * a test of it should not stand on it.
 */
export async function askApi(
  server: { readonly url: string; readonly ca: string; readonly as: Asker },
  { method = 'GET', path, body, contentType = 'application/json', signal }: ApiRequest,
): Promise<ApiAnswer> {
  const answer = Promise.withResolvers<ApiAnswer>()
  const asked = request(
    new URL(path, server.url),
    {
      method,
      agent: false,
      ca: server.ca,
      ...credentialsOf(server.as),
      headers: {
        accept: 'application/json',
        ...(typeof server.as === 'object' && 'token' in server.as
          ? { authorization: `Bearer ${server.as.token}` }
          : {}),
        ...(body === undefined ? {} : { 'content-type': contentType }),
      },
      ...(signal === undefined ? {} : { signal }),
    },
    (response) => {
      const status = response.statusCode ?? 0
      // Health is plain text, and only its status is of interest.
      if (!(response.headers['content-type'] ?? '').startsWith('application/json')) {
        response.resume()
        response.on('end', () => answer.resolve({ status, body: undefined }))
        response.on('error', answer.reject)
        return
      }
      readJson(response).then((value) => answer.resolve({ status, body: value }), answer.reject)
    },
  )
  asked.on('error', answer.reject)
  asked.end(body === undefined ? undefined : JSON.stringify(body))
  return answer.promise
}

function credentialsOf(as: Asker): { readonly cert?: string; readonly key?: string } {
  return typeof as === 'object' && 'certificate' in as ? { cert: as.certificate, key: as.key } : {}
}
