import { type LinkLog } from './link-log.ts'

/** What a listener throws is a bug of its own, and no reason to lose the connection, or the process. */
export function guard(log: LinkLog, listener: () => void): void {
  try {
    listener()
  } catch (error) {
    log.error({ err: error }, 'listener of the link failed')
  }
}
