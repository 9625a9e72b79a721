import { createHmac } from 'node:crypto'

/** How a registry tells the bot of a push: what it sends, and how it shows that it knows the secret. */
export type RegistrySender = {
  readonly name: string
  /** As manifests name the registry. */
  readonly host: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly proof: (secret: string, body: string) => Readonly<Record<string, string>>
  readonly payload: (tag: string) => object
}

const digest = `sha256:${'8'.repeat(64)}`
const time = '2026-11-17T16:52:01Z'
const imageManifest = 'application/vnd.docker.distribution.manifest.v2+json'

const bearer: RegistrySender['proof'] = (secret) => ({ authorization: `Bearer ${secret}` })
const alone: RegistrySender['proof'] = (authorization) => ({ authorization })
const basic: RegistrySender['proof'] = (secret) => ({
  authorization: `Basic ${Buffer.from(`lotse:${secret}`).toString('base64')}`,
})
/** Of those that can send no header: by what stands in front of the bot. */
const ofItsOwn: RegistrySender['proof'] = (secret) => ({ 'x-webhook-secret': secret })
const byGitHub: RegistrySender['proof'] = (secret, body) => ({
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
})
const byNexus: RegistrySender['proof'] = (secret, body) => ({
  'x-nexus-webhook-signature': createHmac('sha1', secret).update(body).digest('hex'),
})

const amazon = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'

/** Cut down from what the documentation of each shows; what we do not read is there where it could mislead. */
export const registrySenders: readonly RegistrySender[] = [
  {
    name: 'distribution 2',
    host: 'eu.gcr.io',
    path: 'project/demo-service',
    headers: { 'content-type': 'application/vnd.docker.distribution.events.v1+json' },
    proof: bearer,
    payload: (tag) => distribution(tag, 'registry.intern:5000'),
  },
  {
    name: 'distribution 3',
    host: 'registry.example.org:5000',
    path: 'project/demo-service',
    headers: { 'content-type': 'application/vnd.docker.distribution.events.v2+json' },
    proof: basic,
    payload: (tag) => distribution(tag, 'registry.example.org:5000'),
  },
  {
    name: 'GitLab',
    host: 'gitlab.example.org:5050',
    path: 'project/demo-service',
    headers: { 'content-type': 'application/vnd.docker.distribution.events.v2+json' },
    proof: alone,
    payload: (tag) => distribution(tag, 'gitlab.example.org:5050'),
  },
  { name: 'Docker Hub', host: 'docker.io', path: 'acme/demo-service', proof: ofItsOwn, payload: dockerHub },
  {
    name: 'GitHub Packages by `package`',
    host: 'ghcr.io',
    path: 'acme/demo-service',
    headers: { 'x-github-event': 'package', 'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958' },
    proof: byGitHub,
    payload: (tag) => ({ action: 'published', package: packageOf(tag), ...ofAcme }),
  },
  {
    name: 'GitHub Packages by `registry_package`',
    host: 'ghcr.io',
    path: 'acme/demo-service',
    headers: { 'x-github-event': 'registry_package', 'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958' },
    proof: byGitHub,
    payload: (tag) => ({ action: 'published', registry_package: packageOf(tag), ...ofAcme }),
  },
  {
    name: 'Gitea',
    host: 'gitea.example.org',
    path: 'acme/demo-service',
    headers: { 'x-gitea-event': 'package', 'x-github-event': 'package', 'x-gogs-event': 'package' },
    proof: byGitHub,
    payload: gitea,
  },
  { name: 'Quay', host: 'quay.io', path: 'acme/demo-service', proof: basic, payload: quay },
  { name: 'Harbor', host: 'harbor.example.org', path: 'acme/demo-service', proof: alone, payload: harbor },
  {
    name: 'Harbor by CloudEvents',
    host: 'harbor.example.org',
    path: 'acme/demo-service',
    proof: alone,
    payload: (tag) => cloudEvent('harbor.artifact.pushed', harbor(tag).event_data),
  },
  {
    name: 'Artifact Registry by Pub/Sub',
    host: 'europe-docker.pkg.dev',
    path: 'project/repository/demo-service',
    proof: ofItsOwn,
    payload: pubSub,
  },
  { name: 'Azure', host: 'acme.azurecr.io', path: 'demo-service', proof: alone, payload: azure },
  {
    name: 'Azure by Event Grid',
    host: 'acme.azurecr.io',
    path: 'demo-service',
    headers: { 'content-type': 'application/json; charset=utf-8', 'aeg-event-type': 'Notification' },
    proof: bearer,
    payload: (tag) => [{ ...azurePushed, eventTime: time, eventType: azurePushed.type, data: azure(tag) }],
  },
  {
    name: 'Azure by Event Grid with CloudEvents',
    host: 'acme.azurecr.io',
    path: 'demo-service',
    headers: {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-request-origin': 'eventgrid.azure.net',
    },
    proof: bearer,
    payload: (tag) => cloudEvent(azurePushed.type, azure(tag)),
  },
  { name: 'Amazon by EventBridge', host: amazon, path: 'acme/demo-service', proof: ofItsOwn, payload: eventBridge },
  {
    name: 'Amazon by CloudEvents',
    host: amazon,
    path: 'acme/demo-service',
    proof: ofItsOwn,
    payload: (tag) =>
      cloudEvent('com.amazon.ecr.image.push', {
        repositoryName: 'acme/demo-service',
        imageTag: tag,
        imageDigest: digest,
        registryId: '123456789012',
      }),
  },
  { name: 'Nexus', host: 'nexus.example.org:8083', path: 'acme/demo-service', proof: byNexus, payload: nexus },
  { name: 'JFrog', host: 'acme.jfrog.io', path: 'docker-local/acme/demo-service', proof: bearer, payload: jfrog },
  {
    name: 'CloudEvents whose headers say what it is',
    host: 'eu.gcr.io',
    path: 'project/demo-service',
    headers: {
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/registry',
      'ce-type': 'org.example.container.pushed',
    },
    proof: bearer,
    payload: (tag) => ({ repository: 'project/demo-service', tag }),
  },
]

const azurePushed = {
  id: '831e1650-001e-001b-66ab-eeb76e069631',
  type: 'Microsoft.ContainerRegistry.ImagePushed',
  topic: '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/acme',
  dataVersion: '1.0',
}

function distribution(tag: string, host: string) {
  const event = { id: '320678d8-ca14-430f-8bb6-4ca139cd83f7', timestamp: time, request: { host, method: 'PUT' } }
  const target = { mediaType: imageManifest, digest, size: 708, repository: 'project/demo-service' }
  const layer = { ...target, mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }
  // Most of what a push of one image tells has no tag in it.
  return {
    events: [
      { ...event, action: 'push', target: layer },
      { ...event, action: 'pull', target: { ...target, tag } },
      { ...event, action: 'push', target: { ...target, url: 'http://169.254.169.254/', tag } },
    ],
  }
}

function dockerHub(tag: string) {
  return {
    callback_url: 'https://registry.hub.docker.com/u/acme/demo-service/hook/2141b5bi5i5b02bec211i4eeih0242eg11000a/',
    push_data: { images: [], media_type: 'application/vnd.oci.image.index.v1+json', pushed_at: 1_417_566_161, tag },
    repository: {
      full_description: '# demo\n',
      is_private: true,
      name: 'demo-service',
      namespace: 'acme',
      repo_name: 'acme/demo-service',
      repo_url: 'https://hub.docker.com/r/acme/demo-service',
      status: 'Active',
    },
  }
}

const ofAcme = {
  repository: { id: 11, name: 'sources-of-the-demo', full_name: 'acme/sources-of-the-demo' },
  organization: { login: 'Acme', id: 3 },
  sender: { login: 'github-actions[bot]', type: 'Bot' },
}

function packageOf(tag: string) {
  return {
    id: 10_696_678,
    name: 'demo-service',
    namespace: 'Acme',
    ecosystem: 'CONTAINER',
    package_type: 'CONTAINER',
    owner: { login: 'Acme', id: 3, type: 'Organization' },
    package_version: {
      id: 18_437_024,
      version: digest,
      package_url: `ghcr.io/acme/demo-service:${tag}`,
      container_metadata: { tag: { name: tag, digest }, labels: { source: 'https://github.com/acme/other' } },
    },
  }
}

function gitea(tag: string) {
  return {
    action: 'created',
    package: {
      id: 7,
      owner: { id: 3, login: 'Acme', username: 'Acme' },
      repository: { id: 11, full_name: 'Acme/sources-of-the-demo' },
      creator: { id: 1, login: 'bob' },
      type: 'container',
      name: 'demo-service',
      version: tag,
      html_url: 'https://gitea.example.org/Acme/-/packages/container/demo-service',
      created_at: time,
    },
    sender: { id: 1, login: 'bob' },
  }
}

function quay(tag: string) {
  return {
    name: 'demo-service',
    repository: 'acme/demo-service',
    namespace: 'acme',
    docker_url: 'quay.io/acme/demo-service',
    homepage: 'https://quay.io/repository/acme/demo-service',
    updated_tags: [`${tag}-slim`, tag],
    pruned_image_count: 3,
  }
}

function harbor(tag: string) {
  const resource_url = `harbor.example.org/acme/demo-service:${tag}`
  return {
    type: 'PUSH_ARTIFACT',
    occur_at: 1_586_922_308,
    operator: 'admin',
    event_data: {
      resources: [{ digest, tag, resource_url }],
      repository: {
        date_created: 1_586_922_308,
        name: 'demo-service',
        namespace: 'acme',
        repo_full_name: 'acme/demo-service',
        repo_type: 'private',
      },
    },
  }
}

function pubSub(tag: string) {
  const image = 'europe-docker.pkg.dev/project/repository/demo-service'
  const data = { action: 'INSERT', digest: `${image}@${digest}`, tag: `${image}:${tag}` }
  return {
    message: { data: Buffer.from(JSON.stringify(data)).toString('base64'), messageId: '136969346945' },
    subscription: 'projects/project/subscriptions/lotse',
  }
}

function azure(tag: string) {
  return {
    id: 'cb8c3971-9adc-488b-bdd8-43cbb4974ff5',
    timestamp: time,
    action: 'push',
    target: { mediaType: imageManifest, size: 524, digest, length: 524, repository: 'demo-service', tag },
    request: { id: 'a1b2', host: 'acme.azurecr.io', method: 'PUT', useragent: 'docker/29.0.0' },
  }
}

function eventBridge(tag: string) {
  return {
    version: '0',
    id: '13cde686-328b-6117-af20-0e5566167482',
    'detail-type': 'ECR Image Action',
    source: 'aws.ecr',
    account: '123456789012',
    time,
    region: 'eu-central-1',
    resources: [],
    detail: {
      result: 'SUCCESS',
      'repository-name': 'acme/demo-service',
      'image-digest': digest,
      'action-type': 'PUSH',
      'image-tag': tag,
    },
  }
}

function cloudEvent(type: string, data: object) {
  return { specversion: '1.0', id: '1', source: '/registry', type, time, datacontenttype: 'application/json', data }
}

function nexus(tag: string) {
  return {
    timestamp: time,
    nodeId: '7FFA7361-6ED33978-36997BD4-47095CC4-331356BE',
    initiator: 'admin/127.0.0.1',
    repositoryName: 'docker-hosted',
    action: 'CREATED',
    component: { id: '08909bf0', format: 'docker', name: 'acme/demo-service', group: null, version: tag },
  }
}

function jfrog(tag: string) {
  return {
    domain: 'docker',
    event_type: 'pushed',
    data: {
      image_name: 'acme/demo-service',
      name: 'manifest.json',
      path: `acme/demo-service/${tag}/manifest.json`,
      platforms: [],
      repo_key: 'docker-local',
      sha256: digest.slice('sha256:'.length),
      size: 1111,
      tag,
    },
    subscription_key: 'lotse',
    jpd_origin: 'https://acme.jfrog.io',
    source: 'jfrog/admin',
  }
}
