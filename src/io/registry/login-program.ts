import { execFile } from 'node:child_process'
import { type Parsed, parsed, refused } from '../../core/parsed.ts'
import { Secret } from '../../core/secret.ts'
import type { Credentials } from './credentials.ts'
import { parseObject } from './json-object.ts'

/**
 * Who keeps a login, where a docker config only names it: `ecr-login` is the program `docker-credential-ecr-login`, and
 * `server` is what it knows the registry by. https://github.com/docker/docker-credential-helpers
 */
export type LoginProgram = { readonly program: string; readonly server: string }

export type AskLoginProgram = (program: LoginProgram) => Promise<Parsed<Credentials>>

type Options = {
  readonly now: () => number
  readonly timeoutMs?: number
}

/** Such a program tells nobody how long its login is good. It renews it in time by itself, so ask often, but not always. */
const keptMs = 60_000
const longestAnswer = 64 * 1024

/**
 * Asks as docker does, and each program once a minute for each registry, whatever it answers. It runs with our own
 * environment, where the keys of clouds are: keeping ours from it would hide nothing from a program of the same user.
 */
export function createAskLoginProgram({ now, timeoutMs = 30_000 }: Options): AskLoginProgram {
  const asked = new Map<string, { readonly answer: Promise<Parsed<Credentials>>; readonly untilMs: number }>()
  return async (program) => {
    const key = `${program.program} ${program.server}`
    const known = asked.get(key)
    if (known !== undefined && known.untilMs > now()) return await known.answer
    const answer = run(program, timeoutMs)
    asked.set(key, { answer, untilMs: now() + keptMs })
    return await answer
  }
}

async function run({ program, server }: LoginProgram, timeout: number): Promise<Parsed<Credentials>> {
  const name = `docker-credential-${program}`
  const options = { timeout, killSignal: 'SIGKILL', maxBuffer: longestAnswer, encoding: 'buffer' } as const
  return await new Promise((resolve) => {
    const child = execFile(name, ['get'], options, (error, stdout) => {
      // What it says of a failure is for whoever runs it by hand: nobody promised that no secret is in it.
      if (error === null) resolve(readAnswer(name, stdout))
      else resolve(refused(`\`${name} get\` ${whatFailed(error, timeout)}: run it where Lotse runs, to see why`))
    })
    // One that ends before it has read is told of by how it ended.
    child.stdin?.on('error', () => {})
    child.stdin?.end(server)
  })
}

function whatFailed(
  error: { readonly code?: string | number | null; readonly killed?: boolean },
  timeout: number,
): string {
  if (error.code === 'ENOENT') return 'is not on the PATH'
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `said more than ${longestAnswer} bytes`
  if (error.killed === true) return `took longer than ${timeout / 1000} seconds`
  return `failed (${error.code ?? 'it was ended'})`
}

/** `<token>` as the user name says that the secret is an identity token. */
function readAnswer(name: string, stdout: Uint8Array): Parsed<Credentials> {
  const { Username: username, Secret: secret } = parseObject(stdout) ?? {}
  if (typeof username !== 'string' || typeof secret !== 'string' || username === '' || secret === '')
    return refused(`\`${name} get\` answered without a user name and a secret`)
  return username === '<token>'
    ? parsed({ kind: 'identity-token', token: new Secret(secret) })
    : parsed({ kind: 'password', username, password: new Secret(secret) })
}
