import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { ApiError } from '../../../../src/sandbox/github/api-error.ts'
import { executeGraphQL } from '../../../../src/sandbox/github/graphql/execute.ts'
import { nodeId } from '../../../../src/sandbox/github/node-id.ts'
import { createCheckRun, createStatus } from '../../../../src/sandbox/github/operations/checks.ts'
import { closeIssue } from '../../../../src/sandbox/github/operations/issue-state.ts'
import { addLabels, createComment } from '../../../../src/sandbox/github/operations/issues.ts'
import { type BranchRules, type Permissions } from '../../../../src/sandbox/github/state.ts'
import { all, ask, breakGround, inRepository, noFaults, tell, type Ground } from './ground.ts'

const noRules: BranchRules = {
  requiredChecks: [],
  strict: false,
  requiredApprovals: undefined,
  linearHistory: false,
  blockForcePushes: false,
  blockDeletions: false,
}
const zeros = '0'.repeat(40)

suite('repository', () => {
  test('tells its settings', async (t) => {
    const ground = await breakGround(t)
    const { repository } = ground
    const fields =
      'id databaseId name nameWithOwner isArchived isDisabled squashMergeAllowed rebaseMergeAllowed autoMergeAllowed deleteBranchOnMerge'
    assert.deepEqual(await tell(ground, inRepository(fields)), {
      repository: {
        id: nodeId('repository', repository.id),
        databaseId: repository.id,
        name: 'gitops',
        nameWithOwner: 'acme/gitops',
        isArchived: false,
        isDisabled: false,
        squashMergeAllowed: true,
        rebaseMergeAllowed: false,
        autoMergeAllowed: false,
        deleteBranchOnMerge: false,
      },
    })
  })

  test('is found by its global id', async (t) => {
    const ground = await breakGround(t)
    const id = nodeId('repository', ground.repository.id)
    const data = await tell(ground, 'query ($id: ID!) { node(id: $id) { ... on Repository { name } } }', { id })
    assert.deepEqual(data, { node: { name: 'gitops' } })
  })

  test('names refs, their targets and the commits behind', async (t) => {
    const ground = await breakGround(t)
    const before = ground.repository.git.refs.get('refs/heads/main')
    const head = await ground.commit('main', { 'README.md': '# more\n' }, 'Say more\n\nBecause.')
    const commit = `... on Commit { oid messageHeadline messageBody parents(first: 1) { totalCount nodes { oid } } author { name user { login } } }`
    const data = await tell(
      ground,
      inRepository(
        `defaultBranchRef { name prefix target { ${commit} } } none: ref(qualifiedName: "nowhere") { name }`,
      ),
    )
    assert.deepEqual(data, {
      repository: {
        defaultBranchRef: {
          name: 'main',
          prefix: 'refs/heads/',
          target: {
            oid: head,
            messageHeadline: 'Say more',
            messageBody: 'Because.',
            parents: { totalCount: 1, nodes: [{ oid: before }] },
            author: { name: 'ann', user: { login: 'ann' } },
          },
        },
        none: null,
      },
    })
  })
})

suite('object', () => {
  const cases: Record<string, { named: string; expected: unknown }> = {
    'finds a file on a branch': {
      named: 'main:README.md',
      expected: { __typename: 'Blob', text: '# gitops\n', byteSize: 9, isTruncated: false },
    },
    'finds a folder': {
      named: 'main:clusters',
      expected: {
        __typename: 'Tree',
        entries: [{ name: 'staging', type: 'tree', mode: 16384, path: 'clusters/staging' }],
      },
    },
    'finds the root': {
      named: 'main:',
      expected: {
        __typename: 'Tree',
        entries: [
          { name: 'README.md', type: 'blob', mode: 33188, path: 'README.md' },
          { name: 'clusters', type: 'tree', mode: 16384, path: 'clusters' },
        ],
      },
    },
    'finds a commit by its branch': { named: 'main', expected: { __typename: 'Commit', messageHeadline: 'Start' } },
    'does not find what is not there': { named: 'main:nothing', expected: null },
    'does not find a branch that is not there': { named: 'other:README.md', expected: null },
  }
  for (const [name, { named, expected }] of Object.entries(cases)) {
    test(name, async (t) => {
      const data = await tell(
        await breakGround(t),
        inRepository(
          `object(expression: "${named}") { __typename ... on Blob { text byteSize isTruncated } ... on Tree { entries { name type mode path } } ... on Commit { messageHeadline } }`,
        ),
      )
      assert.deepEqual(data, { repository: { object: expected } })
    })
  }

  test('cuts the text of a large file and gives none of a binary one', async (t) => {
    const ground = await breakGround(t)
    await ground.commit('main', { large: 'x'.repeat(600 * 1024), binary: Buffer.from([0, 1, 2]) })
    const { data } = await ask(
      ground,
      inRepository(
        'large: object(expression: "main:large") { ...b } binary: object(expression: "main:binary") { ...b }',
      ) + ' fragment b on Blob { isBinary isTruncated byteSize text }',
    )
    assert.deepEqual(JSON.parse(JSON.stringify(data)), {
      repository: {
        large: { isBinary: false, isTruncated: true, byteSize: 614_400, text: 'x'.repeat(512 * 1024) },
        binary: { isBinary: true, isTruncated: false, byteSize: 3, text: null },
      },
    })
  })

  test('is asked for fifty files in one query', async (t) => {
    const ground = await breakGround(t)
    const paths = Array.from({ length: 50 }, (_, i) => `apps/app-${i}.yaml`)
    const sha = await ground.commit('main', Object.fromEntries(paths.map((path) => [path, path])))
    const fields = paths.map((path, i) => `f${i}: object(expression: "${sha}:${path}") { ... on Blob { text } }`)
    const data = await tell(ground, inRepository(fields.join('\n')))
    assert.deepEqual(data, { repository: Object.fromEntries(paths.map((path, i) => [`f${i}`, { text: path }])) })
  })
})

suite('refs', () => {
  test('tell what classic protection asks', async (t) => {
    const ground = await breakGround(t)
    ground.repository.protections.set('main', { ...noRules, requiredChecks: [{ context: 'ci' }], requiredApprovals: 1 })
    const fields =
      'requiredStatusCheckContexts requiredApprovingReviewCount requiresLinearHistory allowsForcePushes viewerCanPush pattern'
    assert.deepEqual(
      await tell(
        ground,
        inRepository(
          `ref(qualifiedName: "refs/heads/main") { refUpdateRule { ${fields} } rules(first: 9) { totalCount } }`,
        ),
      ),
      {
        repository: {
          ref: {
            refUpdateRule: {
              requiredStatusCheckContexts: ['ci'],
              requiredApprovingReviewCount: 1,
              requiresLinearHistory: false,
              allowsForcePushes: true,
              viewerCanPush: true,
              pattern: 'main',
            },
            rules: { totalCount: 0 },
          },
        },
      },
    )
  })

  test('tell what rulesets ask', async (t) => {
    const ground = await breakGround(t)
    addRuleset(ground, {
      ...noRules,
      strict: true,
      requiredChecks: [{ context: 'ci', integrationId: 7 }],
      requiredApprovals: 0,
    })
    const parameters = `... on RequiredStatusChecksParameters { strictRequiredStatusChecksPolicy requiredStatusChecks { context integrationId } } ... on PullRequestParameters { requiredApprovingReviewCount }`
    assert.deepEqual(
      await tell(
        ground,
        inRepository(
          `ref(qualifiedName: "main") { refUpdateRule { pattern } rules(first: 9) { nodes { type parameters { ${parameters} } } } }`,
        ),
      ),
      {
        repository: {
          ref: {
            refUpdateRule: null,
            rules: {
              nodes: [
                {
                  type: 'REQUIRED_STATUS_CHECKS',
                  parameters: {
                    strictRequiredStatusChecksPolicy: true,
                    requiredStatusChecks: [{ context: 'ci', integrationId: 7 }],
                  },
                },
                { type: 'PULL_REQUEST', parameters: { requiredApprovingReviewCount: 0 } },
              ],
            },
          },
        },
      },
    )
  })
})

suite('pull requests', () => {
  test('tell what a merge is decided on', async (t) => {
    const ground = await breakGround(t)
    const { github, repository, ann, lotse } = ground
    const base = repository.git.refs.get('refs/heads/main')
    const head = await ground.commit('lotse/release', { 'clusters/staging/app.yaml': 'tag: 1.2.1\n' })
    addRuleset(ground, { ...noRules, requiredChecks: [{ context: 'ci' }] })
    const pull = await ground.openPull(lotse, 'lotse/release')
    await addLabels(github, pull.issue, { names: ['release'], actor: ann })
    const ci = ground.app('ci')
    await createCheckRun(
      github,
      { repository, app: ci },
      { name: 'ci', headSha: head, status: 'completed', conclusion: 'success', externalId: 'run 1' },
    )
    await createStatus(
      github,
      { repository, actor: ann },
      { sha: head, state: 'pending', context: 'legacy', description: null, targetUrl: null },
    )
    await createComment(github, pull.issue, { body: 'why', actor: ann })
    const data = await tell(
      ground,
      inRepository(`pullRequest(number: 1) {
        number title state isDraft merged mergeable mergeStateStatus headRefOid headRefName baseRefOid isCrossRepository reviewDecision autoMergeRequest { mergeMethod }
        author { __typename login ... on Bot { databaseId } }
        headRepository { databaseId } baseRef { name } mergeCommit { oid }
        labels(first: 9) { nodes { name } }
        files(first: 9) { nodes { path additions deletions changeType } }
        comments(last: 1) { totalCount nodes { body author { login } } }
        commits(last: 1) { totalCount nodes { commit { oid statusCheckRollup { state contexts(first: 9) { nodes { __typename
          ... on CheckRun { name status conclusion externalId isRequired(pullRequestNumber: 1) checkSuite { app { databaseId slug } } }
          ... on StatusContext { context state isRequired(pullRequestNumber: 1) creator { login } } } } } } } }
      }`),
    )
    assert.deepEqual(data, {
      repository: {
        pullRequest: {
          number: 1,
          title: 'Auto-release',
          state: 'OPEN',
          isDraft: false,
          merged: false,
          mergeable: 'MERGEABLE',
          mergeStateStatus: 'UNSTABLE',
          headRefOid: head,
          headRefName: 'lotse/release',
          baseRefOid: base,
          isCrossRepository: false,
          reviewDecision: null,
          autoMergeRequest: null,
          author: { __typename: 'Bot', login: 'lotse', databaseId: lotse.account.id },
          headRepository: { databaseId: repository.id },
          baseRef: { name: 'main' },
          mergeCommit: null,
          labels: { nodes: [{ name: 'release' }] },
          files: { nodes: [{ path: 'clusters/staging/app.yaml', additions: 1, deletions: 1, changeType: 'MODIFIED' }] },
          comments: { totalCount: 1, nodes: [{ body: 'why', author: { login: 'ann' } }] },
          commits: {
            totalCount: 1,
            nodes: [
              {
                commit: {
                  oid: head,
                  statusCheckRollup: {
                    state: 'PENDING',
                    contexts: {
                      nodes: [
                        {
                          __typename: 'CheckRun',
                          name: 'ci',
                          status: 'COMPLETED',
                          conclusion: 'SUCCESS',
                          externalId: 'run 1',
                          isRequired: true,
                          checkSuite: { app: { databaseId: ci.id, slug: 'ci' } },
                        },
                        {
                          __typename: 'StatusContext',
                          context: 'legacy',
                          state: 'PENDING',
                          isRequired: false,
                          creator: { login: 'ann' },
                        },
                      ],
                    },
                  },
                },
              },
            ],
          },
        },
      },
    })
  })

  test('are selected by branch and state, and say who closed them', async (t) => {
    const ground = await breakGround(t)
    await ground.commit('one', { a: '1' })
    await ground.commit('two', { b: '2' })
    const first = await ground.openPull(ground.lotse, 'one')
    await ground.openPull(ground.lotse, 'two')
    await closeIssue(ground.github, first.issue, ground.ann)
    const data = await tell(
      ground,
      inRepository(`
        closed: pullRequests(first: 5, states: [CLOSED]) { nodes { number timelineItems(itemTypes: [CLOSED_EVENT], last: 1) { nodes { ... on ClosedEvent { actor { __typename login ... on User { databaseId } } } } } } }
        two: pullRequests(headRefName: "two", baseRefName: "main", states: [OPEN], first: 5) { nodes { number } }
        newest: pullRequests(first: 1, orderBy: { field: CREATED_AT, direction: DESC }) { totalCount pageInfo { hasNextPage } nodes { number } }`),
    )
    const actor = { __typename: 'User', login: 'ann', databaseId: ground.ann.account.id }
    assert.deepEqual(data, {
      repository: {
        closed: { nodes: [{ number: 1, timelineItems: { nodes: [{ actor }] } }] },
        two: { nodes: [{ number: 2 }] },
        newest: { totalCount: 2, pageInfo: { hasNextPage: true }, nodes: [{ number: 2 }] },
      },
    })
  })

  test('are read page by page', async (t) => {
    const ground = await breakGround(t)
    for (const branch of ['a', 'b', 'c']) {
      await ground.commit(branch, { [branch]: branch })
      await ground.openPull(ground.ann, branch)
    }
    const seen: number[] = []
    let after: string | null = null
    do {
      const data = (await tell(
        ground,
        'query ($after: String) { repository(owner: "acme", name: "gitops") { pullRequests(first: 2, after: $after) { edges { node { number } } pageInfo { endCursor hasNextPage } } } }',
        { after },
      )) as {
        repository: {
          pullRequests: { edges: { node: { number: number } }[]; pageInfo: { endCursor: string; hasNextPage: boolean } }
        }
      }
      const { edges, pageInfo } = data.repository.pullRequests
      seen.push(...edges.map(({ node }) => node.number))
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null
    } while (after !== null)
    assert.deepEqual(seen, [1, 2, 3])
  })
})

suite('what is refused', () => {
  const cases: Record<string, { query: string; permissions?: Permissions; errors: readonly object[] }> = {
    'a repository that cannot be seen': {
      query: '{ repository(owner: "acme", name: "secret") { id } }',
      errors: [
        {
          type: 'NOT_FOUND',
          path: ['repository'],
          message: "Could not resolve to a Repository with the name 'acme/secret'.",
        },
      ],
    },
    'a pull request that is not there': {
      query: inRepository('pullRequest(number: 7) { id }'),
      errors: [
        {
          type: 'NOT_FOUND',
          path: ['repository', 'pullRequest'],
          message: 'Could not resolve to a PullRequest with the number of 7.',
        },
      ],
    },
    'what the token may not read': {
      query: inRepository('object(expression: "main:README.md") { oid }'),
      permissions: { metadata: 'read' },
      errors: [
        { type: 'FORBIDDEN', path: ['repository', 'object'], message: 'Resource not accessible by integration' },
      ],
    },
    'a connection without bounds': {
      query: inRepository('pullRequests { totalCount }'),
      errors: [
        {
          type: 'MISSING_PAGINATION_BOUNDARIES',
          path: ['repository', 'pullRequests'],
          message: 'You must provide a `first` or `last` value to properly paginate the `pullRequest` connection.',
        },
      ],
    },
    'a field that the schema does not know': {
      query: inRepository('colour'),
      errors: [{ message: 'Cannot query field "colour" on type "Repository".' }],
    },
    'a field that the sandbox does not know, by its name': {
      query: inRepository('stargazerCount'),
      errors: [
        { path: ['repository', 'stargazerCount'], message: 'sandbox does not implement Repository.stargazerCount' },
      ],
    },
    'what is no GraphQL': {
      query: '{ repository',
      errors: [{ message: 'Syntax Error: Expected Name, found <EOF>.' }],
    },
  }
  for (const [name, { query, permissions, errors }] of Object.entries(cases)) {
    test(name, async (t) => {
      const answer = await ask(await breakGround(t), query, permissions === undefined ? {} : { permissions })
      assert.deepEqual(
        JSON.parse(JSON.stringify(answer.errors, (key, value: unknown) => (key === 'locations' ? undefined : value))),
        errors,
      )
    })
  }
})

suite('updateRefs', () => {
  const mutation = 'mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }'

  async function update(
    ground: Ground,
    refUpdates: readonly object[],
    permissions: Permissions = all,
  ): Promise<readonly (readonly [string | undefined, string])[]> {
    const input = { repositoryId: nodeId('repository', ground.repository.id), clientMutationId: 'x', refUpdates }
    const { errors = [] } = await ask(ground, mutation, { permissions, variables: { input } })
    return errors.map(({ type, message }) => [type, message])
  }

  async function prepared(t: TestContext): Promise<{ ground: Ground; old: string; next: string }> {
    const ground = await breakGround(t)
    const old = await ground.commit('side', { a: '1' })
    const next = await ground.commit('other', { a: '2' })
    return { ground, old, next }
  }

  test('makes, moves by force and deletes at once', async (t) => {
    const { ground, old, next } = await prepared(t)
    const { refs } = ground.repository.git
    assert.deepEqual(
      await update(ground, [
        { name: 'refs/heads/side', beforeOid: old, afterOid: next, force: true },
        { name: 'refs/heads/new', beforeOid: zeros, afterOid: next },
        { name: 'refs/heads/other', beforeOid: next, afterOid: zeros },
      ]),
      [],
    )
    assert.deepEqual(
      ['side', 'new', 'other'].map((name) => refs.get(`refs/heads/${name}`)),
      [next, next, undefined],
    )
    assert.deepEqual(ground.events.slice(-5), ['push', 'create', 'push', 'delete', 'push'])
  })

  const refusals: Record<
    string,
    (made: { old: string; next: string }) => {
      updates: object[]
      permissions?: Permissions
      error: RegExp
      type: string
    }
  > = {
    'a ref that has moved': ({ next }) => ({
      updates: [{ name: 'refs/heads/side', beforeOid: next, afterOid: next, force: true }],
      type: 'STALE_DATA',
      error: /^Expected refs\/heads\/side to point to/,
    }),
    'one that must not be there': ({ next }) => ({
      updates: [{ name: 'refs/heads/side', beforeOid: zeros, afterOid: next, force: true }],
      type: 'STALE_DATA',
      error: /^Expected refs\/heads\/side/,
    }),
    'what is no fast forward, without force': ({ old, next }) => ({
      updates: [{ name: 'refs/heads/side', beforeOid: old, afterOid: next }],
      type: 'UNPROCESSABLE',
      error: /fast forward/,
    }),
    'all when one is refused': ({ old, next }) => ({
      updates: [
        { name: 'refs/heads/new', beforeOid: zeros, afterOid: next },
        { name: 'refs/heads/side', beforeOid: next, afterOid: old, force: true },
      ],
      type: 'STALE_DATA',
      error: /refs\/heads\/side/,
    }),
    'a token that may only read': ({ next }) => ({
      updates: [{ name: 'refs/heads/new', afterOid: next }],
      permissions: { contents: 'read' },
      type: 'FORBIDDEN',
      error: /^Resource not accessible by integration$/,
    }),
  }
  for (const [name, refusal] of Object.entries(refusals)) {
    test(`refuses ${name}`, async (t) => {
      const { ground, ...made } = await prepared(t)
      const before = new Map(ground.repository.git.refs.all())
      const { updates, permissions, error, type } = refusal(made)
      const [[actual, message] = [undefined, '']] = await update(ground, updates, permissions)
      assert.equal(actual, type)
      assert.match(message, error)
      assert.deepEqual(new Map(ground.repository.git.refs.all()), before)
    })
  }
})

suite('executeGraphQL', () => {
  test('tells an app who it is and what is left of its hour', async (t) => {
    const ground = await breakGround(t)
    const budget = { limit: 5000, remaining: 4999, used: 1, reset: 1_800_000_000 }
    const { data } = await executeGraphQL(
      { query: '{ viewer { login databaseId } rateLimit { limit cost remaining resetAt } }' },
      { github: ground.github, caller: ground.as(all), write: noFaults, budget },
    )
    assert.deepEqual(JSON.parse(JSON.stringify(data)), {
      viewer: { login: 'lotse[bot]', databaseId: ground.lotse.account.id },
      rateLimit: { limit: 5000, cost: 1, remaining: 4999, resetAt: '2027-01-15T08:00:00Z' },
    })
  })

  test('fails as a whole when a fault is made on purpose, although the effect has happened', async (t) => {
    const ground = await breakGround(t)
    const sha = ground.repository.git.refs.get('refs/heads/main') ?? ''
    const input = {
      repositoryId: nodeId('repository', ground.repository.id),
      refUpdates: [{ name: 'refs/heads/new', beforeOid: zeros, afterOid: sha }],
    }
    const names: string[] = []
    const answer = executeGraphQL(
      {
        query: 'mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }',
        variables: { input },
      },
      {
        github: ground.github,
        caller: ground.as(all),
        write: async (name, effect) => {
          names.push(name)
          await effect()
          throw new ApiError(502, 'Server Error')
        },
      },
    )
    await assert.rejects(answer, { status: 502 })
    assert.deepEqual(names, ['updateRefs'])
    assert.equal(ground.repository.git.refs.get('refs/heads/new'), sha)
  })
})

function addRuleset({ repository }: Ground, rules: BranchRules): void {
  const ruleset = {
    id: 1,
    name: 'main',
    enforcement: 'active',
    branch: '~DEFAULT_BRANCH',
    rules,
    bypassApps: [],
    createdAt: '',
  } as const
  repository.rulesets.set(1, ruleset)
}
