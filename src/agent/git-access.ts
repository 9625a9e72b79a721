import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { Secret } from '../core/secret.ts'
import { UserError } from '../core/user-error.ts'
import type { GitCredential } from '../io/git/credential.ts'
import type { GitAccess as GitAccessSetting } from '../runtime/agent-settings.ts'

export type GitAccess = {
  readonly credential: () => Promise<GitCredential>
  /** After a refusal: whether there is another credential now. Asks the bot, where it is for it to give. */
  readonly refused: () => Promise<boolean>
  /** The bot's answer. When it ends is not looked at: git says so, and no clock has to be right. */
  readonly receive: (token: Secret) => void
}

const answerWithinMs = 15_000

/** `ask`: says to the bot that a token is wanted, and whether anybody heard it. */
export function createGitAccess(setting: GitAccessSetting, ask: () => boolean): GitAccess {
  let given: Secret | undefined
  let answered = Promise.withResolvers<void>()
  return {
    async credential() {
      if (setting.kind !== 'asked') return credentialOf(setting)
      return given === undefined ? { kind: 'none' } : { kind: 'token', token: given }
    },
    async refused() {
      if (setting.kind !== 'asked') return false
      given = undefined
      answered = Promise.withResolvers<void>()
      if (!ask()) return false
      await Promise.race([answered.promise, delay(answerWithinMs, undefined, { ref: false })])
      return given !== undefined
    },
    receive(token) {
      given = token
      answered.resolve()
    },
  }
}

async function credentialOf(setting: Exclude<GitAccessSetting, { kind: 'asked' }>): Promise<GitCredential> {
  if (setting.kind === 'none') return setting
  if (setting.kind === 'token') return { kind: 'token', token: new Secret(await readToken(setting.file)) }
  const { file, knownHostsFile } = setting
  return { kind: 'ssh-key', path: file, ...(knownHostsFile === undefined ? {} : { knownHosts: knownHostsFile }) }
}

/** Read each time: who rotates it does not restart us. */
async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (cause) {
    throw new UserError(`the git token in \`${file}\` cannot be read`, { help: 'see GIT_TOKEN_FILE', cause })
  }
}
