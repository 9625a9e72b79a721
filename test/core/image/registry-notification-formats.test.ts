import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { NotificationHeaders } from '../../../src/core/image/registry-notification-formats.ts'
import { formatProblem } from '../../../src/core/parsed.ts'
import { parseRegistryNotification } from '../../../src/core/image/registry-notification.ts'

// One payload per registry, cut down to what its documentation says is in it and a few fields that must not matter.

const digest = `sha256:${'0'.repeat(64)}`

const dockerHub = (tag: unknown, repository: object = { repo_name: 'acme/app' }) => ({
  callback_url: 'http://169.254.169.254/latest',
  push_data: { pushed_at: 1_417_566_161, pusher: 'acme', tag },
  repository: { is_private: true, status: 'Active', ...repository },
})

const packageOf = (tag: unknown, more: object = {}) => ({
  name: 'App',
  namespace: 'Acme',
  package_type: 'CONTAINER',
  ecosystem: 'CONTAINER',
  owner: { login: 'Acme', id: 1 },
  package_version: { version: digest, container_metadata: { tag: { name: tag, digest } } },
  ...more,
})

const gitea = (version: string, more: object = {}, action = 'created') => ({
  body: {
    action,
    package: { id: 7, type: 'container', name: 'App', version, owner: { id: 3, login: 'Acme' }, ...more },
    sender: { id: 1, login: 'bob' },
  },
  headers: { 'x-gitea-event': 'package', 'x-github-event': 'package' },
})

const quay = (tags: unknown) => ({
  name: 'app',
  namespace: 'acme',
  repository: 'acme/app',
  docker_url: 'quay.io/acme/app',
  homepage: 'https://quay.io/repository/acme/app',
  updated_tags: tags,
})

const harbor = (tags: readonly unknown[], type = 'PUSH_ARTIFACT') => ({
  type,
  occur_at: 1_586_922_308,
  operator: 'admin',
  event_data: {
    resources: tags.map((tag) => ({ digest, tag, resource_url: 'harbor.example.org/acme/app:1' })),
    repository: { name: 'app', namespace: 'acme', repo_full_name: 'acme/app', repo_type: 'private' },
  },
})

const pubSub = (data: unknown) => ({
  message: { data: Buffer.from(JSON.stringify(data)).toString('base64'), messageId: '1', attributes: {} },
  subscription: 'projects/project/subscriptions/lotse',
})

const azure = (action = 'push', tag: unknown = '1.2.0') => ({
  id: 'cb8c3971',
  timestamp: '2026-11-17T16:52:01Z',
  action,
  target: { mediaType: 'application/vnd.docker.distribution.manifest.v2+json', repository: 'acme/app', tag, digest },
  request: { host: 'acme.azurecr.io', method: 'PUT' },
})

const eventBridge = (detail: object = {}, more: object = {}) => ({
  version: '0',
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  account: '123456789012',
  region: 'eu-central-1',
  detail: {
    result: 'SUCCESS',
    'repository-name': 'acme/app',
    'image-digest': digest,
    'action-type': 'PUSH',
    'image-tag': '1.2.0',
    ...detail,
  },
  ...more,
})

const nexus = (component: object = {}, action = 'CREATED') => ({
  timestamp: '2026-11-10T23:57:49.664+0000',
  repositoryName: 'docker-hosted',
  action,
  component: { id: '08909bf0', format: 'docker', name: 'acme/app', group: null, version: '1.2.0', ...component },
})

const jfrog = (data: object = {}, more: object = {}) => ({
  domain: 'docker',
  event_type: 'pushed',
  data: {
    repo_key: 'docker-local',
    path: 'acme/app/1.2.0/manifest.json',
    image_name: 'acme/app',
    tag: '1.2.0',
    ...data,
  },
  jpd_origin: 'https://acme.jfrog.io',
  ...more,
})

const distribution = {
  events: [
    {
      action: 'push',
      target: { mediaType: 'application/vnd.oci.image.index.v1+json', repository: 'acme/app', tag: '1.2.0', digest },
    },
  ],
}

const eventGrid = (eventType: string, data: object = azure()) => ({
  id: '831e1650-001e-001b-66ab-eeb76e069631',
  topic: '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/acme',
  subject: 'acme/app:1.2.0',
  eventType,
  eventTime: '2026-11-17T16:52:01Z',
  dataVersion: '1.0',
  metadataVersion: '1',
  data,
})

const pushedToAzure = 'Microsoft.ContainerRegistry.ImagePushed'

const cloudEvent = (type: string, data: unknown) => ({ specversion: '1.0', id: '1', source: 'x', type, data })

type Row = readonly [
  name: string,
  given: { readonly body: unknown; readonly host?: string; readonly headers?: NotificationHeaders },
  tags: readonly string[],
]

const app = ['r.example.org/acme/app:1.2.0']

const rows: readonly Row[] = [
  ['distribution', { body: distribution }, app],
  ['Docker Hub', { body: dockerHub('1.2.0'), host: 'docker.io' }, ['docker.io/acme/app:1.2.0']],
  [
    'an official image of Docker Hub',
    { body: dockerHub('1.27', { repo_name: 'nginx' }), host: 'docker.io' },
    ['docker.io/library/nginx:1.27'],
  ],
  ['Docker Hub by namespace and name', { body: dockerHub('1.2.0', { namespace: 'acme', name: 'app' }) }, app],
  ['Aliyun', { body: dockerHub('1.2.0', { repo_full_name: 'acme/app', region: 'cn-hangzhou' }) }, app],
  [
    'a package of GitHub, in lower case',
    { body: { action: 'published', package: packageOf('1.2.0') }, headers: { 'x-github-event': 'package' } },
    app,
  ],
  ['a registry package of GitHub', { body: { action: 'published', registry_package: packageOf('1.2.0') } }, app],
  [
    'a registry package that says its tag as its version and its owner as its namespace',
    {
      body: {
        action: 'published',
        registry_package: packageOf('', { owner: undefined, package_version: { version: '1.2.0' } }),
        repository: { full_name: 'acme/another-name' },
      },
    },
    app,
  ],
  ['a tag that a package of GitHub got later', { body: { action: 'updated', package: packageOf('1.2.0') } }, app],
  ['no layer of a package of GitHub', { body: { action: 'published', package: packageOf('') } }, []],
  [
    'no package of GitHub that is no container',
    { body: { action: 'published', package: packageOf('1.2.0', { package_type: 'npm' }) } },
    [],
  ],
  ['no deleted package of GitHub', { body: { action: 'deleted', package: packageOf('1.2.0') } }, []],
  [
    'no ping of GitHub',
    { body: { zen: 'Keep it logically awesome.', hook_id: 1, hook: {} }, headers: { 'x-github-event': 'ping' } },
    [],
  ],
  ['no other event of GitHub', { body: { action: 'opened', issue: {} }, headers: { 'x-github-event': 'issues' } }, []],
  ['Gitea', gitea('1.2.0'), app],
  ['no single platform of Gitea', gitea(digest), []],
  ['no package of Gitea that is no container', gitea('1.2.0', { type: 'npm' }), []],
  ['no deleted package of Gitea', gitea('1.2.0', {}, 'deleted'), []],
  ['no test of Gitea', { ...gitea('1.2.0'), body: { ref: 'refs/heads/main', commits: [] } }, []],
  ['Quay', { body: quay(['1.2.0']) }, app],
  ['no scan of Quay', { body: { ...quay(undefined), tags: ['1.2.0'], vulnerability: { id: 'CVE-FAKE-CVE' } } }, []],
  ['all tags of Quay', { body: quay(['1.2.0', '1.2', '1.2']) }, [...app, 'r.example.org/acme/app:1.2']],
  ['Harbor', { body: harbor(['1.2.0']) }, app],
  ['Harbor 1', { body: harbor(['1.2.0'], 'pushImage') }, app],
  ['all resources of Harbor', { body: harbor(['1.2.0', digest, '1.2']) }, [...app, 'r.example.org/acme/app:1.2']],
  ['no delete of Harbor', { body: harbor(['1.2.0'], 'DELETE_ARTIFACT') }, []],
  ['no scan of Harbor', { body: harbor(['1.2.0'], 'SCANNING_COMPLETED') }, []],
  ['Harbor by CloudEvents', { body: cloudEvent('harbor.artifact.pushed', harbor(['1.2.0']).event_data) }, app],
  ['no delete of Harbor by CloudEvents', { body: cloudEvent('harbor.artifact.deleted', harbor(['1']).event_data) }, []],
  [
    'Artifact Registry',
    {
      body: pubSub({
        action: 'INSERT',
        digest: `eu-docker.pkg.dev/p/r/app@${digest}`,
        tag: 'eu-docker.pkg.dev/p/r/app:1.2.0',
      }),
      host: 'eu-docker.pkg.dev',
    },
    ['eu-docker.pkg.dev/p/r/app:1.2.0'],
  ],
  [
    'no image of another registry of Google, which the same topic tells of',
    { body: pubSub({ action: 'INSERT', tag: 'us.gcr.io/p/app:1.2.0' }), host: 'eu.gcr.io' },
    [],
  ],
  ['no digest of Google', { body: pubSub({ action: 'INSERT', digest: `r.example.org/p/app@${digest}` }) }, []],
  ['no delete of Google', { body: pubSub({ action: 'DELETE', tag: 'r.example.org/p/app:1.2.0' }) }, []],
  ['Azure', { body: azure() }, app],
  ['no delete of Azure', { body: azure('delete') }, []],
  ['no test of Azure', { body: azure('ping', undefined) }, []],
  ['no test of Azure without a target', { body: { id: '1', action: 'ping' } }, []],
  ['Azure Event Grid', { body: [eventGrid(pushedToAzure)] }, app],
  [
    'all events of Azure Event Grid',
    { body: [eventGrid(pushedToAzure), eventGrid(pushedToAzure, azure('push', '1.2')), eventGrid(pushedToAzure)] },
    [...app, 'r.example.org/acme/app:1.2'],
  ],
  ['no delete in a list of Azure Event Grid', { body: [eventGrid('Microsoft.ContainerRegistry.ImageDeleted')] }, []],
  ['no chart of Azure Event Grid', { body: [eventGrid('Microsoft.ContainerRegistry.ChartPushed')] }, []],
  ['no event of Azure Event Grid about something else', { body: [eventGrid('Microsoft.Storage.BlobCreated')] }, []],
  [
    'Azure Event Grid by CloudEvents, in batches',
    { body: [cloudEvent(pushedToAzure, azure()), cloudEvent(pushedToAzure, azure('push', '1.2'))] },
    [...app, 'r.example.org/acme/app:1.2'],
  ],
  ['Azure Event Grid by CloudEvents', { body: cloudEvent('Microsoft.ContainerRegistry.ImagePushed', azure()) }, app],
  [
    'no delete of Azure Event Grid',
    { body: cloudEvent('Microsoft.ContainerRegistry.ImageDeleted', azure('delete')) },
    [],
  ],
  [
    'EventBridge',
    { body: eventBridge(), host: '123456789012.dkr.ecr.eu-central-1.amazonaws.com' },
    ['123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/app:1.2.0'],
  ],
  ...(
    [
      '123456789012.dkr-ecr.eu-central-1.on.aws',
      '123456789012.dkr.ecr-fips.eu-central-1.amazonaws.com',
      '123456789012.dkr-ecr-fips.eu-central-1.on.aws',
      '123456789012.dkr.ecr.eu-central-1.amazonaws.com.cn',
      'images.example.org',
    ] as const
  ).map((host): Row => [`EventBridge at ${host}`, { body: eventBridge(), host }, [`${host}/acme/app:1.2.0`]]),
  ['no image of another region', { body: eventBridge(), host: '123456789012.dkr-ecr.eu-west-1.on.aws' }, []],
  [
    'no image of another account',
    { body: eventBridge({}, { account: '2' }), host: '1.dkr.ecr.eu-central-1.amazonaws.com' },
    [],
  ],
  [
    'EventBridge where a transformer left account and region out',
    { body: eventBridge({}, { account: undefined }) },
    app,
  ],
  ['no delete of EventBridge', { body: eventBridge({ 'action-type': 'DELETE' }) }, []],
  ['no failed push of EventBridge', { body: eventBridge({ result: 'FAILURE' }) }, []],
  ['no untagged push of EventBridge', { body: eventBridge({ 'image-tag': undefined }) }, []],
  ['no scan of EventBridge', { body: eventBridge({}, { 'detail-type': 'ECR Image Scan' }) }, []],
  [
    'Nexus, whichever way its images are reached',
    { body: nexus() },
    [...app, 'r.example.org/docker-hosted/acme/app:1.2.0'],
  ],
  ['Nexus where no image can be below the repository', { body: { ...nexus(), repositoryName: 'Docker' } }, app],
  ['Nexus where none can be below it, in lower case', { body: { ...nexus(), repositoryName: 'docker-' } }, app],
  ['no delete of Nexus', { body: nexus({}, 'DELETED') }, []],
  ['no jar of Nexus', { body: nexus({ format: 'maven2' }) }, []],
  [
    'JFrog, whichever way its images are reached',
    { body: jfrog() },
    [...app, 'r.example.org/docker-local/acme/app:1.2.0'],
  ],
  ['no delete of JFrog', { body: jfrog({}, { event_type: 'deleted' }) }, []],
  ['no package of JFrog that is no image', { body: jfrog({}, { domain: 'artifact' }) }, []],
  [
    'a CloudEvent of Amazon',
    {
      body: cloudEvent('com.amazon.ecr.image.push', {
        repositoryName: 'acme/app',
        imageTag: '1.2.0',
        imageDigest: digest,
      }),
    },
    app,
  ],
  [
    'a CloudEvent whose headers say what it is',
    { body: { repository: 'acme/app', tag: '1.2.0' }, headers: { 'ce-type': 'org.example.container.pushed' } },
    app,
  ],
  ['no CloudEvent of something else', { body: cloudEvent('org.example.order.paid', { name: 'a', tag: 'b' }) }, []],
]

for (const [name, { body, host = 'r.example.org', headers }, tags] of rows) {
  test(`parseRegistryNotification reads ${name}`, () => {
    const notification = parseRegistryNotification(body, { host, ...(headers === undefined ? {} : { headers }) })
    assert.ok(notification.ok, JSON.stringify(notification))
    assert.deepEqual(
      notification.value.map(({ image, tag }) => `${image}:${tag}`),
      tags,
    )
  })
}

const refusals: readonly (readonly [name: string, body: unknown, says: RegExp])[] = [
  ['no object', 7, /expected the notification of a registry/],
  ['a list of what nobody sends in lists', [dockerHub('1')], /^event 1: expected the notification of a registry/],
  ['a list in a list', [[cloudEvent(pushedToAzure, azure())]], /^event 1: expected the notification/],
  [
    'an event of Azure Event Grid whose tag is none',
    [eventGrid(pushedToAzure, azure('push', '../1'))],
    /^event 1: Event Grid of Azure: expected a tag/,
  ],
  ['an object that nobody sends', { hello: 'world' }, /expected the notification of a registry/],
  ['a tag that is none', dockerHub('a b'), /^Docker Hub: expected a tag, got `a b`$/],
  ['a tag that is no text', quay([{ name: '1.2.0' }]), /^Quay: expected a tag, got `object`$/],
  ['a repository that is none', dockerHub('1', { repo_name: '../../v2' }), /^Docker Hub: expected an image/],
  [
    'a repository that is no text',
    dockerHub('1', { repo_name: 7 }),
    /^Docker Hub: expected a repository, got `number`$/,
  ],
  ['a repository with a tag in it', dockerHub('1', { repo_name: 'acme/app:2' }), /without tag and digest/],
  ['a package without a name', { action: 'published', package: packageOf('1', { name: null }) }, /a name and an owner/],
  ['data that is no JSON', { message: { data: 'e30x' } }, /^Pub\/Sub of Google: expected JSON in base64/],
  ['a reference without a host', pubSub({ action: 'INSERT', tag: 'app:1' }), /expected a whole image reference/],
]

for (const [name, body, says] of refusals) {
  test(`parseRegistryNotification refuses ${name}`, () => {
    const notification = parseRegistryNotification(body, { host: 'r.example.org' })
    assert.ok(!notification.ok)
    assert.match(notification.problems[0].message, says)
  })
}

test('parseRegistryNotification says what is known, in a list and outside', () => {
  const helpOf = (body: unknown): string => {
    const notification = parseRegistryNotification(body, { host: 'r.example.org' })
    return notification.ok ? '' : notification.problems.map(formatProblem).join()
  }
  assert.match(helpOf({}), /\(known are those of distribution, GitLab, Gitea, Forgejo, .*, Azure\)$/)
  assert.match(helpOf([{}]), /\(known in a list are those of CloudEvents, Event Grid of Azure\)$/)
})

test('parseRegistryNotification answers whatever it is given, and only tags of the registry that it was told', () => {
  const part = fc.oneof(fc.anything(), fc.constantFrom('1.2.0', 'push', 'docker', 'acme/app', 'CONTAINER', 'published'))
  const bodies = rows.map(([, { body }]) => body).filter((body) => typeof body === 'object')
  const broken = fc
    .tuple(
      fc.constantFrom(...bodies),
      fc.dictionary(fc.constantFrom(...bodies.flatMap((body) => Object.keys(body ?? {}))), part),
    )
    .map(([body, others]) => ({ ...body, ...others }))
  fc.assert(
    fc.property(fc.oneof(fc.anything(), broken, fc.array(fc.oneof(broken, fc.anything()))), (body) => {
      const notification = parseRegistryNotification(body, { host: 'r.example.org' })
      if (notification.ok) assert.ok(notification.value.every(({ image }) => image.startsWith('r.example.org/')))
    }),
  )
})
