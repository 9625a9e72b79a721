import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../../core/user-error.ts'
import { type GitEnvironment, type Machine, githubHostKeys, knownHostsPath, localEnvironment } from './environment.ts'
import { GitError } from './git-error.ts'
import { failureOf, readable } from './failure.ts'
import { type GitAnswer, type GitRun, runGit } from './run.ts'

/**
 * `mirror.git` fetches, `reader.git` reads the same objects. The reader has no remote, so that it can never fetch: git
 * would otherwise fetch each blob that is missing, one by one.
 */
export type CopyFolder = {
  /** Runs git where it fetches. */
  readonly inMirror: (args: readonly string[], run: GitRun) => Promise<GitAnswer>
  /** Runs git where it reads; it can reach nothing. */
  readonly read: (args: readonly string[], run?: Omit<GitRun, 'environment'>) => Promise<GitAnswer>
  readonly machine: Machine
  /** Makes what is missing, and removes what a killed git has left. */
  readonly prepare: () => Promise<void>
  readonly startAnew: () => Promise<void>
  readonly packs: () => Promise<{ readonly count: number; readonly bytes: number }>
}

export function openCopyFolder(folder: string, ours: Machine['environment']): CopyFolder {
  const machine: Machine = { home: folder, environment: ours }
  const mirror = join(folder, 'mirror.git')
  const reader = join(folder, 'reader.git')
  const local = localEnvironment(machine)
  const readerEnvironment = { ...local, GIT_OBJECT_DIRECTORY: join(mirror, 'objects') }
  async function prepare(): Promise<void> {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFile(knownHostsPath(folder), githubHostKeys)
      await sweep(mirror)
      await rm(reader, { recursive: true, force: true })
    } catch (error) {
      throw unwritable(folder, error)
    }
    await init(mirror, local)
    await init(reader, local)
  }
  return {
    inMirror: (args, run) => runGit(['--git-dir', mirror, ...args], run),
    read: (args, run = {}) => runGit(['--git-dir', reader, ...args], { ...run, environment: readerEnvironment }),
    machine,
    prepare,
    async startAnew() {
      await rm(mirror, { recursive: true, force: true })
      await prepare()
    },
    async packs() {
      const pack = join(mirror, 'objects', 'pack')
      const names = (await readdir(pack)).filter((name) => name.endsWith('.pack'))
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(pack, name))).size))
      return { count: names.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
    },
  }
}

/** A repository that is there is left as it is. */
async function init(path: string, environment: GitEnvironment): Promise<void> {
  const answer = await runGit(['init', '--quiet', '--bare', '--template=', path], { environment })
  if (answer.code === 0) return
  const known = failureOf(answer, path, undefined)
  if (known !== undefined) throw known
  throw new GitError('corrupt', 'the git mirror cannot be made', {
    cause: new Error(readable(answer.stderr, undefined)),
  })
}

function unwritable(folder: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const help = 'look at the volume of DATA_DIR, and who may write to it'
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new GitError('disk-full', `there is no space left in ${folder}`, { help, cause: error })
  }
  const refused = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].some((each) => each === code)
  return refused ? new UserError(`the folder ${folder} cannot be written`, { help, cause: error }) : error
}

/** The folder is ours alone: a lock that is there when we start is one of the dead, and half a pack is none. */
async function sweep(mirror: string): Promise<void> {
  const entries = await readdir(mirror, { recursive: true, withFileTypes: true }).catch(() => [])
  const left = entries.filter(({ name }) => /\.lock$|^\.?tmp[_-]/.test(name))
  await Promise.all(left.map(({ parentPath, name }) => rm(join(parentPath, name), { recursive: true, force: true })))
}
