import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Daemon, startDaemon } from './daemon.ts'

export type Etcd = { readonly endpoint: string; readonly daemon: Daemon }

/**
 * An etcd that only its owner can reach: on a socket in a folder of mode 0700, for it asks nobody who they are. Without
 * fsync: its data ends with it.
 */
export async function startEtcd(program: string, signal: AbortSignal): Promise<Etcd> {
  const daemon = await startDaemon({
    name: 'etcd',
    program,
    argumentsIn: async (folder) => [
      `--data-dir=${join(folder, 'data')}`,
      `--listen-client-urls=unix://${socketIn(folder)}`,
      // It must be told, with a port, what to tell others; nobody asks.
      '--advertise-client-urls=http://127.0.0.1:2379',
      '--listen-peer-urls=http://127.0.0.1:0',
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
  })
  const socket = socketIn(daemon.folder)
  try {
    await listening(socket, daemon, signal)
  } catch (error) {
    await daemon.end()
    throw error
  }
  return { endpoint: `unix://${socket}`, daemon }
}

function socketIn(folder: string): string {
  return join(folder, 'socket')
}

async function listening(socket: string, { ended, log }: Daemon, signal: AbortSignal): Promise<void> {
  let code: number | undefined
  void ended.then((exit) => (code = exit))
  while (!(await exists(socket))) {
    if (code !== undefined) throw new Error(`etcd ended with ${code}:\n${await log()}`)
    await wait(10, undefined, { signal })
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
