/** Why a connection was closed, as the other side is told: like the codes of HTTP, where there is one. */
export const closing = {
  /** The process ends; it will be back. */
  leaving: { code: 1001, reason: 'going away' },
  broken: { code: 4400, reason: 'that is not how this link is spoken' },
  unproven: { code: 4401, reason: 'the signature does not fit the key' },
  unknownKey: { code: 4403, reason: 'no merged configuration lists this key for this cluster' },
  late: { code: 4408, reason: 'the handshake took too long' },
  replaced: { code: 4409, reason: 'a newer connection for the same cluster took over' },
  version: { code: 4426, reason: 'no version of the protocol in common' },
  flood: { code: 4429, reason: 'too many messages' },
  failed: { code: 4500, reason: 'cannot tell now who may connect' },
} as const

export type Closing = { readonly code: number; readonly reason: string }
