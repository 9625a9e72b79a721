import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseDiffCheckName, diffCheckName } from '../../../src/core/diff/check-name.ts'
import { type DiffCheck, diffCheck } from '../../../src/core/diff/check.ts'
import { formatDiffComment, isWorthAComment } from '../../../src/core/diff/comment.ts'
import type { DiffProblem, LiveDiff } from '../../../src/core/diff/live-diff.ts'
import { parseDiffMarker } from '../../../src/core/diff/marker.ts'
import type { ClusterOutcome, DiffOutcome } from '../../../src/core/diff/outcome.ts'
import { parseClusterName } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { cluster, commit } from '../../support/facts.ts'
import { change, liveDiff } from './diffs.ts'

const head = commit('a')
const staging = guaranteed(parseClusterName('staging'))
const told = (diff: Partial<LiveDiff> = {}): DiffOutcome => ({ kind: 'told', diff: liveDiff(diff) })
const comment = (...outcomes: readonly DiffOutcome[]) =>
  formatDiffComment({ head, clusters: outcomes.map((outcome) => ({ cluster, outcome })) })

const author: DiffProblem = { message: 'spec.replicas: too many', object: 'apps/Deployment demo/web', turn: 'author' }
const time: DiffProblem = { message: 'the cluster did not say in time', turn: 'time' }

suite('formatDiffComment', () => {
  test('says what changes, and names dangers first', () => {
    const diff: Partial<LiveDiff> = {
      changes: [change(), change({ object: 'Namespace old', action: 'delete', lines: [] })],
      drift: [change({ object: 'ConfigMap demo/a', lines: [' data:', '-  x: 1'], cut: true })],
      dangers: [{ kind: 'deletes-namespace', object: 'Namespace old', says: 'deletes the namespace' }],
      problems: [{ ...author, at: { file: 'a.yaml', line: 3, column: 1 }, help: 'fewer' }],
    }
    const clusters: readonly ClusterOutcome[] = [
      { cluster, outcome: told(diff) },
      { cluster: staging, outcome: { kind: 'offline', since: '2026-11-22T12:00:00Z' } },
    ]
    assert.equal(
      formatDiffComment({ head, clusters }),
      `<!-- lotse:diff head=${head} -->

### What \`aaaaaaa\` changes in the clusters

> [!WARNING]
> - production: **Namespace old** deletes the namespace

#### production: 2 objects change, 1 problem, 1 object drifted before

- ❌ **apps/Deployment demo/web** a.yaml:3:1: spec.replicas: too many (fewer)

| object | action | file |
| --- | --- | --- |
| \`apps/Deployment demo/web\` | change | \`clusters/production/web.yaml:1\` |
| \`Namespace old\` | **delete** | \`clusters/production/web.yaml:1\` |

<details><summary>change apps/Deployment demo/web</summary>

\`\`\`diff
@@ -1,1 +1,1 @@
-replicas: 1
+replicas: 2
\`\`\`

</details>

<details><summary>1 object drifted before, not by this pull request; the next sync puts back what git says</summary>

| object | action | file |
| --- | --- | --- |
| \`ConfigMap demo/a\` | change | \`clusters/production/web.yaml:1\` |

<details><summary>change ConfigMap demo/a</summary>

\`\`\`diff
 data:
-  x: 1
\`\`\`

It is too long to be shown as a whole.

</details>

</details>

#### staging: its agent is offline since 2026-11-22 12:00 UTC

It is asked as soon as it is back.
`,
    )
  })

  test('says of what stays that it does, and why, and nowhere that it is deleted', () => {
    const left = change({
      object: 'Namespace old',
      action: 'delete',
      stays: 'it holds | data',
      lines: ['-kind: Namespace'],
    })
    const text = comment(told({ changes: [left] }))
    assert.match(text, /\| `Namespace old` \| stays: it holds \\\| data \| /)
    assert.match(text, /<summary>leave, though git no longer names it: Namespace old<\/summary>/)
    assert.doesNotMatch(text, /delete/)
  })

  const verdicts: readonly (readonly [name: string, outcome: DiffOutcome, verdict: string])[] = [
    ['changes nothing', told(), 'nothing changes'],
    ['changes one object', told({ changes: [change()] }), '1 object changes'],
    ['had no room for all', told({ omitted: 2 }), 'nothing changes, 2 more not shown'],
    ['is not answered yet', { kind: 'pending' }, 'the agent is asked what changes'],
    ['was never there', { kind: 'offline' }, 'its agent is offline and was never seen'],
    ['could not tell', { kind: 'failed', because: 'no git' }, 'its agent could not tell what changes\n\nno git'],
    ['tells forks nothing', { kind: 'withheld', because: 'fork' }, 'not told to forks'],
    ['is not touched', { kind: 'untouched' }, 'no file of it is touched'],
  ]
  for (const [name, outcome, verdict] of verdicts) {
    test(`says of a cluster that it ${name}`, () => {
      assert.ok(comment(outcome).includes(`\n\n#### production: ${verdict}\n`))
    })
  }

  test('says when no cluster is touched any more', () => {
    assert.ok(comment().endsWith('Nothing: no cluster is touched.\n'))
  })

  test('begins with a marker that is read as it was written', () => {
    assert.equal(parseDiffMarker(comment(told())), head)
    assert.equal(parseDiffMarker(`x\n${comment(told())}`), undefined)
  })

  test('lets nothing of a cluster out of its place', () => {
    const evil = '</summary></details>```\n<!-- lotse:diff head=b --> @ann | [x](y)'
    const text = comment(
      told({
        changes: [change({ object: evil, file: evil, lines: ['+```', '+</details>', '+<!-- lotse:diff -->'] })],
        dangers: [{ kind: 'wider-rbac', object: evil, says: evil }],
        problems: [{ ...author, message: evil, object: evil }],
      }),
      { kind: 'failed', because: evil },
    )
    const outside = text.replaceAll(/^````diff\n[^]*?\n````$/gm, '').replaceAll(/(`+)[^\n]*?[^`]\1(?!`)/g, '')
    assert.equal(outside.match(/<\/details>/g)?.length, 1)
    assert.equal(text.match(/<!--/g)?.length, 1)
    assert.doesNotMatch(outside, /@ann/)
  })

  test('says how many diffs it has no room for, and where they are', () => {
    const lines = Array.from({ length: 300 }, () => `+${'x'.repeat(99)}`)
    const text = comment(told({ changes: [change({ lines }), change({ lines }), change(), change({ lines })] }))
    assert.match(text, /For want of room 2 diffs are not shown here; see the check `lotse\/diff \(production\)`\.\n$/)
    assert.equal(text.match(/<details>/g)?.length, 2)
  })

  const long = '<`|@\\'.repeat(80)
  const tall = change({ object: long, file: long, lines: Array.from({ length: 300 }, () => `+${'`'.repeat(99)}`) })
  const flood = told({
    changes: [
      ...Array.from({ length: 10 }, () => tall),
      ...Array.from({ length: 500 }, () => change({ object: long })),
    ],
    drift: [tall, change()],
    dangers: Array.from({ length: 100 }, () => ({ kind: 'wider-rbac', object: long, says: long })),
    problems: Array.from({ length: 100 }, () => ({ ...author, message: long })),
  })
  for (const count of [1, 2, 150]) {
    test(`is not longer than GitHub takes for ${count} clusters, and every fold is closed`, () => {
      const text = comment(...Array.from({ length: count }, () => flood))
      assert.ok(text.length <= 60_000, `${text.length}`)
      assert.equal(text.match(/^<details>/gm)?.length, text.match(/^<\/details>$/gm)?.length)
      assert.equal(text.match(/^#### /gm)?.length, Math.min(count, 100))
    })
  }

  test('cuts what many agents say at length between characters', () => {
    const because = `x${'😀'.repeat(900)}`
    for (const count of [60, 61]) {
      const text = comment(...Array.from({ length: count }, (): DiffOutcome => ({ kind: 'failed', because })))
      assert.equal(text.isWellFormed(), true)
    }
  })

  test('nor is the check', () => {
    const { title, summary } = diffCheck(flood)
    assert.ok(summary.length <= 60_000 && title.length < 250)
  })
})

suite('isWorthAComment', () => {
  const rows: readonly (readonly [name: string, outcome: DiffOutcome, worth: boolean])[] = [
    ['a change is', told({ changes: [change()] }), true],
    ['drift is', told({ drift: [change()] }), true],
    ['a problem is', told({ problems: [time] }), true],
    ['no change is not', told({ unchanged: 7 }), false],
    ['an agent that is away is', { kind: 'offline' }, true],
    ['a failure is', { kind: 'failed', because: '' }, true],
    ['waiting is not', { kind: 'pending' }, false],
    ['a fork is not', { kind: 'withheld', because: 'fork' }, false],
    ['another cluster is not', { kind: 'untouched' }, false],
  ]
  for (const [name, outcome, worth] of rows) {
    test(name, () =>
      assert.equal(
        isWorthAComment([
          { cluster, outcome: told() },
          { cluster, outcome },
        ]),
        worth,
      ),
    )
  }
})

suite('diffCheck', () => {
  const rows: readonly (readonly [name: string, outcome: DiffOutcome, check: Omit<DiffCheck, 'summary'>])[] = [
    ['succeeds where all is told', told({ changes: [change()] }), { conclusion: 'success', title: '1 object changes' }],
    ['succeeds where nothing changes', told(), { conclusion: 'success', title: 'Nothing changes' }],
    [
      'fails where it is the turn of the author',
      told({ problems: [time, author] }),
      { conclusion: 'failure', title: 'Nothing changes, 2 problems' },
    ],
    [
      'is neutral where the cluster did not tell all',
      told({ problems: [time] }),
      { conclusion: 'neutral', title: 'Nothing changes, 1 problem' },
    ],
    [
      'fails where nothing could be told',
      { kind: 'failed', because: 'no git' },
      { conclusion: 'failure', title: 'Its agent could not tell what changes' },
    ],
    ['waits', { kind: 'pending' }, { conclusion: undefined, title: 'The agent is asked what changes' }],
    [
      'waits for an agent, and says since when',
      { kind: 'offline', since: '2026-11-22T12:00:00Z' },
      { conclusion: undefined, title: 'Its agent is offline since 2026-11-22 12:00 UTC' },
    ],
    [
      'is neutral for forks',
      { kind: 'withheld', because: 'fork' },
      { conclusion: 'neutral', title: 'Not told to forks' },
    ],
    ['is neutral elsewhere', { kind: 'untouched' }, { conclusion: 'neutral', title: 'No file of it is touched' }],
  ]
  for (const [name, outcome, expected] of rows) {
    test(name, () => {
      const { conclusion, title } = diffCheck(outcome)
      assert.deepEqual({ conclusion, title }, expected)
    })
  }
})

suite('the name of a diff check', () => {
  test('is read as it was written', () => {
    assert.equal(diffCheckName(cluster), 'lotse/diff (production)')
    assert.equal(parseDiffCheckName('lotse/diff (production)'), cluster)
  })
  for (const name of ['lotse/policy', 'lotse/diff', 'lotse/diff ()', 'lotse/diff (A b)', 'x lotse/diff (a)']) {
    test(`is not ${name}`, () => assert.equal(parseDiffCheckName(name), undefined))
  }
})
