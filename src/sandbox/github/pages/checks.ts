import { latestRuns, latestStatuses } from '../operations/check-state.ts'
import { type CheckRun, type CommitStatus, type Repository } from '../state.ts'
import { markup, type Html } from './html.ts'
import { renderMarkdown } from './markdown.ts'

type Verdict = { readonly mark: string; readonly tone: 'good' | 'bad' | 'busy' | 'neutral' }

/** Everything that has reported on a commit, each with what it says. */
export function checksSection(repository: Repository, sha: string): Html {
  const rows = [...latestRuns(repository, sha).map(runRow), ...latestStatuses(repository, sha).map(statusRow)]
  const shown = rows.length === 0 ? markup`<li class="quiet">nothing has reported on ${sha.slice(0, 7)}</li>` : rows
  return markup`<section class="card"><ul class="rows">${shown}</ul></section>`
}

function runRow(run: CheckRun): Html {
  const { output, suite } = run
  const state = run.conclusion ?? run.status
  const line = markup`<strong>${run.name}</strong>
<span class="quiet">${suite.app.slug}</span> ${output.title ?? undefined}`
  const said = [output.summary, output.text].flatMap((text) =>
    text === null || text === '' ? [] : [renderMarkdown(text)],
  )
  const body =
    said.length === 0
      ? markup`<span>${line}</span>`
      : markup`<details><summary>${line}</summary>
<div class="text">${said}</div></details>`
  return row(verdictOf(state), state, body)
}

function statusRow({ state, context, description, creator }: CommitStatus): Html {
  const body = markup`<span><strong>${context}</strong> <span class="quiet">${creator.login}</span> ${description ?? undefined}</span>`
  return row(verdictOf(state), state, body)
}

function row({ mark, tone }: Verdict, state: string, body: Html): Html {
  return markup`<li><span class="mark ${tone}">${mark}</span>${body}<span class="end ${tone}">${state.replaceAll('_', ' ')}</span></li>
`
}

function verdictOf(state: NonNullable<CheckRun['conclusion']> | CheckRun['status'] | CommitStatus['state']): Verdict {
  switch (state) {
    case 'success':
      return { mark: '✓', tone: 'good' }
    case 'failure':
    case 'error':
    case 'timed_out':
    case 'action_required':
    case 'cancelled':
      return { mark: '✗', tone: 'bad' }
    case 'neutral':
    case 'skipped':
    case 'stale':
    case 'completed':
      return { mark: '–', tone: 'neutral' }
    case 'queued':
    case 'in_progress':
    case 'waiting':
    case 'requested':
    case 'pending':
      return { mark: '●', tone: 'busy' }
  }
}
