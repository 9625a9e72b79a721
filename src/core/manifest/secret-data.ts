import { isJsonObject } from '../json.ts'
import { type Problem } from '../parsed.ts'
import { type KubernetesObject } from './kubernetes-object.ts'
import { decodeBase64 } from './kubernetes-scalar.ts'
import { describe, entriesAt, isNull, type Tree, treeAt } from './kubernetes-tree.ts'

/**
 * A Secret with its `stringData` where the API server would put it. Left to the server it would be ours under one
 * name and stored under another: nobody would see it edited, and a key removed from git would stay.
 */
export function withEncodedData(object: KubernetesObject): KubernetesObject {
  const { stringData, ...others } = object
  if (!isSecret(object) || !isJsonObject(stringData)) return object
  const encoded = Object.entries(stringData).flatMap(([key, value]) =>
    typeof value === 'string' ? [[key, Buffer.from(value).toString('base64')]] : [],
  )
  const data = isJsonObject(others['data']) ? others['data'] : {}
  return { ...others, data: { ...data, ...Object.fromEntries(encoded) } }
}

/** What the API server would refuse in a Secret. Says its keys and never a value. */
export function secretProblems(tree: Tree, object: KubernetesObject): readonly Problem[] {
  if (!isSecret(object)) return []
  return [
    ...['data', 'stringData'].flatMap((field) => {
      const found = treeAt(tree, field)
      if (found === undefined || found.kind === 'map') return []
      return [{ message: `expected \`${field}\` of a Secret to be a map, got ${describe(found)}`, at: found.at }]
    }),
    ...entriesAt(tree, 'stringData').flatMap(([key, value]) => notText(`stringData.${key}`, value)),
    ...entriesAt(tree, 'data').flatMap(([key, value]) => {
      const wrong = notText(`data.${key}`, value)
      if (wrong.length > 0 || isNull(value) || decodeBase64(textOf(value)) !== undefined) return wrong
      const help = 'encode it, or write it as it is under `stringData`'
      return [{ message: `\`data.${key}\` of the Secret is not base64`, at: value.at, help }]
    }),
  ]
}

function isSecret({ apiVersion, kind }: KubernetesObject): boolean {
  return apiVersion === 'v1' && kind === 'Secret'
}

function textOf(value: Tree): string {
  return value.kind === 'scalar' ? String(value.value) : ''
}

function notText(name: string, value: Tree): readonly Problem[] {
  if (isNull(value) || (value.kind === 'scalar' && typeof value.value === 'string')) return []
  return [
    { message: `expected \`${name}\` of a Secret to be text, got ${describe(value)}`, at: value.at, help: 'quote it' },
  ]
}
