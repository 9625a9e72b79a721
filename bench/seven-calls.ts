import type { Octokit } from '@octokit/rest'
import { ProbotOctokit } from 'probot'
import { policyCheckName } from '../src/core/automerge/policy-check-name.ts'
import type { Stage } from '../src/cli/stage.ts'
import { parseBranchName, parseFilePath, parseInstallationId, parseRepoId, parseRepoName } from '../src/core/ids.ts'
import { guaranteed } from '../src/core/parsed.ts'
import { createCommit, createTree, moveBranch } from '../src/io/github/branch.ts'
import { writeCheck } from '../src/io/github/checks.ts'
import { createGitHub, profiles } from '../src/io/github/client.ts'
import { readMergeState } from '../src/io/github/merge-facts.ts'
import { openPull } from '../src/io/github/pulls.ts'
import { readReleaseState } from '../src/io/github/release-facts.ts'
import { acme } from '../src/sandbox/acme.ts'
import { quantile, timed, times } from './measure.ts'
import type { Table } from './report.ts'

const rounds = 3

/** The calls of a release, by our client and by the one that Probot gives to its apps, in turn. */
export async function compareClients(stage: Stage, tell: (progress: string) => void): Promise<Table> {
  const clients = Object.entries(await clientsOf(stage))
  const all = new Map<string, number[]>(clients.map(([name]) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const [name, octokit] of clients) {
      stage.github.requests.reset()
      const { ms } = await timed(() => sevenCalls(octokit, { branch: `${name}-${round}`, appId: stage.app.appId }))
      tell(`${name}, round ${round} of ${rounds}: ${stage.github.requests.count()} calls in ${ms.toFixed(0)} ms`)
      all.get(name)?.push(ms)
    }
  }
  const base = quantile(all.get('lotse') ?? [], 0.5)
  const rows = [...all].map(([client, ms]) => ({
    client,
    rounds,
    calls: stage.github.requests.count(),
    'p50 ms': quantile(ms, 0.5),
    'slowest ms': Math.max(...ms),
    time: times(quantile(ms, 0.5), base),
  }))
  return {
    title: 'walk: the seven calls of a release, one client after the other',
    rows,
    notes: ['`probot` waits a second between writes and GraphQL calls, and three between those that notify people'],
  }
}

async function clientsOf(stage: Stage): Promise<Readonly<Record<string, Octokit>>> {
  const github = createGitHub(stage.settings.github, { now: () => new Date() })
  const { data: installations } = await github.app.rest.apps.listInstallations()
  const installation = guaranteed(parseInstallationId(installations[0]?.id ?? 0))
  const repository = guaranteed(parseRepoId(stage.github.repository(acme.repository).id))
  const { data } = await github.app.rest.apps.createInstallationAccessToken({
    installation_id: installation,
    repository_ids: [repository],
    permissions: profiles.release,
  })
  const stock = new ProbotOctokit({ auth: { token: data.token }, baseUrl: stage.settings.github.apiUrl })
  return {
    lotse: await github.as({ installation, repository, profile: 'release' }),
    // Of the same methods, but its type is made from other plugins.
    probot: stock as unknown as Octokit,
  }
}

type Release = { readonly branch: string; readonly appId: number }

async function sevenCalls(octokit: Octokit, { branch: branchName, appId }: Release): Promise<void> {
  const repository = guaranteed(parseRepoName(acme.repository))
  const [base, branch] = [guaranteed(parseBranchName('main')), guaranteed(parseBranchName(branchName))]
  const file = guaranteed(parseFilePath('clusters/production/demo-worker.yaml'))
  const state = await readReleaseState(octokit, { repository, base, branch, files: [file] })
  const current = state?.files.get(file)
  if (state === undefined || current === undefined) throw new Error(`${file} is not there`)
  const files = new Map([[file, { ...current, text: current.text.replace('1.2.0', '1.2.1') }]])
  const tree = await createTree(octokit, repository, { base: state.base.tree, files })
  const head = await createCommit(octokit, repository, { message: branchName, tree, parent: state.base.head })
  await moveBranch(octokit, { name: repository, node: state.repositoryNode }, { branch, from: undefined, to: head })
  const number = await openPull(octokit, repository, { head: branch, base, text: { title: branchName, body: '' } })
  await readMergeState(octokit, repository, number, { appId, checkName: policyCheckName })
  const check = { conclusion: undefined, title: 'Waits', summary: '' }
  await writeCheck(octokit, repository, undefined, { name: policyCheckName, head, check })
}
