import { readFile } from 'node:fs/promises'
import { Secret } from '../../core/secret.ts'
import { KubernetesError } from './errors.ts'
import type { KubernetesSettings, Source } from './settings.ts'

/** Whom we trust and who we are, at a moment. */
export type Identity = {
  readonly ca?: string
  readonly token?: Secret
  readonly certificate?: string
  readonly key?: Secret
}

export type Credentials = {
  readonly current: () => Promise<Identity>
  /** A newer one than the one that was refused; undefined where nothing can have changed. */
  readonly renewed: (refused: Identity) => Promise<Identity | undefined>
}

type Deps = { readonly now: () => number; readonly rereadMs: number }

export function createCredentials(settings: KubernetesSettings, { now, rereadMs }: Deps): Credentials {
  const rereadable = sourcesOf(settings).some((source) => !('text' in source))
  let known: { readonly identity: Identity; readonly at: number } | undefined
  let reading: Promise<Identity> | undefined

  async function read(): Promise<Identity> {
    const at = now()
    // A file may be half replaced. What worked until now is tried on; if it is refused, that is what is reported.
    const identity = await readIdentity(settings).catch((cause: unknown) => known?.identity ?? cannotRead(cause))
    known = { identity, at }
    return identity
  }
  const readOnce = (): Promise<Identity> => (reading ??= read().finally(() => (reading = undefined)))

  return {
    current: async () => {
      if (known !== undefined && (!rereadable || now() - known.at < rereadMs)) return known.identity
      return readOnce()
    },
    renewed: async (refused) => {
      if (!rereadable) return undefined
      // Of many that were refused together, the first has read it for all.
      return known !== undefined && known.identity !== refused ? known.identity : readOnce()
    },
  }
}

function sourcesOf({ ca, credentials }: KubernetesSettings): readonly Source[] {
  const trusted = ca === undefined ? [] : [ca]
  switch (credentials.kind) {
    case 'token':
      return [...trusted, credentials.token]
    case 'certificate':
      return [...trusted, credentials.certificate, credentials.key]
    case 'none':
      return trusted
  }
}

async function readIdentity({ ca, credentials }: KubernetesSettings): Promise<Identity> {
  const trusted = ca === undefined ? {} : { ca: await textOf(ca) }
  switch (credentials.kind) {
    case 'token':
      return { ...trusted, token: new Secret((await textOf(credentials.token)).trim()) }
    case 'certificate': {
      const [certificate, key] = await Promise.all([textOf(credentials.certificate), textOf(credentials.key)])
      return { ...trusted, certificate, key: new Secret(key) }
    }
    case 'none':
      return trusted
  }
}

async function textOf(source: Source): Promise<string> {
  if ('file' in source) return readFile(source.file, 'utf8')
  const text = 'text' in source ? source.text : await source.read()
  return typeof text === 'string' ? text : text.reveal()
}

function cannotRead(cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause)
  throw new KubernetesError(`the credentials for the API server cannot be read: ${why}`, {
    class: 'no-credentials',
    cause,
  })
}
