import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

export type Ran = { readonly code: number | null; readonly out: string; readonly said: string }

const main = resolve(import.meta.dirname, '../../src/cli/main.ts')

/** `lotse` as a process of its own, with these variables and no others. */
export function startCli(
  args: readonly string[],
  { environment = {}, program = main }: CliOptions = {},
): ChildProcessWithoutNullStreams {
  const env = { ...environment, PATH: process.env['PATH'] ?? '' }
  return spawn(process.execPath, [program, ...args], { env, stdio: 'pipe' })
}

export type CliOptions = {
  readonly environment?: Readonly<Record<string, string>>
  /** Another checkout's. */
  readonly program?: string
}

/** Until its end: `out` is what it answered, `said` what went to stderr. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<Ran> {
  const child = startCli(args, options)
  const [out, said, [code]] = await Promise.all([textOf(child.stdout), textOf(child.stderr), once(child, 'close')])
  return { code: code as number | null, out, said }
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) text += String(chunk)
  return text
}
