import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { type CliOptions, lotse } from './run-cli.ts'

export type Folder = {
  readonly path: string
  readonly read: (file: string) => Promise<string>
}

/** A folder with these files, for as long as the test runs. */
export async function folderWith(t: TestContext, files: Readonly<Record<string, string | Buffer>>): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'lotse-offline-'))
  t.after(async () => {
    await chmod(path, 0o755)
    await rm(path, { recursive: true })
  })
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, file)), { recursive: true })
    await writeFile(join(path, file), text)
  }
  return { path, read: async (file) => readFile(join(path, file), 'utf8') }
}

export type Answered = { readonly code: number | null; readonly json: unknown; readonly stderr: string }

/** What a command answers with `--json`. */
export async function answerOf(args: readonly string[], options: CliOptions = {}): Promise<Answered> {
  const { code, stdout, stderr } = await lotse([...args, '--json'], options)
  return { code, json: stdout === '' ? undefined : (JSON.parse(stdout) as unknown), stderr }
}

/** A Deployment `web` with one container `web`. */
export function deployment(image: string, annotations: readonly string[] = []): string {
  const below = annotations.length === 0 ? [] : ['  annotations:', ...annotations.map((line) => `    ${line}`)]
  return `${[
    'apiVersion: apps/v1',
    'kind: Deployment',
    'metadata:',
    '  name: web',
    ...below,
    'spec:',
    '  template:',
    '    spec:',
    '      containers:',
    '        - name: web',
    `          image: ${image} # the image`,
  ].join('\n')}\n`
}
