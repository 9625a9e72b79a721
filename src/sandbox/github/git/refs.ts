import { git, tryGit } from './run.ts'

export const noCommit = '0000000000000000000000000000000000000000'

/** `before` undefined: whatever is there; `noCommit`: must not exist. `after` `noCommit`: delete. */
export type RefUpdate = { readonly name: string; readonly before?: string; readonly after: string }
/** What really happened to a ref; `noCommit` stands for "not there". */
export type RefChange = { readonly name: string; readonly before: string; readonly after: string }
export type RefsUpdated =
  | { readonly kind: 'updated'; readonly changes: readonly RefChange[] }
  | { readonly kind: 'moved'; readonly name: string; readonly actual: string }
  | { readonly kind: 'refused'; readonly because: string }

/** The refs of one repository, known in this process: only `update` and a push through the sandbox change them. */
export type Refs = {
  all(): ReadonlyMap<string, string>
  get(name: string): string | undefined
  /** All or nothing. */
  update(updates: readonly RefUpdate[]): Promise<RefsUpdated>
  /** Reads them anew, after git has written some, and says what changed. */
  reread(): Promise<readonly RefChange[]>
}

export async function openRefs(path: string): Promise<Refs> {
  let known = await listRefs(path)
  return {
    all: () => known,
    get: (name) => known.get(name),
    async update(updates) {
      const moved = updates.find(({ name, before }) => before !== undefined && before !== (known.get(name) ?? noCommit))
      if (moved !== undefined) {
        return { kind: 'moved', name: moved.name, actual: known.get(moved.name) ?? noCommit }
      }
      const changes = updates.map(({ name, after }) => ({ name, before: known.get(name) ?? noCommit, after }))
      const effective = changes.filter(({ before, after }) => before !== after)
      if (effective.length === 0) return { kind: 'updated', changes: [] }
      const answer = await tryGit(path, ['update-ref', '--stdin'], effective.map(updateLine).join(''))
      if (answer.code !== 0) return { kind: 'refused', because: answer.stderr.trim() }
      known = applied(known, effective)
      return { kind: 'updated', changes: effective }
    },
    async reread() {
      const before = known
      known = await listRefs(path)
      return difference(before, known)
    },
  }
}

function updateLine({ name, before, after }: RefChange): string {
  return after === noCommit ? `delete ${name} ${before}\n` : `update ${name} ${after} ${before}\n`
}

async function listRefs(path: string): Promise<ReadonlyMap<string, string>> {
  const text = await git(path, ['for-each-ref', '--format=%(refname) %(objectname)'])
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const space = line.lastIndexOf(' ')
        return [line.slice(0, space), line.slice(space + 1)]
      }),
  )
}

function applied(known: ReadonlyMap<string, string>, changes: readonly RefChange[]): ReadonlyMap<string, string> {
  const refs = new Map(known)
  for (const { name, after } of changes) {
    if (after === noCommit) refs.delete(name)
    else refs.set(name, after)
  }
  return refs
}

function difference(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly RefChange[] {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names]
    .map((name) => ({ name, before: before.get(name) ?? noCommit, after: after.get(name) ?? noCommit }))
    .filter((change) => change.before !== change.after)
}
