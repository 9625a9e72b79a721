import { type Parsed, type Problem, parsed, refused } from '../parsed.ts'
import { textsUnder } from './shape.ts'
import { type Entry } from './source.ts'

declare const agentKey: unique symbol
/** An agent's public key as OpenSSH writes it, without the comment: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…`. */
export type AgentKey = string & { readonly [agentKey]: true }

/**
 * OpenSSH's blob is `length 11, "ssh-ed25519", length 32, 32 bytes`: 51 bytes, so 68 base64 digits without padding, of
 * which the first 25 and a third of the next are fixed. The pattern is therefore the whole structure, decoded.
 */
const form = /^(ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-P][A-Za-z0-9+/]{42})(?: [!-~]+){0,8}$/

/** One space between the parts, and none around: a key that looks right in a review is the key that is read. */
export function parseAgentKey(text: string): Parsed<AgentKey> {
  const key = form.exec(text)?.[1]
  if (key !== undefined) return parsed(key as AgentKey)
  const [kind] = text.split(/\s/, 1)
  // A private key is never repeated: the message may be shown on a pull request.
  if (text.includes('PRIVATE KEY')) {
    return refused({
      message: 'expected the public key of an agent, got a private key',
      help: 'that key is known now: make a new one, and write the line of its `.pub` file here',
    })
  }
  if (kind !== 'ssh-ed25519') {
    return refused({
      message: 'expected a public key as `ssh-ed25519 AAAA…`, got something else',
      help: 'other kinds of keys are not supported; make one with `ssh-keygen -t ed25519`',
    })
  }
  return refused({
    message: 'expected a whole `ssh-ed25519` public key: 68 characters after one space',
    help: 'copy the line of the `.pub` file again, without spaces around it or line breaks in it',
  })
}

/** A key proves which cluster is speaking, so no two clusters have one in common; and two equal keys are no rotation. */
export function sharedAgentKeys(clusters: readonly Entry[]): readonly Problem[] {
  const owners = new Map<AgentKey, string>()
  return clusters.flatMap(({ key: cluster, value }) =>
    textsUnder(value, 'agents').flatMap(({ text, at }) => {
      const key = parseAgentKey(text)
      const owner = key.ok ? owners.get(key.value) : undefined
      if (key.ok && owner === undefined) owners.set(key.value, cluster)
      if (owner === undefined) return []
      return [
        {
          message: `expected a key of its own, but cluster \`${owner}\` lists this one already`,
          at,
          help: owner === cluster ? 'remove one of the two' : 'make a key for each cluster',
        },
      ]
    }),
  )
}
