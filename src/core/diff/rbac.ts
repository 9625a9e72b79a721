import { type Json, type JsonObject, isJsonObject, jsonAt } from '../json.ts'
import { type KubernetesObject, groupOf, textAt } from '../manifest/kubernetes-object.ts'

/** Rights from which more rights can be had, as sentences: one that was not there before is wider access. */
export function riskyGrants(object: KubernetesObject): readonly string[] {
  if (groupOf(object.apiVersion) !== 'rbac.authorization.k8s.io') return []
  switch (object.kind) {
    case 'Role':
    case 'ClusterRole':
      return [...new Set(objectsIn(object['rules']).flatMap(grantsOfRule))]
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return administrators(object)
    default:
      return []
  }
}

const everything = '*'
const escalating = ['escalate', 'bind', 'impersonate']

function grantsOfRule(rule: JsonObject): readonly string[] {
  const verbs = textsIn(rule['verbs'])
  const resources = [...textsIn(rule['resources']), ...textsIn(rule['nonResourceURLs'])]
  const isWide = [verbs, resources, textsIn(rule['apiGroups'])].some((words) => words.includes(everything))
  const readsSecrets = resources.some((resource) => /^secrets(?:\/|$)/.test(resource))
  return [
    ...(isWide ? [`allows ${listed(verbs)} on ${listed(resources)}`] : []),
    ...escalating.filter((verb) => verbs.includes(verb)).map((verb) => `allows to ${verb} ${listed(resources)}`),
    ...(readsSecrets ? [`allows ${listed(verbs)} on Secrets`] : []),
  ]
}

function administrators(binding: KubernetesObject): readonly string[] {
  if (jsonAt(binding, 'roleRef', 'kind') !== 'ClusterRole' || jsonAt(binding, 'roleRef', 'name') !== 'cluster-admin')
    return []
  return objectsIn(binding['subjects']).map((subject) => {
    const name = [textAt(subject, 'namespace'), textAt(subject, 'name')].filter((part) => part !== undefined).join('/')
    return `makes ${textAt(subject, 'kind') ?? 'the subject'} ${name} an administrator`
  })
}

function listed(words: readonly string[]): string {
  return words.map((word) => (word === everything ? 'everything' : word)).join(', ')
}

function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

function textsIn(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item: Json): item is string => typeof item === 'string') : []
}
