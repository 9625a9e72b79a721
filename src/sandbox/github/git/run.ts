import { spawn } from 'node:child_process'

export type GitAnswer = { readonly code: number; readonly stdout: Buffer; readonly stderr: string }

/** The sandbox's git sees nothing of the machine it runs on: no global configuration, no prompts, no hooks of others. */
export const gitEnvironment: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
}

export class GitFailed extends Error {
  readonly code: number

  constructor(args: readonly string[], answer: GitAnswer) {
    super(`git ${args.join(' ')} ended with ${answer.code}: ${answer.stderr.trim()}`)
    this.name = 'GitFailed'
    this.code = answer.code
  }
}

/** Runs git in a bare repository and gives its output, whatever its exit code. */
export async function tryGit(path: string, args: readonly string[], input?: string | Buffer): Promise<GitAnswer> {
  const child = spawn('git', ['--git-dir', path, ...args], { env: { ...gitEnvironment }, stdio: 'pipe' })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  // A git that ends before it has read everything closes the pipe; its exit code tells the story.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input ?? '')
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exit) => resolve(exit ?? 128))
  })
  return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') }
}

/** As `tryGit`, for what must succeed. */
export async function git(path: string, args: readonly string[], input?: string | Buffer): Promise<string> {
  const answer = await tryGit(path, args, input)
  if (answer.code !== 0) throw new GitFailed(args, answer)
  return answer.stdout.toString('utf8')
}
