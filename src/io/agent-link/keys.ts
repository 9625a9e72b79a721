import { generateKeyPairSync } from 'node:crypto'
import { type AgentKey } from '../../core/config/agent-key.ts'
import { type KeyPair, parseKeyPair } from '../../core/key-pair.ts'
import { guaranteed } from '../../core/parsed.ts'
import { Secret } from '../../core/secret.ts'
import { UserError } from '../../core/user-error.ts'

/** A new key for an agent or the bot, as it is kept, with the line that others know it by. */
export function createKey(): { readonly pem: Secret; readonly publicKey: AgentKey } {
  const pem = new Secret(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
  return { pem, publicKey: guaranteed(parseKeyPair(pem)).publicKey }
}

/** The key pair of a setting; `what` names it: `the agent's key`. */
export function readKeyPair(pem: Secret, what: string): KeyPair {
  const pair = parseKeyPair(pem)
  if (pair.ok) return pair.value
  const [problem] = pair.problems
  const help = problem.help ?? 'make one with `lotse key`'
  throw new UserError(`${what} cannot be used: ${problem.message}`, { help })
}
