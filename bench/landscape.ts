import { type Stage, openStage } from '../src/cli/stage.ts'
import { acme } from '../src/sandbox/acme.ts'
import { pushImage } from '../src/sandbox/registry/push-image.ts'
import type { SandboxRegistry } from '../src/sandbox/registry/registry.ts'
import { createSession } from '../src/sandbox/registry/push-session.ts'
import type { Size } from './report.ts'

/**
 * A GitHub and a registry with so much in them, where every image is up to date. Each file is a Deployment that follows
 * one image, and a Service; no two repositories share an image where there are enough.
 */
export type Landscape = {
  readonly stage: Stage
  readonly repositories: readonly string[]
  /** Pushes a newer tag of one image. */
  readonly release: (image: number, tag: string) => Promise<void>
  /** One commit that changes one file; gives the number of the file. */
  readonly commit: (repository: number, round: number) => Promise<void>
}

/** An installation may make 5,000 requests in an hour. */
const repositoriesPerOrganization = 100
const atOnce = 16
const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const current = '1.2.0'
/** Ten tags an image, and none that is newer. */
const otherTags = ['latest', 'main', '1.0.0', '1.0.1', '1.1.0', '1.1.1', '1.1.2', '1.1.3', '1.2.0-rc.1']

export async function openLandscape(size: Size, tell: (progress: string) => void): Promise<Landscape> {
  // The repository that every stage has takes no part: without a configuration nothing in it is looked at.
  const stage = await openStage({ files: { '.github/lotse.yaml': null } })
  const repositories = numbers(size.repositories).map(nameOf)
  await forEach(
    size.images,
    async (image) => pushTags(stage.registry, image),
    counting('images pushed', size.images, tell),
  )
  for (const organization of new Set(repositories.map((name) => name.split('/')[0] ?? ''))) {
    stage.github.createOrganization(organization)
    await stage.github.install(stage.app.appId, organization)
  }
  const make = async (repository: number): Promise<void> => {
    await stage.github.createRepository(nameOf(repository), { files: filesOf(size, repository) })
    stage.github.grant(nameOf(repository), 'alice', 'write')
  }
  await forEach(size.repositories, make, counting('repositories made', size.repositories, tell))
  return {
    stage,
    repositories,
    release: async (image, tag) => void (await pushImage(stage.registry.url, { repository: pathOf(image), tag })),
    async commit(repository, round) {
      const [path, text] = changed(filesOf(size, repository), round)
      await stage.github.person('alice').push(nameOf(repository), { branch: 'main', files: { [path]: text } })
    },
  }
}

function changed(files: Readonly<Record<string, string>>, round: number): readonly [path: string, text: string] {
  const [path, text] = Object.entries(files).find(([path]) => path.startsWith('clusters/')) ?? ['', '']
  return [path, `# round ${round}\n${text}`]
}

/** Of one repository, whose share is every so manieth file and image. */
export function filesOf({ repositories, files, images }: Size, repository: number): Readonly<Record<string, string>> {
  const share = (all: number): readonly number[] => numbers(all).filter((n) => n % repositories === repository)
  const own = share(images)
  const manifests = share(files).map((n, i) => [
    `clusters/production/team-${n % 7}/app-${n}.yaml`,
    manifest(n, own[i % own.length] ?? repository % images),
  ])
  return { '.github/lotse.yaml': configuration, 'README.md': '# What runs\n', ...Object.fromEntries(manifests) }
}

function nameOf(repository: number): string {
  return `acme-${Math.floor(repository / repositoriesPerOrganization)}/gitops-${repository}`
}

function pathOf(image: number): string {
  return `project/app-${image}`
}

/** One image and one manifest, which all tags point to, as most registries are asked for lists only. */
export async function pushTags(registry: SandboxRegistry, image: number): Promise<void> {
  const repository = pathOf(image)
  const { digest } = await pushImage(registry.url, { repository, tag: current })
  const url = `${registry.url}/v2/${repository}/manifests/${digest}`
  const pushed = await fetch(url, { headers: { accept: manifestType } })
  const bytes = Buffer.from(await pushed.arrayBuffer())
  const session = createSession(registry.url, repository, undefined)
  for (const tag of otherTags) await session.pushManifest(tag, manifestType, bytes)
}

const configuration = `version: 1
clusters:
  production:
    path: clusters/production
    environment: production
`

const manifest = (n: number, image: number): string => `# Owned by team ${n % 7}.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${n}
  namespace: team-${n % 7}
  annotations:
    fluxcd.io/automated: "true"
    fluxcd.io/tag.app: semver:~1.2
spec:
  replicas: ${1 + (n % 5)} # by hand, no autoscaler
  selector:
    matchLabels: { app: app-${n} }
  template:
    metadata:
      labels: { app: app-${n} }
    spec:
      containers:
        - name: app
          image: ${acme.registryHost}/${pathOf(image)}:${current}
          ports:
            - containerPort: 8080
          envFrom:
            - configMapRef: { name: app-${n} }
---
apiVersion: v1
kind: Service
metadata:
  name: app-${n}
  namespace: team-${n % 7}
spec:
  selector: { app: app-${n} }
  ports:
    - port: 80
      targetPort: 8080
`

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => n)
}

async function forEach(count: number, act: (n: number) => Promise<void>, done: () => void): Promise<void> {
  const waiting = numbers(count).values()
  const work = async (): Promise<void> => {
    for (const n of waiting) {
      await act(n)
      done()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

/** Told ten times. */
function counting(what: string, of: number, tell: (progress: string) => void): () => void {
  let count = 0
  const step = Math.max(1, Math.floor(of / 10))
  return () => {
    count += 1
    if (count % step === 0) tell(`${count} of ${of} ${what}`)
  }
}
