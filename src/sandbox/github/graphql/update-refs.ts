import { ApiError } from '../api-error.ts'
import { actorOf, canSee } from '../caller.ts'
import { parseNodeId } from '../node-id.ts'
import { changeRefs, RefMoved, type WantedRef } from '../operations/refs.ts'
import { type Repository } from '../state.ts'
import { type Fields, type View } from './fields.ts'
import { need, refusal } from './refuse.ts'

export type UpdateRefsInput = {
  readonly clientMutationId?: string
  readonly repositoryId: string
  readonly refUpdates: readonly {
    readonly name: string
    readonly beforeOid?: string
    readonly afterOid: string
    readonly force?: boolean
  }[]
}

/** Runs an effect that is counted by the mutation's name. */
export type Write = <T>(mutation: string, effect: () => Promise<T>) => Promise<T>

/** Several refs, all or none, each only if it is where it is expected to be: what REST cannot do. */
export async function updateRefs(view: View, write: Write, input: UpdateRefsInput): Promise<Fields> {
  const repository = findRepositoryNode(view, input.repositoryId)
  need(view.caller, repository, { contents: 'write' })
  const actor = actorOf(view.caller)
  if (actor === undefined) throw refusal('FORBIDDEN', 'Resource not accessible by integration')
  const wanted = input.refUpdates.map(({ name, beforeOid, afterOid, force }): WantedRef => ({
    name,
    after: afterOid,
    force: force === true,
    ...(beforeOid === undefined ? {} : { before: beforeOid }),
  }))
  await write('updateRefs', () =>
    changeRefs(view.github, { repository, actor }, wanted).catch((error: unknown) => {
      throw error instanceof ApiError ? refusedUpdate(error, wanted) : error
    }),
  )
  return { __typename: 'UpdateRefsPayload', clientMutationId: input.clientMutationId ?? null }
}

function findRepositoryNode(view: View, id: string): Repository {
  const node = parseNodeId(id)
  const repository = node?.kind === 'repository' ? view.github.state.repositories.get(node.id) : undefined
  if (repository !== undefined && canSee(view.caller, repository)) return repository
  throw refusal('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'.`)
}

function refusedUpdate(error: ApiError, wanted: readonly WantedRef[]): Error {
  if (error instanceof RefMoved) {
    const expected = wanted.find(({ name }) => name === error.ref)?.before
    return refusal('STALE_DATA', `Expected ${error.ref} to point to ${expected}, but it points to ${error.actual}.`)
  }
  return refusal(error.status === 403 ? 'FORBIDDEN' : 'UNPROCESSABLE', error.message)
}
