import { parseWorkloadId, type WorkloadId } from '../../core/manifest/resource.ts'
import { WrongCall } from '../arguments.ts'

/** The one folder that a command works on. */
export function theFolder(words: readonly string[]): string {
  const [folder, another] = words
  if (folder === undefined) throw new WrongCall('expected a folder with manifests, got none')
  if (another !== undefined) throw new WrongCall(`expected one folder, got \`${another}\` too`)
  return folder
}

/** `default:deployment/web`, if a workload is named. */
export function workloadIn(option: string | undefined): WorkloadId | undefined {
  if (option === undefined) return undefined
  const workload = parseWorkloadId(option)
  if (workload.ok) return workload.value
  throw new WrongCall(workload.problems[0].message)
}
