import { unprocessable } from '../api-error.ts'
import { type Signature } from '../git/commit.ts'
import { type RepositoryRequest } from '../http/router.ts'

/** `author: { name, email, date? }` of a request. */
export function readSignature({ github, fields }: RepositoryRequest, name: string): Signature | undefined {
  const given = fields.optionalObject(name)
  if (given === undefined) return undefined
  const date = given.optionalText('date')
  const at = date === undefined ? github.now() : new Date(date)
  if (Number.isNaN(at.getTime()))
    throw unprocessable(`Invalid request.\n\nFor 'properties/date', "${date}" is not a date.`)
  return { name: given.text('name'), email: given.text('email'), at }
}
