import type { Secret } from '../../core/secret.ts'

/** How an API server is reached, and as whom. */
export type KubernetesSettings = {
  /** `https://10.0.0.1:443`; a path is kept, for servers behind a proxy. */
  readonly server: string
  /** PEM of who vouches for the server; undefined: what Node trusts. */
  readonly ca?: Source
  /** The name in the server's certificate, where it is not the one in `server`. */
  readonly serverName?: string
  readonly credentials:
    | { readonly kind: 'token'; readonly token: Source }
    | { readonly kind: 'certificate'; readonly certificate: Source; readonly key: Source }
    | { readonly kind: 'none' }
}

/** A text that never changes, or where to look for it again: files are rotated, and programs give tokens for minutes. */
export type Source =
  | { readonly text: string | Secret }
  | { readonly file: string }
  | { readonly read: () => Promise<string | Secret> }
