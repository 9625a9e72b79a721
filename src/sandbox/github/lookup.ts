import { type Account, type Pull, type Repository, type State } from './state.ts'

export function emptyState(): State {
  return {
    accounts: new Map(),
    repositories: new Map(),
    apps: new Map(),
    installations: new Map(),
    teams: new Map(),
    tokens: new Map(),
    deliveries: [],
    lastId: 1000,
  }
}

/** One counter for everything: an id of one kind never passes for another in a test. */
export function nextId(state: State): number {
  state.lastId += 1
  return state.lastId
}

export function findAccount(state: State, login: string): Account | undefined {
  const wanted = login.toLowerCase()
  return [...state.accounts.values()].find((account) => account.login.toLowerCase() === wanted)
}

/** GitHub ignores the case of owner and name. */
export function findRepository(state: State, owner: string, name: string): Repository | undefined {
  const wanted = `${owner}/${name}`.toLowerCase()
  return [...state.repositories.values()].find((repository) => fullName(repository).toLowerCase() === wanted)
}

export function fullName(repository: Repository): string {
  return `${repository.owner.login}/${repository.name}`
}

export function findPull(repository: Repository, number: number): Pull | undefined {
  return repository.issues.get(number)?.pull
}

export function pullsOf(repository: Repository): readonly Pull[] {
  return [...repository.issues.values()].flatMap((issue) => (issue.pull === undefined ? [] : [issue.pull]))
}

/** By `owner/name`, which must exist: for those who set the scene. */
export function requireRepository(state: State, name: string): Repository {
  const [owner = '', rest = ''] = name.split('/')
  const repository = findRepository(state, owner, rest)
  if (repository === undefined) throw new Error(`there is no repository ${name}`)
  return repository
}

export function requirePull(state: State, name: string, number: number): Pull {
  const pull = findPull(requireRepository(state, name), number)
  if (pull === undefined) throw new Error(`there is no pull request ${name}#${number}`)
  return pull
}

export function requireAccount(state: State, login: string): Account {
  const account = findAccount(state, login)
  if (account === undefined) throw new Error(`there is no account ${login}`)
  return account
}
