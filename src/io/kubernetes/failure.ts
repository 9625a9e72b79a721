import { type Call, formatCall } from './call.ts'
import { KubernetesError } from './errors.ts'

/** What it means that no whole answer came. */
export function failureOf(error: unknown, call: Call): KubernetesError {
  if (error instanceof KubernetesError) return error
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no code'
  if (isDistrust(code)) {
    return new KubernetesError(`the API server's certificate is not trusted (${code})`, {
      class: 'untrusted',
      help: 'check the server’s address, and the CA that is to vouch for it',
      cause: error,
    })
  }
  // Unpacking failed: what is between us and the server packed it badly, or cut it.
  if (code.startsWith('Z_')) {
    return new KubernetesError(`the answer to ${formatCall(call)} cannot be unpacked (${code})`, {
      class: 'bad-answer',
      cause: error,
    })
  }
  return new KubernetesError(`the API server could not be reached for ${formatCall(call)} (${code})`, {
    class: 'unreachable',
    cause: error,
  })
}

/** Codes of OpenSSL's verification, and of Node's check of the name: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function isDistrust(code: string): boolean {
  return /^(?:CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|ERR_TLS_CERT_)/.test(
    code,
  )
}
