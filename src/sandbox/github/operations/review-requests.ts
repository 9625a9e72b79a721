import { unprocessable } from '../api-error.ts'
import { type Actor } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { findAccount, fullName } from '../lookup.ts'
import { nodeId } from '../node-id.ts'
import { renderAccount } from '../render/account.ts'
import { roleOf } from '../render/repository.ts'
import { renderTeam } from '../render/team.ts'
import { type Json } from '../render/json.ts'
import { type Account, type Pull, type Team } from '../state.ts'
import { emitIssueEvent, touch } from './issue-state.ts'
import { refuseWhenArchived } from './refs.ts'

export type WantedReviewers = { readonly users: readonly string[]; readonly teams: readonly string[] }

/** All of them or none; who was asked already is not asked again. */
export async function requestReviewers(
  github: GitHub,
  pull: Pull,
  { actor, users, teams }: WantedReviewers & { readonly actor: Actor },
): Promise<void> {
  refuseWhenArchived(pull.issue.repository)
  const accounts = users.map((login) => reviewer(github, pull, login))
  const asked = teams.map((slug) => reviewingTeam(github, pull, { slug, actor }))
  for (const account of accounts) {
    if (pull.requestedReviewers.includes(account)) continue
    pull.requestedReviewers.push(account)
    await tell(github, pull, { actor, asked: { requested_reviewer: renderAccount(github, account) } })
  }
  for (const team of asked) {
    if (pull.requestedTeams.includes(team)) continue
    pull.requestedTeams.push(team)
    await tell(github, pull, { actor, asked: { requested_team: renderTeam(github, team) } })
  }
}

async function tell(
  github: GitHub,
  pull: Pull,
  { actor, asked }: { readonly actor: Actor; readonly asked: Json },
): Promise<void> {
  touch(github, pull.issue)
  await emitIssueEvent(github, pull.issue, { action: 'review_requested', actor, more: asked })
}

function reviewer({ state }: GitHub, { issue }: Pull, login: string): Account {
  const account = findAccount(state, login)
  if (account === issue.user) throw unprocessable('Review cannot be requested from pull request author.')
  if (account === undefined || roleOf(issue.repository, account) === 'none')
    throw notCollaborator(issue, 'users or teams')
  return account
}

/** A team is seen with the permission `members` only; without it GitHub speaks of an id that nobody gave it. */
function reviewingTeam(
  { state }: GitHub,
  { issue }: Pull,
  { slug, actor }: { readonly slug: string; readonly actor: Actor },
): Team {
  const { repository } = issue
  const team = [...state.teams.values()].find((each) => each.organization === repository.owner && each.slug === slug)
  if (team === undefined || !team.repositories.has(repository.id)) throw notCollaborator(issue, 'teams')
  if (actor.permissions === undefined || actor.permissions['members'] !== undefined) return team
  throw unprocessable(`Could not resolve to a node with the global id of '${nodeId('team', team.id)}'.`)
}

function notCollaborator({ repository }: Pull['issue'], who: string): Error {
  return unprocessable(
    `Reviews may only be requested from collaborators. One or more of the ${who} you specified is not a collaborator of the ${fullName(repository)} repository.`,
  )
}
