import type { BaseFacts, CheckFacts, MergeFacts, PullRequestFacts } from '../../src/core/automerge/facts.ts'
import type { ReleaseRules } from '../../src/core/config/configuration.ts'
import {
  parseBranchName,
  parseClusterName,
  parseCommitSha,
  parsePullNumber,
  parseTreeSha,
  parseUserId,
} from '../../src/core/ids.ts'
import { parseImageName } from '../../src/core/image/ref.ts'
import { guaranteed } from '../../src/core/parsed.ts'

export const bot = guaranteed(parseUserId(1001))
export const person = guaranteed(parseUserId(7))
export const commit = (digit: string) => guaranteed(parseCommitSha(digit.repeat(40)))
export const tree = (digit: string) => guaranteed(parseTreeSha(digit.repeat(40)))
export const branch = (name: string) => guaranteed(parseBranchName(name))
export const cluster = guaranteed(parseClusterName('production'))
export const image = guaranteed(parseImageName('eu.gcr.io/project/demo-service'))

export const releaseRules: ReleaseRules = {
  merge: 'auto',
  mergeMethod: 'squash',
  checks: 'required',
  group: 'image',
  minimumAgeMs: 0,
  freeze: [],
  maxOpen: 10,
  ignore: [],
}
export const greenCi: CheckFacts = { name: 'ci', app: 15368, ours: false, state: 'success' }

const pull: PullRequestFacts = {
  number: guaranteed(parsePullNumber(12)),
  state: 'open',
  draft: false,
  author: bot,
  marker: { cluster, of: { kind: 'image', image }, uses: ['0f1e2d3c.a1b2c3d4e5f6'] },
  sameRepository: true,
  headBranch: branch('lotse/release/production/eu.gcr.io+project+demo-service'),
  head: commit('a'),
  headTree: tree('b'),
  headParents: [commit('c')],
  commits: 1,
  mergeable: 'yes',
  mergeState: 'clean',
  review: 'none',
  approvals: 0,
  unresolvedThreads: 0,
}

const base: BaseFacts = {
  branch: branch('main'),
  isDefault: true,
  required: [],
  requiredApprovals: 0,
  codeOwnersRequired: false,
  conversationsRequired: false,
  mergeQueue: false,
  otherGates: [],
  methods: ['squash', 'merge', 'rebase'],
}

export type FactsOverride = Partial<Omit<MergeFacts, 'pull' | 'base'>> & {
  readonly pull?: Partial<PullRequestFacts>
  readonly base?: Partial<BaseFacts>
}

/** A release that may be merged; a test states only what differs. */
export function mergeFacts(override: FactsOverride = {}): MergeFacts {
  return {
    now: new Date('2026-11-23T12:00:00Z'),
    bot,
    checks: [greenCi],
    diffs: [],
    settings: { kind: 'release', release: releaseRules },
    plan: { kind: 'commit', head: commit('a'), parent: commit('c'), tree: tree('b') },
    ...override,
    pull: { ...pull, ...override.pull },
    base: { ...base, ...override.base },
  }
}
