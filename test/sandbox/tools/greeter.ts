import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findOnPath } from '../../../src/sandbox/tools/find-on-path.ts'
import type { ToolDeps } from '../../../src/sandbox/tools/resolve.ts'
import type { Tool } from '../../../src/sandbox/tools/tool.ts'

/** A tool like the others, but built in a second. */
export const greeter: Tool = {
  name: 'greeter',
  version: '1.2.3',
  fits: '~1.2.0',
  setting: 'GREETER_BIN',
  versionArguments: ['--version'],
  inEnvtest: false,
  source: {
    module: 'fixture',
    package: 'example.test/greeter',
    variables: { 'main.version': 'v1.2.3' },
    usualSeconds: 1,
  },
}

export type Machine = {
  /** Its PATH is one folder of its own: what this machine has is not found. */
  readonly deps: ToolDeps
  readonly folder: string
  /** Puts a program on the PATH. */
  readonly install: (name: string, script: string) => Promise<string>
  readonly installGo: () => Promise<void>
}

/** A machine that has nothing yet: an empty cache, no Go, and nobody to download from. */
export async function emptyMachine(t: TestContext): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-tools-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const programs = join(folder, 'bin')
  await mkdir(programs)
  // The one program of the system that is wanted.
  await symlink('/bin/rm', join(programs, 'rm'))
  const install = (name: string, script: string): Promise<string> => writeProgram(join(programs, name), script)
  return {
    folder,
    install,
    // Go's own cache is the user's, for it is found by the same variable as ours; from scratch each build takes long.
    async installGo() {
      const xdg = process.env['XDG_CACHE_HOME'] ?? ''
      const lines = ['#!/bin/sh', `echo "$1" >>"${folder}/go-calls"`, `XDG_CACHE_HOME="${xdg}" exec ${realGo} "$@"`]
      await install('go', `${lines.join('\n')}\n`)
    },
    deps: {
      environment: {
        PATH: programs,
        HOME: process.env['HOME'],
        XDG_CACHE_HOME: join(folder, 'cache'),
        GOFLAGS: '-p=2',
      },
      modules: import.meta.dirname,
      // Nothing listens on it: refused at once.
      releaseIndex: 'http://127.0.0.1:9/envtest-releases.yaml',
    },
  }
}

/** A program that says its version, and nothing else. */
export function saying(version: string): string {
  return `#!/bin/sh\necho "version v${version}"\n`
}

async function writeProgram(file: string, script: string): Promise<string> {
  await writeFile(file, script)
  await chmod(file, 0o755)
  return file
}

const realGo = await findOnPath('go', process.env['PATH'])

/** A test that builds. */
export function testWithGo(name: string, run: (t: TestContext) => Promise<void>): void {
  test(name, async (t) => {
    if (realGo !== undefined) return run(t)
    const missing = `'${name}' wants Go on the PATH: https://go.dev/dl`
    if (process.env['CI'] === 'true') throw new Error(missing)
    process.stderr.write(`skipped: ${missing}\n`)
  })
}
