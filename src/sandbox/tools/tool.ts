import { satisfies } from 'semver'

/** A real program of another project that the sandbox runs. */
export type Tool = {
  readonly name: string
  /** What we build and test with. */
  readonly version: string
  /** Which versions of others do as well, as a range of semver. */
  readonly fits: string
  /** The environment variable that names one. */
  readonly setting: string
  /** How to ask it for its version. */
  readonly versionArguments: readonly string[]
  /** The official archives of envtest carry it. */
  readonly inEnvtest: boolean
  readonly source: GoSource
}

/** A program in a Go module that a `go.mod` and `go.sum` of ours pin. */
export type GoSource = {
  /** A folder of `tools/`. */
  readonly module: string
  readonly package: string
  /** Variables that the linker sets; without them a Kubernetes program calls itself v0.0.0. */
  readonly variables: Readonly<Record<string, string>>
  /** For the message to the one who waits: in the order of the rows, with nothing in Go's caches, on 4 cores. */
  readonly usualSeconds: number
}

const kubernetesVersion = '1.35.4'

/** One row each. Versions are said here and in `tools/MODULE/go.mod`; a test compares them. */
export const tools = {
  'kube-apiserver': {
    name: 'kube-apiserver',
    version: kubernetesVersion,
    fits: '~1.35.0',
    setting: 'KUBE_APISERVER_BIN',
    versionArguments: ['--version'],
    inEnvtest: true,
    source: kubernetes('kube-apiserver', 110),
  },
  etcd: {
    name: 'etcd',
    version: '3.6.16',
    fits: '^3.5.0',
    setting: 'ETCD_BIN',
    versionArguments: ['--version'],
    inEnvtest: true,
    source: { module: 'etcd', package: 'go.etcd.io/etcd/server/v3', variables: {}, usualSeconds: 15 },
  },
  kubectl: {
    name: 'kubectl',
    version: kubernetesVersion,
    // One minor version beside the server: https://kubernetes.io/releases/version-skew-policy
    fits: '>=1.34.0 <1.37.0',
    setting: 'KUBECTL_BIN',
    versionArguments: ['version', '--client'],
    inEnvtest: true,
    source: kubernetes('kubectl', 30),
  },
} as const satisfies Record<string, Tool>

export type ToolName = keyof typeof tools

export function toolFits(tool: Tool, version: string): boolean {
  return satisfies(version, tool.fits)
}

function kubernetes(program: string, usualSeconds: number): GoSource {
  const [major = '', minor = ''] = kubernetesVersion.split('.')
  const version = 'k8s.io/component-base/version'
  return {
    module: 'kubernetes',
    package: `k8s.io/kubernetes/cmd/${program}`,
    variables: {
      [`${version}.gitVersion`]: `v${kubernetesVersion}`,
      [`${version}.gitMajor`]: major,
      [`${version}.gitMinor`]: minor,
    },
    usualSeconds,
  }
}
