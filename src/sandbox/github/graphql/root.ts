import { actorOf, canSee } from '../caller.ts'
import { findAccount, findRepository, pullsOf } from '../lookup.ts'
import { parseNodeId } from '../node-id.ts'
import { type Repository } from '../state.ts'
import { accountFields, userFields } from './account.ts'
import { commentFields } from './comment.ts'
import { type Fields, type View } from './fields.ts'
import { may, refusal, type Wanted } from './refuse.ts'
import { checkRunFields } from './rollup.ts'
import { updateRefs, type UpdateRefsInput, type Write } from './update-refs.ts'

export function queryFields(view: View, rateLimit: Fields | undefined): Fields {
  const { state } = view.github
  return {
    __typename: 'Query',
    repository: ({ owner, name }: { readonly owner: string; readonly name: string }) => {
      const repository = findRepository(state, owner, name)
      if (repository !== undefined && canSee(view.caller, repository)) return view.show.repository(repository)
      throw refusal('NOT_FOUND', `Could not resolve to a Repository with the name '${owner}/${name}'.`)
    },
    node: ({ id }: { readonly id: string }) => nodeFields(view, id) ?? noNode(id),
    nodes: ({ ids }: { readonly ids: readonly string[] }) => ids.map((id) => nodeFields(view, id) ?? noNode(id)),
    user: ({ login }: { readonly login: string }) => {
      const account = findAccount(state, login)
      if (account?.type === 'User') return userFields(view, account)
      throw refusal('NOT_FOUND', `Could not resolve to a User with the login of '${login}'.`)
    },
    rateLimit,
    viewer: () => {
      const actor = actorOf(view.caller)
      if (actor === undefined) throw refusal('FORBIDDEN', 'Resource not accessible by integration')
      return userFields(view, actor.account)
    },
  }
}

export function mutationFields(view: View, write: Write): Fields {
  return {
    __typename: 'Mutation',
    updateRefs: ({ input }: { readonly input: UpdateRefsInput }) => updateRefs(view, write, input),
  }
}

/** An error in its place, so that the others of `nodes` stay. */
function noNode(id: string): Error {
  return refusal('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'.`)
}

function nodeFields(view: View, id: string): Fields | undefined {
  const node = parseNodeId(id)
  if (node === undefined) return undefined
  if (node.kind === 'user' || node.kind === 'organization' || node.kind === 'bot') {
    const account = view.github.state.accounts.get(node.id)
    return account === undefined ? undefined : accountFields(view, account)
  }
  return visible(view)
    .map((repository) => nodeIn(view, repository, node))
    .find((fields) => fields !== undefined)
}

function visible(view: View): readonly Repository[] {
  return [...view.github.state.repositories.values()].filter((repository) => canSee(view.caller, repository))
}

/** What else has a global id is not looked up by it here. */
function nodeIn(view: View, repository: Repository, { kind, id }: NonNullable<ReturnType<typeof parseNodeId>>) {
  const readable = (wanted: Wanted): boolean => may(view.caller, repository, wanted)
  if (kind === 'repository') return repository.id === id ? view.show.repository(repository) : undefined
  if (kind === 'pull') {
    const pull = pullsOf(repository).find((candidate) => candidate.id === id)
    return pull !== undefined && readable({ pull_requests: 'read' }) ? view.show.pull(pull) : undefined
  }
  if (kind === 'comment') {
    const comment = repository.comments.get(id)
    const allowed = readable({ issues: 'read', pull_requests: 'read' })
    return comment !== undefined && allowed ? commentFields(view, comment) : undefined
  }
  if (kind === 'checkRun') {
    const run = repository.checkRuns.get(id)
    return run !== undefined && readable({ checks: 'read' }) ? checkRunFields(view, run) : undefined
  }
  return undefined
}
