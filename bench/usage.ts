import { readFile, writeFile } from 'node:fs/promises'

/** What a process has used so far. Linux alone tells it to others so finely; elsewhere it is NaN. */
export type Usage = { readonly cpuMs: number; readonly peakMiB: number; readonly residentMiB: number }

const ticksPerSecond = 100

/** Of a process that lives. */
export async function usageOf(pid: number): Promise<Usage> {
  if (process.platform !== 'linux') return { cpuMs: NaN, peakMiB: NaN, residentMiB: NaN }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The name of the program stands in parentheses and may hold spaces; user and system time are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const mib = (name: string): number =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024)
  return { cpuMs: (ticks * 1000) / ticksPerSecond, peakMiB: mib('VmHWM'), residentMiB: mib('VmRSS') }
}

/** From now on the peak is that of what follows. */
export async function forgetPeak(pid: number): Promise<void> {
  if (process.platform === 'linux') await writeFile(`/proc/${pid}/clear_refs`, '5')
}
