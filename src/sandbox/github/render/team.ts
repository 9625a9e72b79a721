import { type GitHub } from '../context.ts'
import { nodeId } from '../node-id.ts'
import { type Team } from '../state.ts'
import { type Json } from './json.ts'

/** What every description of a team has; `team` adds to it, and the copies in webhooks do not. */
export function renderTeam({ urls }: GitHub, team: Team): Json {
  const { organization, slug } = team
  const url = `${urls.api}/organizations/${organization.id}/team/${team.id}`
  return {
    id: team.id,
    node_id: nodeId('team', team.id),
    name: team.name,
    slug,
    description: null,
    privacy: 'closed',
    permission: 'pull',
    url,
    html_url: `${urls.web}/orgs/${organization.login}/teams/${slug}`,
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
  }
}
