import { type ClusterName, parseClusterName } from '../ids.ts'

const form = /^lotse\/diff \((.*)\)$/

/** `lotse/diff (production)` */
export function diffCheckName(cluster: ClusterName): string {
  return `lotse/diff (${cluster})`
}

export function parseDiffCheckName(name: string): ClusterName | undefined {
  const cluster = parseClusterName(form.exec(name)?.[1] ?? '')
  return cluster.ok ? cluster.value : undefined
}
