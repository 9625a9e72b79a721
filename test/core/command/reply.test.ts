import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { type Answer, type Reaction, formatReply, reactionTo } from '../../../src/core/command/reply.ts'
import { formatReplyMarker, parseReplyMarker } from '../../../src/core/command/reply-marker.ts'
import { parseClusterName, parseCommentId } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'

const comment = guaranteed(parseCommentId(7))
const production = guaranteed(parseClusterName('production'))
const staging = guaranteed(parseClusterName('staging'))
const hint = 'All commands: `/lotse help`'

suite('formatReply', () => {
  const rows: readonly [what: string, answer: Answer, text: string][] = [
    ['says that it works', { kind: 'working' }, '⏳ Working on it.'],
    [
      'lists the commands for somebody with read',
      { kind: 'help', role: 'read' },
      `| command | what it does | can you? |
| --- | --- | --- |
| \`/lotse help [COMMAND]\` | show the commands, and which of them you can use | ✅ anyone can |
| \`/lotse why\` | say why this pull request is not merged yet, rule by rule | ✅ you have read |
| \`/lotse status [CLUSTER]\` | say which commit a cluster runs, whether its agent is there, and what it could not apply | ✅ you have read |
| \`/lotse sync CLUSTER\` | ask the agent of a cluster to make it look like the default branch now | ❌ needs write; you have read |

One command in a line, at its start. A comment is read once: post a new one instead of editing.`,
    ],
    [
      'explains one command to somebody whose role is not known',
      { kind: 'help', about: 'why', role: undefined },
      `\`/lotse why\`: say why this pull request is not merged yet, rule by rule.

- Example: \`/lotse why\`
- Can you? ❔ needs read; your role is not known`,
    ],
    [
      'explains rule by rule',
      {
        kind: 'why',
        explained: [
          { rule: 'it is not a draft', holds: 'yes', detail: '' },
          { rule: 'checks succeeded', holds: 'waiting', detail: 'test <b> @ann is still running' },
          { rule: 'it has no conflict', holds: 'no', detail: '[x](y)' },
        ],
      },
      `- ✅ it is not a draft
- ⏳ checks succeeded: test \\<b\\> @\u200bann is still running
- ❌ it has no conflict: \\[x\\](y)`,
    ],
    [
      'leaves what is not ours',
      { kind: 'no-release' },
      'This is not a release of Lotse, so Lotse does not merge it. People do, as ever.',
    ],
    [
      'refuses with the rule, the role and who gives it',
      { kind: 'refused', because: { kind: 'role-too-low', has: 'read', needs: 'write' } },
      '👎 This needs the role write on this repository; you have read. An administrator can give it: Settings → Collaborators and teams.',
    ],
    [
      'refuses an unknown role',
      { kind: 'refused', because: { kind: 'role-unknown', needs: 'read' } },
      '👎 This needs the role read, and GitHub did not say which role you have. Post the command again in a minute.',
    ],
    [
      'does not know a command, and guesses',
      { kind: 'not-understood', because: { kind: 'unknown-verb', verb: 'wyh' }, suggestions: ['/lotse why'] },
      `😕 There is no command \`wyh\`. Did you mean \`/lotse why\`? ${hint}`,
    ],
    [
      'names a word too many',
      {
        kind: 'not-understood',
        because: { kind: 'unexpected-argument', verb: 'why', argument: '`@ann`' },
        suggestions: [],
      },
      `😕 \`\` \`@ann\` \`\` is one word too many: the command is \`/lotse why\`. ${hint}`,
    ],
    [
      'says that an agent is asked',
      { kind: 'asked', cluster: production },
      '▶️ The agent of `production` is asked to sync. What came of it: `/lotse status production`',
    ],
    [
      'says that an agent is not there',
      { kind: 'offline', cluster: production, since: '2026-11-22T12:00:00Z' },
      '👎 The agent of `production` is not connected since 2026-11-22 12:00 UTC. It syncs by itself as soon as it is back.',
    ],
    [
      'says that an agent was never there',
      { kind: 'offline', cluster: production },
      '👎 The agent of `production` is not connected, and was never seen. It syncs by itself as soon as it is back.',
    ],
    [
      'says that nobody speaks for a cluster',
      { kind: 'no-agent', cluster: production },
      '👎 `production` has no agent: the configuration names no key for it. Add one under `clusters.production.agents`.',
    ],
    [
      'names the clusters that there are',
      { kind: 'no-such-cluster', cluster: staging, known: [production] },
      '😕 The configuration names no cluster `staging`. It names `production`.',
    ],
    [
      'says which word is missing',
      { kind: 'not-understood', because: { kind: 'missing-argument', verb: 'sync' }, suggestions: [] },
      `😕 A word is missing: the command is \`/lotse sync CLUSTER\`. ${hint}`,
    ],
    [
      'says what cannot be a cluster',
      { kind: 'not-understood', because: { kind: 'no-cluster-name', verb: 'sync', argument: '-x' }, suggestions: [] },
      `😕 \`-x\` is no name of a cluster: the command is \`/lotse sync CLUSTER\`. ${hint}`,
    ],
    ['says what failed', { kind: 'failed', says: 'GitHub refused: <!-- no' }, '❌ GitHub refused: \\<\u200b!-- no'],
    ['says what was not run', { kind: 'not-run' }, '⏭️ Not run, because a command before it failed.'],
  ]
  for (const [what, answer, text] of rows) {
    test(what, () => {
      const reply = formatReply(comment, [{ line: { written: '/lotse x' }, answer }])
      assert.equal(reply, `<!-- lotse:reply comment=7 -->\n\n**\`/lotse x\`**\n\n${text}\n`)
    })
  }

  test('stays within what GitHub takes', () => {
    const detail = '<'.repeat(100_000)
    const answer: Answer = { kind: 'why', explained: [{ rule: 'r', holds: 'no', detail }] }
    assert.ok(
      formatReply(
        comment,
        Array.from({ length: 6 }, () => ({ line: { written: 'x' }, answer })),
      ).length < 65_536,
    )
  })
})

suite('reactionTo', () => {
  const done: Answer = { kind: 'no-release' }
  const rows: readonly [answers: readonly Answer[], reaction: Reaction][] = [
    [[done], 'rocket'],
    [[done, { kind: 'working' }], 'eyes'],
    [[{ kind: 'refused', because: { kind: 'no-person' } }, done], '-1'],
    [[{ kind: 'failed', says: '' }, { kind: 'not-run' }], '-1'],
    [[{ kind: 'asked', cluster: production }], 'rocket'],
    [[{ kind: 'offline', cluster: production }], '-1'],
    [[{ kind: 'no-such-cluster', cluster: staging, known: [] }], 'confused'],
    [[done, { kind: 'not-understood', because: { kind: 'unclosed-quote' }, suggestions: [] }], 'confused'],
  ]
  for (const [answers, reaction] of rows) {
    test(`${answers.map(({ kind }) => kind).join(', ')}: ${reaction}`, () =>
      assert.equal(reactionTo(answers), reaction))
  }
})

suite('the marker of a reply', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (number) => {
        const id = guaranteed(parseCommentId(number))
        assert.equal(parseReplyMarker(formatReplyMarker(id)), id)
        assert.equal(parseReplyMarker(formatReply(id, [])), id)
      }),
    )
  })

  for (const body of [
    '',
    ' <!-- lotse:reply comment=7 -->',
    'a\n<!-- lotse:reply comment=7 -->',
    '<!-- lotse:reply comment=0 -->',
    '<!-- lotse:reply comment=7 --> a',
  ]) {
    test(`is not in ${JSON.stringify(body)}`, () => assert.equal(parseReplyMarker(body), undefined))
  }
})
