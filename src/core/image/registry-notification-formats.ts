import { type Parsed, parsed, refused } from '../parsed.ts'

/** What the HTTP headers add to a payload; their names are lower-case, as Node gives them. */
export type NotificationHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * A tag as a payload names it. `isOn` is only there where the payload says where: one subscription may tell of several
 * registries, and what is of another one is not ours. Nothing here is checked yet.
 */
export type NamedTag = {
  readonly path: unknown
  readonly tag: unknown
  /** Whether that registry goes by this name, in lower case. */
  readonly isOn?: (host: string) => boolean
}

export type Payload = Readonly<Record<string, unknown>>

/** One registry's way to tell of a push. */
export type NotificationFormat = {
  readonly of: string
  /** It may send several in one list. */
  readonly inLists?: true
  readonly speaks: (payload: Payload, headers: NotificationHeaders) => boolean
  /** None for what is no push: deletes, scans, quotas, tests of the connection. */
  readonly read: (payload: Payload, headers: NotificationHeaders) => Parsed<readonly NamedTag[]>
}

/** The first that speaks is believed; the most telling signs come first. */
export const notificationFormats: readonly NotificationFormat[] = [
  // Both say that they are GitHub, too.
  { of: 'Gitea, Forgejo', speaks: (_, headers) => isText(headers['x-gitea-event']), read: readGitea },
  { of: 'GitHub Packages', speaks: isOfGitHub, read: readGitHub },
  { of: 'Pub/Sub of Google', speaks: ({ message }) => typeof field(message, 'data') === 'string', read: readPubSub },
  { of: 'Amazon EventBridge', speaks: (payload) => typeof payload['detail-type'] === 'string', read: readEventBridge },
  // Harbor can send CloudEvents, too, so these come first and hand over.
  {
    of: 'CloudEvents',
    inLists: true,
    speaks: (payload, headers) => cloudEventType(payload, headers) !== undefined,
    read: readEvent,
  },
  { of: 'Event Grid of Azure', inLists: true, speaks: ({ eventType: type }) => isText(type), read: readEventGrid },
  { of: 'Harbor', speaks: ({ event_data: data }) => isRecord(data), read: readHarbor },
  { of: 'Docker Hub', speaks: ({ push_data: data }) => isRecord(data), read: readDockerHub },
  {
    of: 'Quay',
    speaks: ({ docker_url: url, updated_tags: tags }) => isText(url) || Array.isArray(tags),
    read: readQuay,
  },
  { of: 'JFrog', speaks: ({ domain, event_type: type }) => isText(domain) && isText(type), read: readJFrog },
  { of: 'Nexus', speaks: ({ repositoryName: name, action }) => isText(name) && isText(action), read: readNexus },
  { of: 'Azure', speaks: ({ target, action }) => isRecord(target) || action === 'ping', read: readAzure },
]

type Read = Parsed<readonly NamedTag[]>

const nothing: Read = parsed([])

/** https://docs.gitea.com/usage/webhooks: a tag that is pushed again is `created` again. */
function readGitea({ action, package: made }: Payload): Read {
  const { type, owner, name, version } = record(made)
  const login = field(owner, 'login')
  if (type !== 'container' || action !== 'created') return nothing
  if (!isText(login) || !isText(name)) return refused('expected a package with a name and an owner')
  return parsed([{ path: `${login}/${name}`.toLowerCase(), tag: version }])
}

/** Also its `ping`, when a webhook is made, and what else it was told to send. */
function isOfGitHub({ package: a, registry_package: b }: Payload, headers: NotificationHeaders): boolean {
  return isText(headers['x-github-event']) || isRecord(a ?? b)
}

/** `package` says who owns it by login, `registry_package` sometimes only by its namespace. A tag can come later. */
function readGitHub({ action, package: a, registry_package: b }: Payload): Read {
  const made = record(a ?? b)
  const type = made['package_type'] ?? made['ecosystem']
  if (!isText(type) || type.toLowerCase() !== 'container') return nothing
  if (action !== 'published' && action !== 'updated') return nothing
  const owner = field(made['owner'], 'login') ?? made['namespace']
  const version = record(made['package_version'])
  const tag = field(field(version['container_metadata'], 'tag'), 'name')
  if (!isText(owner) || !isText(made['name'])) return refused('expected a package with a name and an owner')
  // Layers and single platforms are published as versions without a tag.
  return parsed([{ path: `${owner}/${made['name']}`.toLowerCase(), tag: tag ?? version['version'] }])
}

/** `{"action":"INSERT","digest":"…","tag":"eu.gcr.io/project/app:1.2.0"}`, in base64. */
function readPubSub({ message }: Payload): Read {
  const data = jsonOfBase64(field(message, 'data'))
  if (data === undefined) return refused('expected JSON in base64 as `message.data`')
  if (data['action'] !== 'INSERT' || data['tag'] === undefined) return nothing
  const { host, path, tag } = splitReference(data['tag'])
  if (host === undefined) return refused('expected a whole image reference as `tag`')
  return parsed([{ path, tag, isOn: (name) => name === host }])
}

function readEventBridge(payload: Payload): Read {
  const detail = record(payload['detail'])
  const pushed = payload['detail-type'] === 'ECR Image Action' && detail['action-type'] === 'PUSH'
  if (!pushed || (detail['result'] ?? 'SUCCESS') !== 'SUCCESS') return nothing
  return parsed([{ path: detail['repository-name'], tag: detail['image-tag'], isOn: isOfAmazon(payload) }])
}

/** https://cloudevents.io: what the registry says is in `data`, or is the whole body where headers say the rest. */
function readEvent(payload: Payload, headers: NotificationHeaders): Read {
  const type = (cloudEventType(payload, headers) ?? '').toLowerCase()
  const data = record(payload['specversion'] === undefined ? payload : payload['data'])
  // Amazon and Azure say `image`, Harbor says `artifact`.
  if (!/container|image|artifact/.test(type) || /delet|pull|scan|replicat|quota/.test(type)) return nothing
  if (isRecord(data['repository'])) return readResources(data)
  if (isRecord(data['target'])) return readAzure({ action: 'push', ...data })
  const path = first(data, ['repositoryName', 'repository', 'image', 'name'])
  return parsed([{ path, tag: first(data, ['imageTag', 'tag']) }])
}

const pushesOfHarbor: readonly unknown[] = ['PUSH_ARTIFACT', 'pushImage']

function readHarbor({ type, event_data: data }: Payload): Read {
  return pushesOfHarbor.includes(type) ? readResources(record(data)) : nothing
}

function readResources({ resources, repository }: Payload): Read {
  const path = first(record(repository), ['repo_full_name']) ?? joined(repository)
  return parsed(list(resources).map((resource) => ({ path, tag: field(resource, 'tag') })))
}

/** Aliyun sends nearly the same. */
function readDockerHub({ push_data: data, repository }: Payload): Read {
  const path = first(record(repository), ['repo_name', 'repo_full_name']) ?? joined(repository)
  return parsed([{ path, tag: field(data, 'tag') }])
}

function readQuay({ repository, namespace, name, updated_tags: tags }: Payload): Read {
  const path = repository ?? joined({ namespace, name })
  return parsed(list(tags).map((tag) => ({ path, tag })))
}

/** Images are below the repository's key, or not, as the operator set it up: a hint too many costs nothing. */
function readJFrog({ domain, event_type: type, data }: Payload): Read {
  if (domain !== 'docker' || type !== 'pushed') return nothing
  const { image_name: path, repo_key: key, tag } = record(data)
  return parsed([{ path, tag }, ...below(key, path, tag)])
}

/** A component is named as it was pushed; like JFrog's, it may be reached below its repository. */
function readNexus({ action, component, repositoryName: key }: Payload): Read {
  const { format, name: path, version: tag } = record(component)
  if (format !== 'docker' || (action !== 'CREATED' && action !== 'UPDATED')) return nothing
  return parsed([{ path, tag }, ...below(key, path, tag)])
}

function readAzure({ action, target }: Payload): Read {
  const { repository, tag } = record(target)
  return action === 'push' ? parsed([{ path: repository, tag }]) : nothing
}

/** https://learn.microsoft.com/azure/event-grid/event-schema-container-registry, around what Azure tells without it. */
function readEventGrid({ eventType, data }: Payload): Read {
  return eventType === 'Microsoft.ContainerRegistry.ImagePushed'
    ? readAzure({ ...record(data), action: 'push' })
    : nothing
}

function cloudEventType(payload: Payload, headers: NotificationHeaders): string | undefined {
  const type = payload['specversion'] === undefined ? headers['ce-type'] : payload['type']
  return isText(type) ? type : undefined
}

/**
 * `123456789012.dkr.ecr.eu-central-1.amazonaws.com`, `….dkr-ecr.eu-central-1.on.aws`, `….dkr.ecr-fips.us-east-1.…`: one
 * registry has several names. Any other is what its operator calls it, and a transformer may have left out who it is.
 */
function isOfAmazon({ account, region }: Payload): (host: string) => boolean {
  return (host) => {
    const [name, ofAccount, ofRegion] = /^([0-9]+)\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\./.exec(host) ?? []
    return name === undefined || ((account ?? ofAccount) === ofAccount && (region ?? ofRegion) === ofRegion)
  }
}

function splitReference(reference: unknown): { host: string | undefined; path: string; tag: string | undefined } {
  const [, host, path = '', tag] = /^([^/]+)\/([^:@]+)(?::([^@]+))?/.exec(isText(reference) ? reference : '') ?? []
  return { host: host?.toLowerCase(), path, tag }
}

function jsonOfBase64(data: unknown): Payload | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(isText(data) ? data : '', 'base64').toString('utf8'))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function joined(repository: unknown): string | undefined {
  const { namespace, name } = record(repository)
  return isText(namespace) && isText(name) ? `${namespace}/${name}` : undefined
}

/** No image is below a key with capital letters. */
function below(key: unknown, path: unknown, tag: unknown): readonly NamedTag[] {
  return isText(key) && isText(path) && key === key.toLowerCase() ? [{ path: `${key}/${path}`, tag }] : []
}

function first(of: Payload, names: readonly string[]): unknown {
  return names.map((name) => of[name]).find((value) => value !== undefined)
}

function field(of: unknown, name: string): unknown {
  return record(of)[name]
}

function record(value: unknown): Payload {
  return isRecord(value) ? value : {}
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

export function isRecord(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
