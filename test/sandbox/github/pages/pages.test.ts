import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { suite, test } from 'node:test'
import { type DeploymentState } from '../../../../src/sandbox/github/deployment.ts'
import { addDeploymentStatus, createDeployment } from '../../../../src/sandbox/github/operations/deployments.ts'
import { createCheckRun, createStatus } from '../../../../src/sandbox/github/operations/checks.ts'
import { closeIssue } from '../../../../src/sandbox/github/operations/issue-state.ts'
import { addLabels, createComment, react } from '../../../../src/sandbox/github/operations/issues.ts'
import { answerPage } from '../../../../src/sandbox/github/pages/answer-page.ts'
import { readLines } from '../../../../src/sandbox/github/pages/diff.ts'
import { renderMarkdown } from '../../../../src/sandbox/github/pages/markdown.ts'
import { breakGround, type Ground } from '../graphql/ground.ts'

async function open(ground: Ground, path: string): Promise<{ status: number; html: string; policy: string }> {
  const { status, headers = {}, body } = await answerPage(ground.github, { url: new URL(path, 'http://github.test') })
  assert.equal(body?.kind, 'bytes')
  assert.equal(body.type, 'text/html; charset=utf-8')
  return { status, html: body.value.toString('utf8'), policy: headers['Content-Security-Policy'] ?? '' }
}

/** The words of a page, as a person reads them. */
function words(html: string): string {
  return html
    .replace(/<style>[^<]*<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
}

suite('pages', () => {
  test('list all repositories', async (t) => {
    const { html } = await open(await breakGround(t), '/')
    assert.match(html, /<a href="\/acme\/gitops">acme\/gitops<\/a>/)
  })

  test('show a repository with its files, pull requests and commits', async (t) => {
    const ground = await breakGround(t)
    await ground.commit('one', { a: '1' })
    await ground.commit('two', { b: '2' })
    await ground.openPull(ground.lotse, 'one', 'Still open')
    const closed = await ground.openPull(ground.lotse, 'two', 'Not any more')
    await closeIssue(ground.github, closed.issue, ground.ann)
    const { html } = await open(ground, '/ACME/gitops')
    assert.match(html, /<a href="\/acme\/gitops\/blob\/main\/clusters\/staging\/app.yaml">app.yaml<\/a>/)
    const text = words(html)
    assert.match(
      text,
      /Open pull requests Open Still open .*Files .*Recent commits Start .*Closed pull requests Closed Not any more/,
    )
    assert.match(html, /href="\/acme\/gitops\/deliveries"/)
  })

  test('show a file with its lines', async (t) => {
    const { html } = await open(await breakGround(t), '/acme/gitops/blob/main/clusters/staging/app.yaml')
    assert.match(html, /<td class="at">1<\/td><td>tag: 1.2.0<\/td>/)
  })

  test('show a file on a branch whose name holds a slash', async (t) => {
    const ground = await breakGround(t)
    await ground.commit('lotse/one', { 'new.txt': 'here\n' })
    const { html } = await open(ground, '/acme/gitops/blob/lotse%2Fone/new.txt')
    assert.match(html, /<td>here<\/td>/)
  })

  test('show a pull request with everything that was said and checked', async (t) => {
    const ground = await breakGround(t)
    const { github, repository, ann, lotse } = ground
    const head = await ground.commit(
      'lotse/release',
      { 'clusters/staging/app.yaml': 'tag: 1.2.1\n' },
      'Auto-release demo:1.2.1',
    )
    const pull = await ground.openPull(
      lotse,
      'lotse/release',
      'Auto-release demo:1.2.1',
      '<!-- mark -->\n| image | tag |\n|---|---|\n| demo | **1.2.1** |',
    )
    await addLabels(github, pull.issue, { names: ['release'], actor: ann })
    const comment = await createComment(github, pull.issue, { body: '/lotse why', actor: ann })
    react(github, comment.reactions, { content: 'eyes', actor: lotse })
    const output = { title: 'waits', summary: 'Waits for **ci**.' }
    await createCheckRun(
      github,
      { repository, app: ground.app('policy') },
      { name: 'lotse/policy', headSha: head, status: 'in_progress', output },
    )
    await createStatus(
      github,
      { repository, actor: ann },
      { sha: head, state: 'success', context: 'legacy', description: 'fine', targetUrl: null },
    )
    const { html } = await open(ground, '/acme/gitops/pull/1')
    const text = words(html)
    assert.match(text, /Auto-release demo:1.2.1 #1 Open lotse\[bot\] wants to merge lotse\/release into main release/)
    assert.match(html, /<td><strong>1.2.1<\/strong><\/td>/)
    assert.match(
      text,
      /ann added release .* ann .*\/lotse why 👀 1 .*Checks ● lotse\/policy policy waits Waits for ci . in progress ✓ legacy ann fine success .*Can be merged 1 commit .*Changes 1 file changed, \+1 −1/,
    )
    assert.match(
      html,
      /<tr class="removed"><td class="at">1<\/td><td class="at"><\/td><td class="sign">-<\/td><td>tag: 1.2.0<\/td><\/tr>/,
    )
    assert.match(
      html,
      /<tr class="added"><td class="at"><\/td><td class="at">1<\/td><td class="sign">\+<\/td><td>tag: 1.2.1<\/td><\/tr>/,
    )
    assert.ok(!html.includes('mark --'))
  })

  test('show what runs where', async (t) => {
    const ground = await breakGround(t)
    const { github, repository, ann: actor } = ground
    const sha = await ground.commit('main', { 'README.md': 'new\n' }, 'Say it anew')
    const head = await ground.commit('topic', { 'README.md': 'newer\n' }, 'Say it again')
    await ground.openPull(actor, 'topic', 'Say it again', '')
    const deploy = async (environment: string, of: string, state: DeploymentState): Promise<void> => {
      const what = { ref: of, sha: of, environment, task: 'lotse', payload: {}, description: null }
      const how = { transient: false, production: undefined, autoMerge: false, requiredContexts: [] }
      const deployment = await createDeployment(github, { repository, actor }, { ...what, ...how })
      const said = { environment: undefined, environmentUrl: '', logUrl: '', autoInactive: true }
      addDeploymentStatus(github, { deployment, actor }, { ...said, state, description: `says ${state}` })
    }
    await deploy('staging', sha, 'success')
    await deploy('staging', head, 'in_progress')
    await deploy('production', sha, 'failure')
    const whole = words((await open(ground, '/acme/gitops')).html)
    assert.match(whole, /Environments ● staging ann says in_progress in progress · .* ✗ production ann says failure/)
    assert.ok(!whole.includes('says success'))
    const pull = words((await open(ground, '/acme/gitops/pull/1')).html)
    assert.match(pull, new RegExp(`Deployments ● staging ann says in_progress in progress · ${head.slice(0, 7)}`))
    assert.ok(!pull.includes('production'))
  })

  test('show a commit', async (t) => {
    const ground = await breakGround(t)
    const sha = await ground.commit('main', { 'README.md': 'new\n' }, 'Say it anew\n\nShorter.')
    const { html } = await open(ground, `/acme/gitops/commit/${sha}`)
    assert.match(words(html), /Say it anew .*Shorter\. .*1 file changed/)
  })

  test('escape whatever others wrote', async (t) => {
    const ground = await breakGround(t)
    const evil = '<script>alert(1)</script><img src=x onerror=alert(1)>"\'&'
    await ground.commit('evil', { [`${evil.replaceAll('/', '∕')}.yaml`]: evil }, evil)
    const pull = await ground.openPull(
      ground.ann,
      'evil',
      evil,
      `${evil} [x](javascript:alert(1)) ![x](http://elsewhere.test/x.png)`,
    )
    await createComment(ground.github, pull.issue, { body: evil, actor: ann(ground) })
    await createStatus(
      ground.github,
      { repository: ground.repository, actor: ann(ground) },
      { sha: pull.head.sha, state: 'error', context: evil, description: evil, targetUrl: evil },
    )
    for (const path of [
      '/acme/gitops/pull/1',
      '/acme/gitops',
      `/acme/gitops/commit/${pull.head.sha}`,
      `/acme/gitops/${evil}`,
    ]) {
      const { html } = await open(ground, path)
      assert.doesNotMatch(
        html,
        /<(script|img|iframe|svg|form|link|object)|<[^>]*\s(on\w+|src)=|href="javascript:/i,
        path,
      )
    }
  })

  test('allow nothing but their own stylesheet', async (t) => {
    const { html, policy } = await open(await breakGround(t), '/')
    const [, style = ''] = /<style>([^<]*)<\/style>/.exec(html) ?? []
    const hash = createHash('sha256').update(style).digest('base64')
    assert.equal(
      policy,
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
  })

  for (const path of [
    '/acme/none',
    '/acme/gitops/pull/7',
    '/acme/gitops/blob/main/none',
    '/acme/gitops/commit/none',
    '/acme/gitops/stars',
    '/%E0%A4%A',
  ]) {
    test(`say that nothing is at ${path}`, async (t) => {
      assert.equal((await open(await breakGround(t), path)).status, 404)
    })
  }
})

function ann(ground: Ground): Ground['ann'] {
  return ground.ann
}

suite('renderMarkdown', () => {
  const cases: readonly [string, string][] = [
    ['*a* `b`', '<p><em>a</em> <code>b</code></p>\n'],
    ['<b>a</b>', '<p><b>a</b></p>\n'],
    ['<b id=x>a</b>', '<p>&lt;b id=x&gt;a</b></p>\n'],
    ['<script>a</script>', '&lt;script&gt;a&lt;/script&gt;'],
    [
      '<details><summary>a</summary>\n\n*b*\n\n</details>',
      '<details><summary>a</summary>\n<p><em>b</em></p>\n</details>',
    ],
    [
      '```diff\n-a\n+<b>\n```',
      '<pre><code class="language-diff"><span class="line removed">-a</span><span class="line added">+&lt;b&gt;</span></code></pre>\n',
    ],
    ['```yaml\n-a\n```', '<pre><code class="language-yaml">-a\n</code></pre>\n'],
    ['<!-- one -->a<!-- two\n-->b', '<p>ab</p>\n'],
    ['a <!-- open', '<p>a &lt;!-- open</p>\n'],
  ]
  for (const [text, expected] of cases) {
    test(`of ${JSON.stringify(text)}`, () => assert.equal(renderMarkdown(text).html, expected))
  }
})

test('readLines numbers both sides of a patch', () => {
  assert.deepEqual(readLines('@@ -3,2 +3,3 @@ spec:\n a\n-b\n+c\n+d\n\\ No newline at end of file'), [
    { kind: 'hunk', text: '@@ -3,2 +3,3 @@ spec:' },
    { kind: 'same', text: 'a', before: 3, after: 3 },
    { kind: 'removed', text: 'b', before: 4 },
    { kind: 'added', text: 'c', after: 4 },
    { kind: 'added', text: 'd', after: 5 },
    { kind: 'note', text: '\\ No newline at end of file' },
  ])
})
