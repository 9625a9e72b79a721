import type { Parsed } from '../parsed.ts'
import type { SyncReport } from './report.ts'

/** An agent's word: nothing of it is believed but its form. */
export function parseSyncReport(_json: unknown): Parsed<SyncReport> {
  throw new Error('not yet')
}
