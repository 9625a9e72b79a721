import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { after } from 'node:test'
import { parse } from 'yaml'
import {
  type BranchName,
  type CommitSha,
  type InstallationId,
  type RepoId,
  type RepoName,
  parseBranchName,
  parseCommitSha,
  parseInstallationId,
  parsePullNumber,
  parseRepoId,
  parseRepoName,
} from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { Secret } from '../../../src/core/secret.ts'
import { type Client, type GitHub, createGitHub } from '../../../src/io/github/client.ts'
import type { RegisteredApp, SandboxGitHub } from '../../../src/sandbox/github/github.ts'
import { startGitHub } from '../../../src/sandbox/github/github.ts'

export const fullName = 'acme/gitops'
export const name: RepoName = guaranteed(parseRepoName(fullName))
export const main = branch('main')

/** A GitHub with acme/gitops, our app installed on it, and the client that is under test. */
export type Ground = {
  readonly sandbox: SandboxGitHub
  readonly app: RegisteredApp
  readonly github: GitHub
  readonly installation: InstallationId
  readonly repository: RepoId
  /** As the installation, held to the repository, with what a release may do. */
  readonly octokit: Client
  /** The clocks of the sandbox and of the client; undefined: the real time. */
  readonly clock: { sandbox?: Date | undefined; client?: Date | undefined }
}

export async function openGround(): Promise<Ground> {
  const clock: Ground['clock'] = {}
  const sandbox = await startGitHub({ now: () => clock.sandbox ?? new Date() })
  after(() => sandbox.close())
  sandbox.createOrganization('acme')
  for (const person of ['alice', 'bob']) sandbox.createUser(person)
  const { id } = await sandbox.createRepository(fullName)
  sandbox.grant(fullName, 'alice', 'admin')
  sandbox.grant(fullName, 'bob', 'write')
  const manifest = parse(readFileSync(resolve(import.meta.dirname, '../../../app.yml'), 'utf8'))
  const app = sandbox.registerApp(manifest, { webhookSecret: 'a secret of at least thirty-two bytes' })
  const installation = guaranteed(parseInstallationId(await sandbox.install(app.appId, 'acme')))
  const settings = { appId: app.appId, privateKey: new Secret(app.privateKey), apiUrl: sandbox.apiUrl }
  const github = createGitHub(settings, { now: () => clock.client ?? new Date() })
  const repository = guaranteed(parseRepoId(id))
  const octokit = await github.as({ installation, repository, profile: 'release' })
  return { sandbox, app, github, installation, repository, octokit, clock }
}

export function branch(text: string): BranchName {
  return guaranteed(parseBranchName(text))
}

export function pullNumber(number: number) {
  return guaranteed(parsePullNumber(number))
}

export function headOf({ sandbox }: Ground, of: string): CommitSha | undefined {
  const sha = sandbox.repository(fullName).git.refs.get(`refs/heads/${of}`)
  return sha === undefined ? undefined : guaranteed(parseCommitSha(sha))
}

export function mainHead(ground: Ground): CommitSha {
  const head = headOf(ground, 'main')
  if (head === undefined) throw new Error('there is no main')
  return head
}

export type Entry = { readonly mode?: '100644' | '100755' | '120000'; readonly bytes: Uint8Array | string }

/** A commit on main with exactly these bytes and modes, and submodules by their commits; nothing else is in it. */
export async function commitEntries(
  { octokit, sandbox }: Ground,
  files: Readonly<Record<string, Entry>>,
  submodules: Readonly<Record<string, string>> = {},
): Promise<CommitSha> {
  const where = { owner: 'acme', repo: 'gitops' }
  const { git } = sandbox.repository(fullName)
  const blobs = await Promise.all(
    Object.entries(files).map(async ([path, { mode = '100644', bytes }]) => {
      const sha = await git.objects.write('blob', Buffer.from(bytes))
      return { path, mode, type: 'blob', sha } as const
    }),
  )
  const links = Object.entries(submodules).map(
    ([path, sha]) => ({ path, mode: '160000', type: 'commit', sha }) as const,
  )
  const { data: tree } = await octokit.rest.git.createTree({ ...where, tree: [...blobs, ...links] })
  const { data: commit } = await octokit.rest.git.createCommit({
    ...where,
    message: 'Files',
    tree: tree.sha,
    parents: [],
  })
  await octokit.rest.git.updateRef({ ...where, ref: 'heads/main', sha: commit.sha, force: true })
  return guaranteed(parseCommitSha(commit.sha))
}
