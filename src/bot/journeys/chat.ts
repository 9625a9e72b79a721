import { explainMerge, isRelease } from '../../core/automerge/decide.ts'
import { authorize } from '../../core/command/authorize.ts'
import type { Command } from '../../core/command/command.ts'
import { type CommandLine, parseComment } from '../../core/command/parse.ts'
import { parseReplyMarker } from '../../core/command/reply-marker.ts'
import { type Answer, type Section, formatReply, reactionTo } from '../../core/command/reply.ts'
import { type Role, roleOf } from '../../core/command/role.ts'
import type { WaitingRelease } from '../../core/command/waiting.ts'
import { parseCommentId } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { clusterOfBranch } from '../../core/release/group.ts'
import type { Client } from '../../io/github/client.ts'
import { listOwnComments, react, writeComment } from '../../io/github/comments.ts'
import type { AppIdentity } from '../../io/github/installations.ts'
import { type PermissionAnswer, readPermission } from '../../io/github/permission.ts'
import { type KnownComment, doneLines, finishCommand, readComment } from '../../io/store/comments.ts'
import { readReleases } from '../../io/store/releases.ts'
import { readRepository, type KnownRepository } from '../../io/store/repositories.ts'
import type { Deps } from '../deps.ts'
import { gatherMerge } from './automerge-facts.ts'
import { status, sync } from './chat-clusters.ts'

/** Whoever gave a command longer ago has moved on, and so may have what it was about. */
export const commandLifeMs = 3_600_000

type Conversation = {
  readonly deps: Deps
  readonly octokit: Client
  readonly repository: KnownRepository
  readonly comment: KnownComment
  readonly identity: AppIdentity
}

/** The commands of one comment, as it was created: each is authorised, carried out and answered, all in one reply. */
export async function chat(deps: Deps, key: string): Promise<void> {
  const comment = await readComment(deps.database, guaranteed(parseCommentId(key)))
  const repository = comment === undefined ? undefined : await readRepository(deps.database, comment.repository)
  if (comment === undefined || repository === undefined) return
  if (deps.now().getTime() - Date.parse(comment.createdAt) > commandLifeMs) {
    deps.log.info({ repository: repository.name, comment: comment.id }, 'comment too old to be answered')
    return
  }
  const identity = await deps.identity(repository.installation)
  const lines = parseComment(comment.body, { slug: identity.slug })
  const done = await doneLines(deps.database, comment.id)
  if (lines.every(({ line }) => done.has(line))) return

  const { installation, id } = repository
  const octokit = await deps.github.as({ installation, repository: id, profile: 'chat' })
  const conversation: Conversation = { deps, octokit, repository, comment, identity }
  const permission = await readPermission(octokit, repository.name, comment.login)
  const sections: Section[] = []
  for (const line of lines) sections.push({ line, answer: await answerTo(conversation, line, permission) })
  const replied = await reply(conversation, sections)
  for (const { line } of lines) await finishCommand(deps.database, comment.id, line)
  const kinds = sections.map(({ answer }) => answer.kind)
  deps.log.info(
    { repository: repository.name, comment: comment.id, login: comment.login, answers: kinds, replied },
    'comment answered',
  )
}

async function answerTo(
  conversation: Conversation,
  line: CommandLine,
  permission: PermissionAnswer | undefined,
): Promise<Answer> {
  if (line.kind === 'not-understood') return line
  const { author: id, authorType: type } = conversation.comment
  const role = permission === undefined ? undefined : roleOf(permission.permissions)
  const answer = permission === undefined ? 'unknown' : { user: permission.user, role }
  const authorization = authorize(line.command, { author: { id, type }, answer })
  if (authorization.do === 'refuse') return { kind: 'refused', because: authorization.because }
  return carryOut(conversation, line.command, permission?.user === id ? role : undefined)
}

async function carryOut(conversation: Conversation, command: Command, role: Role | undefined): Promise<Answer> {
  const { deps, repository } = conversation
  switch (command.kind) {
    case 'help':
      return { kind: 'help', role, ...(command.about === undefined ? {} : { about: command.about }) }
    case 'why':
      return why(conversation)
    case 'status':
      return status(deps, repository, command.cluster)
    case 'sync':
      return sync(deps, repository, command.cluster)
  }
}

async function why({ deps, repository, comment }: Conversation): Promise<Answer> {
  const gathered = await gatherMerge(deps, comment)
  const waiting = await waitingReleases(deps, repository)
  if (gathered === undefined || !isRelease(gathered.facts)) return { kind: 'no-release', waiting }
  const cluster = clusterOfBranch(gathered.facts.pull.headBranch ?? '')
  const beside = waiting.filter(({ group }) => group.cluster === cluster)
  return { kind: 'why', explained: explainMerge(gathered.facts), waiting: beside }
}

/** Those of which there is no pull request to ask. */
async function waitingReleases(deps: Deps, { id }: KnownRepository): Promise<readonly WaitingRelease[]> {
  const releases = await readReleases(deps.database, id)
  return releases.flatMap(({ group, open, held, problem }) => {
    const because = held?.because ?? problem
    return open || because === undefined ? [] : [{ group, because }]
  })
}

/**
 * A run before this one may have replied before it died: its reply is found by our id and its marker, and edited. Gives
 * false where nobody may be replied to.
 */
async function reply(
  { octokit, repository, comment, identity }: Conversation,
  sections: readonly Section[],
): Promise<boolean> {
  const { bot } = identity
  const own = await listOwnComments(octokit, repository.name, comment.number, { bot, since: comment.createdAt })
  const earlier = own.find((candidate) => parseReplyMarker(candidate.body) === comment.id)
  const body = formatReply(comment.id, sections)
  const id = await writeComment(octokit, repository.name, comment.number, { earlier, body })
  await react(octokit, repository.name, comment.id, reactionTo(sections.map(({ answer }) => answer)))
  return id !== undefined
}
