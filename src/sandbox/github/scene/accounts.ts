import { type GitHub } from '../context.ts'
import { nextId, requireAccount, requireRepository } from '../lookup.ts'
import { addAccount, addPersonToken } from '../operations/accounts.ts'
import { type Role, type Team } from '../state.ts'
import { ciOf, type Ci } from './ci.ts'
import { botNamed, personNamed, type Person } from './person.ts'

/** Who there is, and what they may do. */
export type Accounts = {
  createOrganization(login: string): { readonly id: number; readonly login: string }
  /** `token` is theirs, for git and the API. */
  createUser(login: string): { readonly id: number; readonly login: string; readonly token: string }
  addMember(organization: string, login: string, role?: 'member' | 'admin'): void
  grant(repository: string, login: string, role: Role): void
  /** A team of an organization, with access to these of its repositories. */
  createTeam(organization: string, slug: string, repositories?: readonly string[]): void
  person(login: string): Person
  /** An app other than the one under test, acting through its bot; it is made when there is none. */
  bot(slug: string): Person
  ci(repository: string): Ci
}

export function accountsOf(github: GitHub): Accounts {
  const { state } = github
  return {
    createOrganization: (login) => addAccount(github, login, 'Organization'),
    createUser(login) {
      const account = addAccount(github, login, 'User')
      return { id: account.id, login, token: addPersonToken(github, account) }
    },
    addMember(organization, login, role = 'member') {
      requireAccount(state, organization).members.set(requireAccount(state, login).id, role)
    },
    grant(name, login, role) {
      requireRepository(state, name).collaborators.set(requireAccount(state, login).id, role)
    },
    createTeam(organization, slug, repositories = []) {
      const team: Team = {
        id: nextId(state),
        slug,
        name: slug,
        organization: requireAccount(state, organization),
        repositories: new Map(repositories.map((name) => [requireRepository(state, name).id, 'read'])),
      }
      state.teams.set(team.id, team)
    },
    person: (login) => personNamed(github, login),
    bot: (slug) => botNamed(github, slug),
    ci: (name) => ciOf(github, name),
  }
}
