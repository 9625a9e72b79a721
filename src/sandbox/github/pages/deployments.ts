import { type Deployment, type DeploymentState } from '../deployment.ts'
import { stateOf } from '../operations/deployments.ts'
import { type Repository } from '../state.ts'
import { markup, type Html } from './html.ts'
import { repositoryPath, shortSha, when } from './notation.ts'

/** What runs in each environment: the newest deployment of each, undefined where nobody has deployed. */
export function environmentsSection({ deployments }: Repository): Html | undefined {
  const newest = new Map([...deployments.values()].map((deployment) => [deployment.environment, deployment]))
  return section('Environments', [...newest.values()])
}

/** Where the commits of a pull request were deployed to, newest first. */
export function deploymentsSection({ deployments }: Repository, shas: ReadonlySet<string>): Html | undefined {
  return section('Deployments', [...deployments.values()].filter(({ sha }) => shas.has(sha)).toReversed())
}

function section(title: string, deployments: readonly Deployment[]): Html | undefined {
  if (deployments.length === 0) return undefined
  return markup`<h2>${title}</h2>
<section class="card"><ul class="rows">${deployments.map(row)}</ul></section>`
}

function row(deployment: Deployment): Html {
  const { repository, sha, environment, creator, updatedAt, statuses } = deployment
  const status = statuses.at(-1)
  const state = stateOf(deployment) ?? 'pending'
  const { mark, tone } = verdicts[state]
  const said = status?.description === '' ? deployment.description : status?.description
  return markup`<li><span class="mark ${tone}">${mark}</span><span><strong>${environment}</strong>
<span class="quiet">${creator.login}</span> ${said ?? undefined}</span><span class="end quiet"><span class="${tone}">${state.replaceAll('_', ' ')}</span> ·
<a href="${repositoryPath(repository)}/commit/${sha}">${shortSha(sha)}</a> · ${when(updatedAt)}</span></li>
`
}

type Verdict = { readonly mark: string; readonly tone: 'good' | 'bad' | 'busy' | 'neutral' }

const verdicts: Readonly<Record<DeploymentState, Verdict>> = {
  success: { mark: '✓', tone: 'good' },
  failure: { mark: '✗', tone: 'bad' },
  error: { mark: '✗', tone: 'bad' },
  inactive: { mark: '–', tone: 'neutral' },
  queued: { mark: '●', tone: 'busy' },
  pending: { mark: '●', tone: 'busy' },
  in_progress: { mark: '●', tone: 'busy' },
}
