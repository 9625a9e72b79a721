import { type WantedObject, formatObjectId, objectIdOf } from '../manifest/kubernetes-object.ts'
import type { SyncProblem } from './report.ts'

/** What a `KubernetesError` says. */
export type ApiFailure = {
  readonly class: string
  /** Of the answer; undefined when there was none. */
  readonly status?: number | undefined
  readonly turn: SyncProblem['turn']
  readonly reason?: string | undefined
  /** The server's words. */
  readonly message: string
  /** What to do, where whoever asked knows it better than the class tells: the very rule of RBAC that is missing. */
  readonly help?: string | undefined
  /** `data[.dockerconfigjson] (FieldValueInvalid)`: what is wrong with a Secret, and no value of it. */
  readonly fieldsOfSecret?: readonly string[]
}

/** What went wrong with one object, and what to do. Of a Secret, never the server's words: they can hold its values. */
export function problemOf(failure: ApiFailure, { object, at }: WantedObject): SyncProblem {
  const id = objectIdOf(object)
  const secret = id.group === '' && id.kind === 'Secret'
  const helpOfClass = helpFor(failure.class, { ...id, apiVersion: object.apiVersion })
  const help = secret ? helpOfClass : (failure.help ?? helpOfClass)
  return {
    object: formatObjectId(id),
    at,
    message: secret ? withoutWords(failure) : failure.message,
    ...(help === undefined ? {} : { help }),
    turn: failure.turn,
  }
}

/** Of an object that was accepted just as git says it: what stands in its way now is what others have made of it since. */
export function problemOfDrift(problem: SyncProblem, managers: readonly string[]): SyncProblem {
  const by = managers.length === 0 ? '' : `, by ${managers.join(', ')}`
  const help = `The cluster took this before, and git has not changed: undo what was changed in the cluster since${by}.`
  return { ...problem, help, turn: 'operator' }
}

function withoutWords({ class: kind, status, reason, fieldsOfSecret = [] }: ApiFailure): string {
  const answer = [status, reason].filter((each) => each !== undefined && each !== '').join(' ')
  const fields = fieldsOfSecret.length === 0 ? '' : `: ${fieldsOfSecret.join(', ')}`
  return `the Secret was not applied: ${kind}${answer === '' ? '' : ` (${answer})`}${fields}`
}

type About = { readonly apiVersion: string; readonly kind: string; readonly group: string; readonly namespace?: string }

/** By class, never by text. What time mends has no help: it is tried again. */
const helps: Readonly<Record<string, (about: About) => string>> = {
  invalid: () => 'Correct the manifest. A field that cannot be changed asks for a new name, or for a deletion by hand.',
  'too-large': () => 'Split the object: an API server keeps at most about 1.5 MB of one.',
  'refused-by-webhook': () => 'Correct the manifest by what the webhook says, or ask whoever runs the webhook.',
  'refused-by-policy': () => 'Correct the manifest by what the policy says, or ask whoever runs the cluster.',
  'no-such-namespace': ({ namespace = '' }) =>
    `Add a Namespace \`${namespace}\` to the repository, or correct the name.`,
  'no-such-kind': ({ apiVersion, kind }) =>
    `Correct apiVersion and kind, or add the CustomResourceDefinition that brings \`${kind}\` in \`${apiVersion}\`.`,
  forbidden: ({ kind, group, namespace }) =>
    `Allow the agent get, list, watch, create, patch and delete of ${kind} (apiGroups: ["${group}"])${namespace === undefined ? '' : ` in the namespace ${namespace}`}.`,
  unauthorized: () => "Look at the agent's service account: the cluster does not know its token.",
  quota: ({ namespace = '' }) => `Raise the ResourceQuota of the namespace ${namespace}, or ask for less.`,
}

function helpFor(kind: string, about: About): string | undefined {
  return Object.hasOwn(helps, kind) ? helps[kind]?.(about) : undefined
}
