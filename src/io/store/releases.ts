import type { BranchName, ClusterName, CommitSha, PullNumber, RepoId, TreeSha } from '../../core/ids.ts'
import type { ReleaseGroup } from '../../core/release/group.ts'
import type { Opening } from '../../core/release/opening.ts'
import type { PullRequestText } from '../../core/release/pull-request-text.ts'
import type { Queryable } from './database.ts'

/** A group of the plan, and how far it has got on GitHub. */
export type KnownRelease = {
  readonly group: ReleaseGroup
  readonly written: WrittenRelease | undefined
  /** Its pull request, open or not. */
  readonly pull: PullNumber | undefined
  /** Whether that pull request was open when it was last looked at. */
  readonly open: boolean
  /** When the open pull request was last edited. */
  readonly editedAt: Date | undefined
  /** What it will be edited to: a burst of newer tags is written at once, at its end. */
  readonly next: NextRelease | undefined
  /** Why it opens no pull request yet. */
  readonly held: HeldRelease | undefined
  /** What its pull request is still given, and was not. */
  readonly opening: Opening | undefined
  /** The title and body that we wrote last. */
  readonly text: PullRequestText | undefined
  /** Why it cannot be written. */
  readonly problem: string | undefined
  /** The default branch's head that the group was planned for. */
  readonly plannedAt: CommitSha | undefined
  /** The default branch's head for which branch and pull request were last found in order. */
  readonly settledAt: CommitSha | undefined
  /** How often it was doubted: what was found before the last doubt is not in order. */
  readonly doubts: number
}

/** A group of which nothing is on GitHub, as far as is known. */
export function unwritten(group: ReleaseGroup): KnownRelease {
  return {
    group,
    written: undefined,
    pull: undefined,
    open: false,
    editedAt: undefined,
    next: undefined,
    held: undefined,
    opening: undefined,
    text: undefined,
    problem: undefined,
    plannedAt: undefined,
    settledAt: undefined,
    doubts: 0,
  }
}

/** The commit that we wrote for the group: `tree` is the tree of `parent` with the group's edits, and nothing else. */
export type WrittenRelease = { readonly head: CommitSha; readonly parent: CommitSha; readonly tree: TreeSha }

export type NextRelease = {
  readonly group: ReleaseGroup
  /** Since when just this is wanted, in ms. */
  readonly since: number
}

export type HeldRelease = {
  /** In ms. */
  readonly since: number
  /** For people. */
  readonly because: string
}

type ReleaseRow = {
  readonly plan: ReleaseGroup
  readonly head: CommitSha | null
  readonly parent: CommitSha | null
  readonly tree: TreeSha | null
  readonly pull: PullNumber | null
  readonly open: boolean
  readonly edited_at: Date | string | null
  readonly next: NextRelease | null
  readonly held: HeldRelease | null
  readonly opening: Opening | null
  readonly text: PullRequestText | null
  readonly problem: string | null
  readonly planned_at: CommitSha | null
  readonly settled_at: CommitSha | null
  readonly doubts: number
}

const columns =
  'plan, head, parent, tree, pull, open, edited_at, next, held, opening, text, problem, planned_at, settled_at'

/** A doubt that came since the release was read wins over what was found before it. */
export async function keepRelease(database: Queryable, repository: RepoId, release: KnownRelease): Promise<void> {
  const { group, written, pull, open, editedAt, next, held, opening, text } = release
  const { problem, plannedAt, settledAt, doubts } = release
  await database.query(
    `insert into release (repository, branch, ${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
     on conflict (repository, branch) do update set
       plan = excluded.plan, head = excluded.head, parent = excluded.parent, tree = excluded.tree,
       pull = excluded.pull, open = excluded.open, edited_at = excluded.edited_at, next = excluded.next,
       held = excluded.held, opening = excluded.opening, text = excluded.text, problem = excluded.problem, planned_at = excluded.planned_at,
       settled_at = case when release.doubts = $17 then excluded.settled_at end`,
    [
      repository,
      group.branch,
      group,
      written?.head,
      written?.parent,
      written?.tree,
      pull,
      open,
      editedAt,
      next,
      held,
      opening,
      text,
      problem,
      plannedAt,
      settledAt,
      doubts,
    ],
  )
}

export async function readReleases(database: Queryable, repository: RepoId): Promise<readonly KnownRelease[]> {
  const rows = await database.query<ReleaseRow>(
    `select ${columns}, doubts from release where repository = $1 order by branch`,
    [repository],
  )
  return rows.map(knownRelease)
}

export async function readRelease(
  database: Queryable,
  repository: RepoId,
  branch: BranchName,
): Promise<KnownRelease | undefined> {
  const [row] = await database.query<ReleaseRow>(
    `select ${columns}, doubts from release where repository = $1 and branch = $2`,
    [repository, branch],
  )
  return row === undefined ? undefined : knownRelease(row)
}

export async function forgetRelease(database: Queryable, repository: RepoId, branch: BranchName): Promise<void> {
  await database.query('delete from release where repository = $1 and branch = $2', [repository, branch])
}

/** What was in order is looked at again with the next job: something may have happened that nobody told us. */
export async function doubtReleases(database: Queryable, repository: RepoId): Promise<void> {
  await database.query('update release set settled_at = null, doubts = doubts + 1 where repository = $1', [repository])
}

/** Nobody is about to open its pull request: should one be open, a person has opened it. */
export function seemsClosed({ open, settledAt, held }: KnownRelease): boolean {
  return !open && (settledAt !== undefined || held !== undefined)
}

/** Of a pull request that is open on GitHub. Whether that is news: the group is forgotten, or seemed closed. */
export async function noteOpen(
  database: Queryable,
  repository: RepoId,
  { group, pull }: { readonly group: ReleaseGroup; readonly pull: PullNumber },
): Promise<boolean> {
  const rows = await database.query(
    `insert into release (repository, branch, plan, pull, open) values ($1, $2, $3, $4, true)
     on conflict (repository, branch) do update
       set pull = excluded.pull, open = true, settled_at = null, doubts = release.doubts + 1
       where not release.open and (release.settled_at is not null or release.held is not null)
     returning branch`,
    [repository, group.branch, group, pull],
  )
  return rows.length > 0
}

/** What we wrote does not fit its base any more: the next job writes it anew. */
export async function rewriteRelease(database: Queryable, repository: RepoId, branch: BranchName): Promise<void> {
  await database.query(
    `update release set head = null, parent = null, tree = null, settled_at = null, doubts = doubts + 1
     where repository = $1 and branch = $2`,
    [repository, branch],
  )
}

/** How many of its release pull requests are open, cluster by cluster. */
export async function countOpen(database: Queryable, repository: RepoId): Promise<ReadonlyMap<ClusterName, number>> {
  const rows = await database.query<{ cluster: ClusterName; open: number }>(
    `select plan->>'cluster' as cluster, count(*)::int as open from release where repository = $1 and open group by 1`,
    [repository],
  )
  return new Map(rows.map(({ cluster, open }) => [cluster, open]))
}

/** The pull request of ours whose head a check has reported on. */
export async function pullOfHead(
  database: Queryable,
  repository: RepoId,
  head: CommitSha,
): Promise<PullNumber | undefined> {
  const [row] = await database.query<{ pull: PullNumber }>(
    'select pull from release where repository = $1 and head = $2 and pull is not null',
    [repository, head],
  )
  return row?.pull
}

export async function openPulls(database: Queryable, repository: RepoId): Promise<readonly PullNumber[]> {
  const rows = await database.query<{ pull: PullNumber }>(
    'select pull from release where repository = $1 and pull is not null order by pull',
    [repository],
  )
  return rows.map(({ pull }) => pull)
}

function knownRelease(row: ReleaseRow): KnownRelease {
  const { plan: group, head, parent, tree } = row
  return {
    group,
    written: head === null || parent === null || tree === null ? undefined : { head, parent, tree },
    pull: row.pull ?? undefined,
    open: row.open,
    editedAt: row.edited_at === null ? undefined : new Date(row.edited_at),
    next: row.next ?? undefined,
    held: row.held ?? undefined,
    opening: row.opening ?? undefined,
    text: row.text ?? undefined,
    problem: row.problem ?? undefined,
    doubts: row.doubts,
    plannedAt: row.planned_at ?? undefined,
    settledAt: row.settled_at ?? undefined,
  }
}
