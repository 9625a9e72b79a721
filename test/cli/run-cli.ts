import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

export type CliOptions = {
  readonly environment?: Readonly<Record<string, string>>
  /** That of another checkout. */
  readonly program?: string
}

const main = resolve(import.meta.dirname, '../../src/cli/main.ts')

/** `lotse` as a process of its own, with these settings and no others. */
export function startLotse(
  args: readonly string[],
  { environment = {}, program = main }: CliOptions = {},
): ChildProcessWithoutNullStreams {
  const env = { PATH: process.env['PATH'], TMPDIR: tmpdir(), ...environment }
  return spawn(process.execPath, [program, ...args], { cwd: tmpdir(), env, stdio: 'pipe' })
}

/** Until its end. */
export async function lotse(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  const child = startLotse(args, options)
  const ended = once(child, 'close') as Promise<[number | null]>
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, stdout, stderr }
}
