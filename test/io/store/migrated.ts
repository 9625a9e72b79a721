import { beforeEach } from 'node:test'
import {
  parseBlobSha,
  parseBranchName,
  parseCommitSha,
  parseFilePath,
  parseInstallationId,
  parsePullNumber,
  parseRepoId,
  parseRepoName,
  parseTreeSha,
} from '../../../src/core/ids.ts'
import { parseImageName } from '../../../src/core/image/ref.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import type { Database } from '../../../src/io/store/database.ts'
import { migrations } from '../../../src/io/store/migrations.ts'
import type { knowRepository } from '../../../src/io/store/repositories.ts'
import { migrate } from '../../../src/io/store/schema.ts'
import { openTestDatabase } from './test-database.ts'

/** One for the tests of a file, with all our tables, and empty before each test. */
export async function openMigrated(): Promise<Database> {
  const database = await openTestDatabase()
  await migrate(database, migrations)
  beforeEach(async () => {
    await database.execute(
      'truncate delivery, repository, reading, image_tags, manifest, image_content, fruitless_lookup, comment, done_command cascade',
    )
  })
  return database
}

export const repoId = (id: number) => guaranteed(parseRepoId(id))
export const installationId = (id: number) => guaranteed(parseInstallationId(id))
export const pullNumber = (number: number) => guaranteed(parsePullNumber(number))
export const commit = (digit: string) => guaranteed(parseCommitSha(digit.repeat(40)))
export const tree = (digit: string) => guaranteed(parseTreeSha(digit.repeat(40)))
export const blob = (digit: string) => guaranteed(parseBlobSha(digit.repeat(40)))
export const branch = (name: string) => guaranteed(parseBranchName(name))
export const path = (text: string) => guaranteed(parseFilePath(text))
export const image = (text: string) => guaranteed(parseImageName(text))

type Repository = Parameters<typeof knowRepository>[1]

export function gitops(override: Partial<Repository> = {}): Repository {
  const name = guaranteed(parseRepoName('acme/gitops'))
  return {
    id: repoId(11),
    installation: installationId(5),
    name,
    defaultBranch: branch('main'),
    archived: false,
    ...override,
  }
}
