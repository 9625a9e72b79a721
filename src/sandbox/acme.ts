import { createHash } from 'node:crypto'

/** The organisation of the demo and of the stories: one GitOps repository, one cluster, one image. */
export const acme = {
  organization: 'acme',
  repository: 'acme/gitops',
  registryHost: 'eu.gcr.io',
  imagePath: 'project/demo-service',
  image: 'eu.gcr.io/project/demo-service',
  cluster: 'production',
  namespace: 'demo',
} as const

/** What acme's build pushes for a tag: an image that says which commit it was built from. */
export function acmeBuild(tag: string) {
  const revision = createHash('sha1').update(tag).digest('hex')
  const labels = {
    'org.opencontainers.image.source': 'https://github.com/acme/demo-service',
    'org.opencontainers.image.revision': revision,
  }
  return { repository: acme.imagePath, tag, labels }
}

/** What may differ from the demo's `acme/gitops`: stories that share an API server must not share objects. */
export type AcmeOptions = {
  readonly cluster?: string
  readonly namespace?: string
  /** The public key of the agent that may speak for the cluster; without it the cluster has none. */
  readonly agentKey?: string
}

/** The files of `acme/gitops`. Custom resource definitions are of the whole cluster, so only one story may bring them. */
export function acmeFilesFor(options: AcmeOptions): Readonly<Record<string, string>> {
  const { cluster = acme.cluster, namespace = acme.namespace, agentKey } = options
  const folder = `clusters/${cluster}`
  return {
    '.github/lotse.yaml': configuration(cluster, agentKey),
    'README.md': '# What runs at acme\n',
    [`${folder}/namespace.yaml`]: namespaceFile(namespace),
    [`${folder}/demo-worker.yaml`]: deployment(namespace),
    [`${folder}/demo-settings.yaml`]: configMap(namespace),
    [`${folder}/demo-service.yaml`]: helmRelease(namespace),
  }
}

export const acmeFiles = acmeFilesFor({})

/** The kind that Flux v1's Helm Operator brings; with it in git, a cluster without that operator takes a HelmRelease. */
export const helmReleaseDefinition = {
  path: `clusters/${acme.cluster}/helmrelease-crd.yaml`,
  text: `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: helmreleases.flux.weave.works
spec:
  group: flux.weave.works
  scope: Namespaced
  names: { kind: HelmRelease, listKind: HelmReleaseList, plural: helmreleases, singular: helmrelease, shortNames: [fhr] }
  versions:
    - name: v1beta1
      served: true
      storage: true
      subresources: { status: {} }
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: { type: object, x-kubernetes-preserve-unknown-fields: true }
            status: { type: object, x-kubernetes-preserve-unknown-fields: true }
      additionalPrinterColumns:
        - { name: Release, type: string, jsonPath: .spec.releaseName }
        - { name: Tag, type: string, jsonPath: .spec.values.image.tag }
`,
} as const

function configuration(cluster: string, agentKey: string | undefined): string {
  const agents = agentKey === undefined ? '' : `\n    agents: [${agentKey}]`
  return `# yaml-language-server: $schema=https://lotse.dev/schema/v1.json
version: 1
clusters:
  ${cluster}:
    path: clusters/${cluster}${agents}
    environment: ${cluster}
    release: { merge: auto }
`
}

function namespaceFile(namespace: string): string {
  return `apiVersion: v1
kind: Namespace
metadata:
  name: ${namespace}
`
}

function deployment(namespace: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: demo-worker
  namespace: ${namespace}
  annotations:
    flux.weave.works/automated: "true"
    flux.weave.works/tag.worker: semver:~1.2 # patches only
spec:
  replicas: 2
  selector:
    matchLabels: { app: demo-worker }
  template:
    metadata:
      labels: { app: demo-worker }
    spec:
      containers:
        - name: worker
          image: eu.gcr.io/project/demo-service:1.2.0 # the same image as the web part
          args: ["work"]
          envFrom:
            - configMapRef: { name: demo-settings }
`
}

function configMap(namespace: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: demo-settings
  namespace: ${namespace}
data:
  GREETING: Moin
`
}

function helmRelease(namespace: string): string {
  return `apiVersion: flux.weave.works/v1beta1
kind: HelmRelease
metadata:
  name: demo-service
  namespace: ${namespace}
  annotations:
    flux.weave.works/automated: "true"
    flux.weave.works/tag.chart-image: semver:~1.2
spec:
  releaseName: demo-service
  chart:
    git: https://github.com/acme/charts
    path: charts/demo-service
    ref: main
  values:
    image:
      repository: eu.gcr.io/project/demo-service
      tag: 1.2.0
    replicaCount: 2
`
}
