import type { LiveDiff, ObjectChange } from '../../../src/core/diff/live-diff.ts'

/** What an agent tells of a pull request that changes nothing. */
export function liveDiff(override: Partial<LiveDiff> = {}): LiveDiff {
  return { changes: [], drift: [], dangers: [], problems: [], unchanged: 0, omitted: 0, ...override }
}

export function change(override: Partial<ObjectChange> = {}): ObjectChange {
  return {
    object: 'apps/Deployment demo/web',
    file: 'clusters/production/web.yaml',
    line: 1,
    action: 'change',
    lines: ['@@ -1,1 +1,1 @@', '-replicas: 1', '+replicas: 2'],
    cut: false,
    ...override,
  }
}
