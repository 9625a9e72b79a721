import { randomBytes } from 'node:crypto'
import type { StageOptions } from '../../src/cli/stage.ts'

/** Stories run on the server that `DATABASE_URL` names, each in a schema of its own; without it, on the embedded one. */
export function storyDatabase(): Pick<StageOptions, 'databaseUrl' | 'databaseSchema'> {
  const databaseUrl = process.env['DATABASE_URL']
  return databaseUrl === undefined ? {} : { databaseUrl, databaseSchema: `story_${randomBytes(6).toString('hex')}` }
}
