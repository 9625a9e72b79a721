import { type Challenge, parseChallenges } from '../../io/registry/challenge.ts'

export type RegistryLogin = { readonly username: string; readonly password: string }

export type PushSession = {
  readonly pushBlob: (digest: string, bytes: Buffer) => Promise<void>
  readonly pushManifest: (reference: string, type: string, bytes: Buffer) => Promise<{ readonly digest: string }>
}

type Message = { readonly body: Uint8Array<ArrayBuffer>; readonly headers: Readonly<Record<string, string>> }
type Send = (method: string, url: string, message?: Message) => Promise<Response>

/** The writing half of the protocol, which the product never needs: it only reads registries. */
export function createSession(registry: string, repository: string, login: RegistryLogin | undefined): PushSession {
  const send = createSend(registry, repository, login)
  const base = `/v2/${repository}`
  return {
    pushBlob: async (digest, bytes) => {
      const known = await send('HEAD', `${base}/blobs/${digest}`)
      if (known.status === 200) return
      const started = await expectStatus(await send('POST', `${base}/blobs/uploads/`), 202)
      const location = new URL(started.headers.get('location') ?? '', `${registry}${base}/blobs/uploads/`)
      location.searchParams.set('digest', digest)
      const body = { body: new Uint8Array(bytes), headers: { 'content-type': 'application/octet-stream' } }
      await expectStatus(await send('PUT', location.href, body), 201)
    },
    pushManifest: async (reference, type, bytes) => {
      const body = { body: new Uint8Array(bytes), headers: { 'content-type': type } }
      const put = await expectStatus(await send('PUT', `${base}/manifests/${reference}`, body), 201)
      return { digest: put.headers.get('docker-content-digest') ?? '' }
    },
  }
}

/** Asks for what the registry challenges us for, once, and keeps it for the rest of the session. */
function createSend(registry: string, repository: string, login: RegistryLogin | undefined): Send {
  let authorization: string | undefined
  const once: Send = async (method, url, message) => {
    const headers = { ...message?.headers, ...(authorization === undefined ? {} : { authorization }) }
    return await fetch(new URL(url, registry), { ...message, method, headers })
  }
  return async (method, url, message) => {
    const response = await once(method, url, message)
    if (response.status !== 401 || login === undefined) return response
    await response.body?.cancel()
    authorization = await authorize(parseChallenges(response.headers.get('www-authenticate') ?? ''), repository, login)
    return await once(method, url, message)
  }
}

async function authorize(challenges: readonly Challenge[], repository: string, login: RegistryLogin): Promise<string> {
  const basic = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer')
  if (bearer === undefined) return basic
  const realm = new URL(bearer.parameters['realm'] ?? '')
  realm.searchParams.set('service', bearer.parameters['service'] ?? '')
  realm.searchParams.set('scope', `repository:${repository}:pull,push`)
  const granted = await expectStatus(await fetch(realm, { headers: { authorization: basic } }), 200)
  const body: unknown = await granted.json()
  const token = typeof body === 'object' && body !== null && 'token' in body ? body.token : undefined
  if (typeof token !== 'string') throw new Error(`${realm.origin} granted no token`)
  return `Bearer ${token}`
}

async function expectStatus(response: Response, status: number): Promise<Response> {
  if (response.status === status) return response
  const text = await response.text()
  throw new Error(`expected ${status} of ${response.url}, got ${response.status}: ${text.slice(0, 500)}`)
}
