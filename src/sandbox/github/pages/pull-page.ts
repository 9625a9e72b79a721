import { type GitHub } from '../context.ts'
import { type Answer } from '../http/answer.ts'
import { blockers, pullCommits, pullFiles, testMerge } from '../operations/mergeability.ts'
import { type Issue, type Pull } from '../state.ts'
import { checksSection } from './checks.ts'
import { conversation } from './conversation.ts'
import { deploymentsSection } from './deployments.ts'
import { counted, renderFiles } from './diff.ts'
import { markup, type Html } from './html.ts'
import { page } from './layout.ts'
import { commitRows, labelsOf, repositoryCrumb, stateBadge, when, who } from './notation.ts'

export async function issuePage(github: GitHub, issue: Issue): Promise<Answer> {
  const { repository, pull } = issue
  const body = markup`<h1>${issue.title} <span class="number">#${issue.number}</span></h1>
<div class="facts">${stateBadge(issue)}${pull === undefined ? opened(issue) : wants(pull)}${labelsOf(issue)}</div>
${conversation(issue)} ${pull === undefined ? undefined : await pullSections(github, pull)}`
  const title = `${issue.title} · #${issue.number}`
  return page({ title, crumbs: [repositoryCrumb(repository)], body })
}

function opened(issue: Issue): Html {
  return markup`<span>${who(issue.user)} opened this ${when(issue.createdAt)}</span>`
}

function wants(pull: Pull): Html {
  const { issue, head, base, merged } = pull
  const from =
    head.repository === issue.repository ? head.ref : `${head.repository?.owner.login ?? 'unknown'}:${head.ref}`
  const did = merged === undefined ? markup`${who(issue.user)} wants to merge` : markup`${who(merged.by)} merged`
  return markup`<span>${did} <code>${from}</code> into <code>${base.ref}</code></span>`
}

async function pullSections(github: GitHub, pull: Pull): Promise<Html> {
  const { repository } = pull.issue
  const ids = await pullCommits(pull)
  const commits = await commitRows(repository, ids)
  const merge = pull.merged === undefined ? [] : [pull.merged.sha]
  return markup`<h2>Checks</h2>
${checksSection(repository, pull.head.sha)}
${pull.issue.state === 'open' ? await mergeBox(github, pull) : undefined}
${deploymentsSection(repository, new Set([...ids, ...merge]))}
<h2>${counted(commits.length, 'commit')}</h2>
<section class="card"><ul class="rows">${commits}</ul></section>
<h2>Changes</h2>
${renderFiles(await pullFiles(pull))}`
}

/** Looks without counting as a look: `mergeable` of the API may be told to be unknown for a while. */
async function mergeBox(github: GitHub, pull: Pull): Promise<Html> {
  const conflict = (await testMerge(github, pull)) === undefined
  const reasons = [
    ...(conflict ? ['This branch has conflicts with its base.'] : []),
    ...(pull.draft ? ['This pull request is a draft.'] : []),
    ...(await blockers(pull, undefined)),
  ]
  if (reasons.length === 0) return markup`<section class="card"><p class="head good">Can be merged</p></section>`
  const rows = reasons.map((reason) => markup`<li><span class="mark busy">!</span><span>${reason}</span></li>`)
  return markup`<section class="card"><p class="head busy">Cannot be merged yet</p>
<ul class="rows">${rows}</ul></section>`
}
