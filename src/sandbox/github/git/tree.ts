import { type ObjectStore } from './objects.ts'

export type TreeMode = '100644' | '100755' | '040000' | '160000' | '120000'
export type TreeEntry = { readonly mode: TreeMode; readonly name: string; readonly sha: string }

export const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'

export function entryType(mode: TreeMode): 'blob' | 'tree' | 'commit' {
  if (mode === '040000') return 'tree'
  return mode === '160000' ? 'commit' : 'blob'
}

/** The entries of one tree, in git's order; undefined when there is no such tree. */
export async function readTree(objects: ObjectStore, sha: string): Promise<readonly TreeEntry[] | undefined> {
  if (sha === emptyTree) return []
  const object = await objects.read(sha)
  return object?.type === 'tree' ? decodeTree(object.content) : undefined
}

export async function writeTree(objects: ObjectStore, entries: Iterable<TreeEntry>): Promise<string> {
  const sorted = [...entries].toSorted((one, other) => Buffer.compare(sortKey(one), sortKey(other)))
  return objects.write('tree', Buffer.concat(sorted.map(encodeEntry)))
}

/** What stands at a path; the tree itself for ''. */
export async function entryAt(objects: ObjectStore, tree: string, path: string): Promise<TreeEntry | undefined> {
  let found: TreeEntry | undefined = { mode: '040000', name: '', sha: tree }
  for (const name of path.split('/').filter((segment) => segment !== '')) {
    if (found?.mode !== '040000') return undefined
    const entries: readonly TreeEntry[] = (await readTree(objects, found.sha)) ?? []
    found = entries.find((entry) => entry.name === name)
  }
  return found
}

/** Every entry below a tree with its whole path, trees before what is in them, as `git ls-tree -r -t` lists them. */
export async function walkTree(objects: ObjectStore, tree: string, prefix = ''): Promise<readonly TreeEntry[]> {
  const found: TreeEntry[] = []
  for (const entry of (await readTree(objects, tree)) ?? []) {
    const name = `${prefix}${entry.name}`
    found.push({ ...entry, name })
    if (entry.mode === '040000') found.push(...(await walkTree(objects, entry.sha, `${name}/`)))
  }
  return found
}

/** What to put at a path; null takes away what is there. */
export type TreeChange = {
  readonly path: string
  readonly put: { readonly mode: TreeMode; readonly sha: string } | null
}

export type TreeChanged =
  | { readonly kind: 'written'; readonly sha: string }
  /** Taking away what is not there. */
  | { readonly kind: 'absent'; readonly path: string }

/** A tree with changes anywhere below it. Directories come and go with the files in them. */
export async function changeTree(
  objects: ObjectStore,
  base: string | undefined,
  changes: readonly TreeChange[],
): Promise<TreeChanged> {
  const entries = new Map<string, TreeEntry>()
  for (const entry of (base === undefined ? [] : await readTree(objects, base)) ?? []) entries.set(entry.name, entry)
  for (const { path, put } of changes.filter((change) => !change.path.includes('/'))) {
    if (put !== null) entries.set(path, { name: path, ...put })
    else if (!entries.delete(path)) return { kind: 'absent', path }
  }
  for (const [name, below] of Map.groupBy(
    changes.filter((change) => change.path.includes('/')),
    ({ path }) => path.slice(0, path.indexOf('/')),
  )) {
    const folder = entries.get(name)
    const inside = below.map((change) => ({ ...change, path: change.path.slice(name.length + 1) }))
    const changed = await changeTree(objects, folder?.mode === '040000' ? folder.sha : undefined, inside)
    if (changed.kind === 'absent') return { kind: 'absent', path: `${name}/${changed.path}` }
    if (changed.sha === emptyTree) entries.delete(name)
    else entries.set(name, { mode: '040000', name, sha: changed.sha })
  }
  return { kind: 'written', sha: await writeTree(objects, entries.values()) }
}

function decodeTree(content: Buffer): readonly TreeEntry[] {
  const entries: TreeEntry[] = []
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(32, at)
    const end = content.indexOf(0, space)
    entries.push({
      mode: treeMode(content.toString('latin1', at, space)),
      name: content.toString('utf8', space + 1, end),
      sha: content.toString('hex', end + 1, end + 21),
    })
    at = end + 21
  }
  return entries
}

function encodeEntry({ mode, name, sha }: TreeEntry): Buffer {
  return Buffer.concat([Buffer.from(`${mode.replace(/^0/, '')} ${name}\0`), Buffer.from(sha, 'hex')])
}

/** Git orders a directory as if its name ended with a slash. */
function sortKey({ mode, name }: TreeEntry): Buffer {
  return Buffer.from(mode === '040000' ? `${name}/` : name)
}

function treeMode(text: string): TreeMode {
  if (text === '40000') return '040000'
  if (text === '100755' || text === '160000' || text === '120000') return text
  return '100644'
}
