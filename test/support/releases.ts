import { parseFilePath, type ClusterName } from '../../src/core/ids.ts'
import { imageName, parseImageRef } from '../../src/core/image/ref.ts'
import { parseWorkloadId } from '../../src/core/manifest/resource.ts'
import type { ImageUse } from '../../src/core/manifest/workload.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import type { Change, ReleasePlan, Skipped, SkippedBecause } from '../../src/core/release/plan.ts'
import { cluster } from './facts.ts'

export type ChangeSaid = Pick<Change, 'because' | 'facts' | 'heldBack'> & {
  readonly cluster?: ClusterName
  readonly workload?: string
  readonly container?: string
  readonly image?: string
  readonly from?: string | undefined
  readonly to?: string
  readonly file?: string
  readonly line?: number
  readonly policy?: string
}

/** `demo-service` of `demo:deployment/web` moves from 1.2.0 to 1.2.1; a test states only what differs. */
export function change(said: ChangeSaid = {}): Change {
  const { container = 'web', image = 'eu.gcr.io/project/demo-service', to = '1.2.1', line = 12 } = said
  const from = 'from' in said ? said.from : '1.2.0'
  const ref = guaranteed(parseImageRef(from === undefined ? image : `${image}:${from}`))
  const use: ImageUse = {
    workload: guaranteed(parseWorkloadId(said.workload ?? 'demo:deployment/web')),
    container,
    image: ref,
    place: { document: 0, path: ['spec', 'template', 'spec', 'containers', container, 'image'] },
    holds: 'reference',
    text: ref.written,
    line,
    automation: { automated: true, automatedSaid: true, ignored: false, policy: said.policy ?? 'semver:~1.2' },
  }
  const { because, facts, heldBack } = said
  return {
    cluster: said.cluster ?? cluster,
    file: guaranteed(parseFilePath(said.file ?? 'clusters/production/web.yaml')),
    use,
    image: imageName(ref),
    from,
    to,
    ...(because === undefined ? {} : { because }),
    ...(facts === undefined ? {} : { facts }),
    ...(heldBack === undefined ? {} : { heldBack }),
  }
}

/** The same place, about which the plan can say no more than this. */
export function skipped({ cluster, file, use, image }: Change, because: SkippedBecause): Skipped {
  return { cluster, file, use, workload: use.workload, container: use.container, image, because }
}

export function plan(said: Partial<ReleasePlan>): ReleasePlan {
  return { changes: [], skipped: [], lookups: [], problems: [], ...said }
}
