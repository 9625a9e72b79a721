import { personActor, type Actor } from '../caller.ts'
import { timestamp, type GitHub } from '../context.ts'
import { nextId, requireAccount, requireRepository } from '../lookup.ts'
import {
  addRepository,
  changeDefaultBranch,
  fillRepository,
  forkRepository,
  renameRepository,
  setArchived,
} from '../operations/repositories.ts'
import { type MergeMethod, type Repository } from '../state.ts'
import { readBranchRules, type NewBranchRules, type NewRuleset } from './rules.ts'

/** Repositories, and what is asked of their branches. */
export type Repositories = {
  createRepository(fullName: string, options?: NewRepository): Promise<Repository>
  /** A fork that belongs to `owner`, so that pull requests can come from there. */
  createFork(fullName: string, owner: string): Promise<Repository>
  repository(fullName: string): Repository
  /** Its id stays, its old name finds nothing. */
  renameRepository(fullName: string, name: string): Promise<void>
  /** Read-only from now on, until it is unarchived. */
  archiveRepository(fullName: string): Promise<void>
  unarchiveRepository(fullName: string): Promise<void>
  /** Pull requests stay with the base they have. */
  changeDefaultBranch(fullName: string, branch: string): Promise<void>
  addRuleset(repository: string, ruleset: NewRuleset): number
  removeRuleset(repository: string, id: number): void
  /** Classic protection: seen by GraphQL and by who may administrate, enforced all the same. */
  protectBranch(repository: string, branch: string, rules: NewBranchRules): void
}

export type NewRepository = {
  readonly files?: Readonly<Record<string, string>>
  readonly defaultBranch?: string
  readonly private?: boolean
  /** All three unless said otherwise; the first is what a person's merge takes. */
  readonly mergeMethods?: readonly MergeMethod[]
  readonly deleteBranchOnMerge?: boolean
  readonly allowAutoMerge?: boolean
}

export function repositoriesOf(github: GitHub): Repositories {
  const { state } = github
  const byOwner = (name: string): { repository: Repository; actor: Actor } => {
    const repository = requireRepository(state, name)
    return { repository, actor: personActor(repository.owner) }
  }
  return {
    async createRepository(name, options = {}) {
      const {
        files = { 'README.md': `# ${name}\n` },
        defaultBranch = 'main',
        private: isPrivate = true,
        ...rest
      } = options
      const [login = '', short = ''] = name.split('/')
      const owner = requireAccount(state, login)
      const repository = await addRepository(github, { ...rest, owner, name: short, defaultBranch, private: isPrivate })
      await fillRepository(github, { repository, actor: personActor(owner) }, files)
      return repository
    },
    createFork: async (name, owner) =>
      forkRepository(github, requireRepository(state, name), requireAccount(state, owner)),
    repository: (name) => requireRepository(state, name),
    renameRepository: async (name, wanted) => renameRepository(github, byOwner(name), wanted),
    archiveRepository: async (name) => setArchived(github, byOwner(name), { archived: true }),
    unarchiveRepository: async (name) => setArchived(github, byOwner(name), { archived: false }),
    changeDefaultBranch: async (name, branch) => changeDefaultBranch(github, byOwner(name), branch),
    ...rulesOf(github),
  }
}

function rulesOf(github: GitHub): Pick<Repositories, 'addRuleset' | 'removeRuleset' | 'protectBranch'> {
  const { state } = github
  return {
    addRuleset(name, { branch, name: title = `rules of ${branch}`, bypassApps = [], ...rules }) {
      const id = nextId(state)
      const createdAt = timestamp(github)
      const ruleset = { id, name: title, enforcement: 'active' as const, branch, bypassApps, createdAt }
      requireRepository(state, name).rulesets.set(id, { ...ruleset, rules: readBranchRules(rules) })
      return id
    },
    removeRuleset: (name, id) => void requireRepository(state, name).rulesets.delete(id),
    protectBranch: (name, branch, rules) =>
      void requireRepository(state, name).protections.set(branch, readBranchRules(rules)),
  }
}
