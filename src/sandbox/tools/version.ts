import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Tool } from './tool.ts'

/** Undefined when the program cannot be run or says nothing like a version: `Kubernetes v1.35.4`, `etcd Version: 3.6.16`. */
export async function versionOf(tool: Tool, path: string): Promise<string | undefined> {
  try {
    const options = { timeout: 15_000, killSignal: 'SIGKILL' } as const
    const { stdout } = await promisify(execFile)(path, [...tool.versionArguments], options)
    return /\bv?(\d+\.\d+\.\d+(?:[-+][\w.+-]+)?)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}
