import { type ObjectStore } from './objects.ts'

export type Signature = { readonly name: string; readonly email: string; readonly at: Date; readonly zone?: string }
export type Commit = {
  readonly sha: string
  readonly tree: string
  readonly parents: readonly string[]
  readonly author: Signature
  readonly committer: Signature
  readonly message: string
}
export type NewCommit = Omit<Commit, 'sha'>

/** By id or by any name of a commit (`main`, an annotated tag, a short id). */
export async function readCommit(objects: ObjectStore, name: string): Promise<Commit | undefined> {
  const known = /^[0-9a-f]{40}$/.test(name) ? await objects.read(name) : undefined
  const object = known?.type === 'commit' ? known : await objects.read(`${name}^{commit}`)
  return object?.type === 'commit' ? decodeCommit(object.sha, object.content.toString('utf8')) : undefined
}

export async function writeCommit(objects: ObjectStore, commit: NewCommit): Promise<string> {
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${encodeSignature(commit.author)}`,
    `committer ${encodeSignature(commit.committer)}`,
  ]
  const message = commit.message.endsWith('\n') ? commit.message : `${commit.message}\n`
  return objects.write('commit', Buffer.from(`${lines.join('\n')}\n\n${message}`))
}

function decodeCommit(sha: string, text: string): Commit {
  const end = text.indexOf('\n\n')
  const headers = text.slice(0, end).split('\n')
  const all = (name: string): readonly string[] =>
    headers.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1))
  return {
    sha,
    tree: all('tree')[0] ?? '',
    parents: all('parent'),
    author: decodeSignature(all('author')[0] ?? ''),
    committer: decodeSignature(all('committer')[0] ?? ''),
    // GitHub's API shows a message without the newline that `git commit` puts at its end.
    message: text.slice(end + 2).replace(/\n$/, ''),
  }
}

function encodeSignature({ name, email, at, zone = '+0000' }: Signature): string {
  const clean = (text: string): string => text.replaceAll(/[<>\n\0]/g, '')
  return `${clean(name)} <${clean(email)}> ${Math.floor(at.getTime() / 1000)} ${zone}`
}

function decodeSignature(text: string): Signature {
  const found = /^(.*?) ?<([^>]*)> (-?[0-9]+) ([+-][0-9]{4})$/.exec(text)
  const [, name = '', email = '', seconds = '0', zone = '+0000'] = found ?? []
  return { name, email, at: new Date(Number(seconds) * 1000), zone }
}
