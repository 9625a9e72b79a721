import type { Secret } from '../../core/secret.ts'

/** What opens the remote. `knownHosts`: a file; without it only github.com's own host keys are trusted. */
export type GitCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: Secret }
  | { readonly kind: 'ssh-key'; readonly path: string; readonly knownHosts?: string }
