const prefixes = {
  user: 'U',
  organization: 'O',
  team: 'T',
  bot: 'BOT',
  repository: 'R',
  issue: 'I',
  pull: 'PR',
  comment: 'IC',
  review: 'PRR',
  label: 'LA',
  reaction: 'REA',
  checkSuite: 'CS',
  checkRun: 'CR',
  status: 'SC',
  deployment: 'DE',
  deploymentStatus: 'DES',
  workflow: 'W',
  workflowRun: 'WFR',
  app: 'A',
  ruleset: 'RRS',
  event: 'EV',
  installation: 'IN',
} as const

export type NodeKind = keyof typeof prefixes

/** GraphQL's global id, also `node_id` in REST: `PR_MTA0Mg`. Opaque to clients, as GitHub's are. */
export function nodeId(kind: NodeKind, id: number): string {
  return `${prefixes[kind]}_${Buffer.from(String(id)).toString('base64url')}`
}

export function parseNodeId(text: string): { readonly kind: NodeKind; readonly id: number } | undefined {
  const [prefix = '', rest = ''] = text.split('_')
  const id = Number(Buffer.from(rest, 'base64url').toString('latin1'))
  const kinds = Object.keys(prefixes).filter(isKind)
  const kind = kinds.find((candidate) => prefixes[candidate] === prefix)
  return kind === undefined || !Number.isSafeInteger(id) || id <= 0 ? undefined : { kind, id }
}

/** Objects of git have no id of their own: `C_` for a commit, `REF_` for a ref, of one repository. */
export function gitNodeId(kind: 'C' | 'T' | 'B' | 'REF', repositoryId: number, name: string): string {
  return `${kind}_${Buffer.from(`${repositoryId}:${name}`).toString('base64url')}`
}

function isKind(text: string): text is NodeKind {
  return text in prefixes
}
