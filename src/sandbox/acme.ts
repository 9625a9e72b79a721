/** The organisation of the demo and of the stories: one GitOps repository, one cluster, one image. */
export const acme = {
  organization: 'acme',
  repository: 'acme/gitops',
  registryHost: 'eu.gcr.io',
  imagePath: 'project/demo-service',
  image: 'eu.gcr.io/project/demo-service',
  cluster: 'production',
} as const

const configuration = `# yaml-language-server: $schema=https://lotse.dev/schema/v1.json
version: 1
clusters:
  production:
    path: clusters/production
    environment: production
    release: { merge: auto }
`

const namespace = `apiVersion: v1
kind: Namespace
metadata:
  name: demo
`

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: demo-worker
  namespace: demo
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

const configMap = `apiVersion: v1
kind: ConfigMap
metadata:
  name: demo-settings
  namespace: demo
data:
  GREETING: Moin
`

const helmRelease = `apiVersion: flux.weave.works/v1beta1
kind: HelmRelease
metadata:
  name: demo-service
  namespace: demo
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

export const acmeFiles: Readonly<Record<string, string>> = {
  '.github/lotse.yaml': configuration,
  'README.md': '# What runs at acme\n',
  'clusters/production/namespace.yaml': namespace,
  'clusters/production/demo-worker.yaml': deployment,
  'clusters/production/demo-settings.yaml': configMap,
  'clusters/production/demo-service.yaml': helmRelease,
}
