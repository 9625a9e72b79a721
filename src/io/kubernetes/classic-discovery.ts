import { type Json, jsonAt } from '../../core/json.ts'
import type { Connection } from './connection.ts'
import { KubernetesError } from './errors.ts'
import { listOf, textOf } from './metadata.ts'
import { type Served, servedKind } from './served.ts'

/** What servers before 1.27 have: a question for each version of each group. */
export async function readClassic(connection: Connection, path: '/api' | '/apis', answer: Json): Promise<Served> {
  const versions = path === '/api' ? coreVersions(answer) : namedVersions(answer)
  const read = await Promise.all(versions.map((version) => readVersion(connection, path, version)))
  return { kinds: read.flatMap(({ kinds }) => kinds), broken: read.flatMap(({ broken }) => broken) }
}

type GroupVersion = { readonly group: string; readonly version: string }

/** `{"kind": "APIVersions", "versions": ["v1"]}` */
function coreVersions(answer: Json): readonly GroupVersion[] {
  return listOf(jsonAt(answer, 'versions')).map((version) => ({ group: '', version: textOf(version) }))
}

/** An APIGroupList; of each group the preferred version first. */
function namedVersions(answer: Json): readonly GroupVersion[] {
  return listOf(jsonAt(answer, 'groups')).flatMap((group) => {
    const preferred = jsonAt(group, 'preferredVersion', 'version')
    const versions = listOf(jsonAt(group, 'versions')).map((version) => textOf(jsonAt(version, 'version')))
    return versions
      .toSorted((a, b) => Number(b === preferred) - Number(a === preferred))
      .map((version) => ({ group: textOf(jsonAt(group, 'name')), version }))
  })
}

async function readVersion(
  { ask }: Connection,
  path: '/api' | '/apis',
  { group, version }: GroupVersion,
): Promise<Served> {
  const at = [path, ...(group === '' ? [] : [group]), version].join('/')
  try {
    const list = await ask({ verb: 'discover', method: 'GET', path: at })
    return {
      kinds: listOf(jsonAt(list, 'resources')).flatMap((resource) => kindOf(resource, { group, version })),
      broken: [],
    }
  } catch (error) {
    // One that is down must not hide the others. Whether all is down, the question before this one has told.
    if (!(error instanceof KubernetesError)) throw error
    return { kinds: [], broken: [{ group, version, because: error.message }] }
  }
}

function kindOf(resource: Json, { group, version }: GroupVersion): ReturnType<typeof servedKind> {
  // `deployments/status` is a part of a kind: no path of ours begins with it, and its name is refused for the slash.
  return servedKind({
    group,
    version,
    kind: textOf(jsonAt(resource, 'kind')),
    resource: textOf(jsonAt(resource, 'name')),
    namespaced: jsonAt(resource, 'namespaced') === true,
    verbs: listOf(jsonAt(resource, 'verbs')).filter((verb) => typeof verb === 'string'),
  })
}
