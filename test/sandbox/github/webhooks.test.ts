import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { type Ground, openPull, repo, startGround } from './ground.ts'

suite('webhooks', () => {
  test('each is signed, names its event and carries who and where', async (t) => {
    const ground = await startGround(t)
    await openPull(ground)
    await ground.github.settled()
    assert.ok(ground.heard.every(({ signed, guid }) => signed && /^[0-9a-f-]{36}$/.test(guid)))
    const opened = ground.heard.find(({ payload }) => payload.action === 'opened')?.payload
    assert.deepEqual(
      [
        opened.number,
        opened.repository.full_name,
        opened.organization.login,
        opened.sender.login,
        opened.installation.id,
      ],
      [1, 'acme/gitops', 'acme', 'ann', ground.installation],
    )
  })

  test('what the app did not subscribe to is not sent, its installation always is', async (t) => {
    const ground = await startGround(t, { manifest: { default_events: ['push'] } })
    await openPull(ground)
    assert.deepEqual(await ground.events(), ['installation.created', 'push'])
  })

  test('deliveries are listed newest first with a cursor, and shown with request and response', async (t) => {
    const ground = await startGround(t)
    await openPull(ground)
    await ground.github.settled()
    const token = ground.jwt()
    const first = await ground.call('GET', '/app/hook/deliveries?per_page=2', { token })
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? ''
    const second = await ground.call('GET', next, { token })
    const ids = [...first.json, ...second.json].map(({ id }: { id: number }) => id)
    assert.deepEqual(
      ids,
      ids.toSorted((one, other) => other - one),
    )
    const shown = await ground.call('GET', `/app/hook/deliveries/${ids[0]}`, { token })
    assert.equal(shown.json.status, 'OK')
    assert.equal(shown.json.request.headers['X-GitHub-Delivery'], shown.json.guid)
    assert.equal(shown.json.response.payload, '')
  })

  test('one that failed can be delivered again, with the same id', async (t) => {
    const ground = await startGround(t)
    ground.answers = 500
    await ground.github.person('ann').push('acme/gitops', { branch: 'main', files: { x: '' } })
    await ground.github.settled()
    const token = ground.jwt()
    const all = (await ground.call('GET', '/app/hook/deliveries', { token })).json
    const failed = all.find(({ event }: { event: string }) => event === 'push')
    assert.deepEqual([failed.status_code, failed.redelivery], [500, false])
    ground.answers = 202
    assert.equal((await ground.call('POST', `/app/hook/deliveries/${failed.id}/attempts`, { token })).status, 202)
    await ground.github.settled()
    const [again] = (await ground.call('GET', '/app/hook/deliveries', { token })).json
    assert.deepEqual([again.guid, again.redelivery, again.status_code], [failed.guid, true, 202])
    assert.equal(ground.heard.filter(({ guid }) => guid === failed.guid).length, 2)
  })

  test('deliveries are listed by how they ended', async (t) => {
    const ground = await startGround(t)
    await ground.github.settled()
    ground.github.faults.loseWebhooks(1)
    await ground.github.person('ann').push('acme/gitops', { branch: 'main', files: { x: '' } })
    await ground.github.settled()
    const list = async (status: string): Promise<readonly number[]> => {
      const { json } = await ground.call('GET', `/app/hook/deliveries?status=${status}`, { token: ground.jwt() })
      return json.map((each: { status_code: number }) => each.status_code)
    }
    assert.deepEqual(await list('failure'), [502])
    assert.deepEqual(new Set(await list('success')), new Set([202]))
  })

  test('nobody there is a failed delivery', async (t) => {
    const ground = await startGround(t)
    ground.github.setWebhookUrl(ground.app.appId, 'http://127.0.0.1:1/')
    await ground.github.person('ann').push('acme/gitops', { branch: 'main', files: { x: '' } })
    await ground.github.settled()
    const [last] = ground.github.deliveries.slice(-1)
    assert.deepEqual([last?.state, last?.statusCode], ['failed', 502])
  })
})

suite('faults', () => {
  test('a lost webhook is listed, and comes when asked for', async (t) => {
    const ground = await startGround(t)
    await ground.github.settled()
    ground.github.faults.loseWebhooks((delivery) => delivery.event === 'push')
    await ground.github.person('ann').push('acme/gitops', { branch: 'main', files: { x: '' } })
    assert.ok(!(await ground.events()).includes('push'))
    ground.github.faults.clear()
    const lost = ground.github.deliveries.find(({ state }) => state === 'lost')
    ground.github.redeliver(lost?.id ?? 0)
    assert.ok((await ground.events()).includes('push'))
  })

  test('a duplicate comes twice with one id', async (t) => {
    const ground = await startGround(t)
    await ground.github.settled()
    ground.heard.length = 0
    ground.github.faults.duplicateWebhooks(1)
    await ground.github.person('ann').push('acme/gitops', { branch: 'main', files: { x: '' } })
    await ground.github.settled()
    const pushes = ground.heard.filter(({ event }) => event === 'push')
    assert.deepEqual([pushes.length, new Set(pushes.map(({ guid }) => guid)).size], [2, 1])
  })

  test('502 although merged', async (t) => {
    const ground = await startGround(t)
    const { path } = await openPull(ground)
    ground.github.faults.answerAfterEffect('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', 502)
    assert.equal((await ground.call('PUT', `${path}/merge`)).status, 502)
    assert.equal((await ground.call('GET', path)).json.merged, true)
    assert.equal((await ground.call('PUT', `${path}/merge`)).status, 405)
  })

  test('a refusal has no effect', async (t) => {
    const ground = await startGround(t)
    await openPull(ground)
    ground.github.faults.refuse('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', 503)
    const comment = { body: { body: 'hi' } }
    assert.equal((await ground.call('POST', `${repo}/issues/1/comments`, comment)).status, 503)
    assert.equal((await ground.call('POST', `${repo}/issues/1/comments`, comment)).status, 201)
    assert.equal((await ground.call('GET', `${repo}/issues/1/comments`)).json.length, 1)
  })

  test('writes are counted, and a test may act before and after each', async (t) => {
    const ground = await startGround(t)
    await openPull(ground)
    ground.github.requests.reset()
    const seen: unknown[] = []
    ground.github.faults.onWrite(async ({ n, route, phase }) => {
      seen.push([n, route.split('/').at(-1), phase, ground.github.repository('acme/gitops').comments.size])
    })
    await ground.call('GET', repo)
    await ground.mint()
    await ground.call('POST', `${repo}/issues/1/comments`, { body: { body: 'hi' } })
    await ground.call('POST', `${repo}/issues/1/labels`, { body: { labels: ['x'] } })
    assert.deepEqual(seen, [
      [1, 'comments', 'before', 0],
      [1, 'comments', 'after', 1],
      [2, 'labels', 'before', 1],
      [2, 'labels', 'after', 1],
    ])
    assert.deepEqual(
      ground.github.requests.all.map(({ write }) => write),
      [undefined, undefined, 1, 2],
    )
    const mine = ground.github.requests.count(({ caller }) => caller === `installation ${ground.installation} of lotse`)
    assert.equal(mine, 3)
  })

  test('a limit that is reached says when to come back', async (t) => {
    const { call, github } = await startGround(t)
    github.faults.limitRate('secondary')
    const secondary = await call('GET', repo)
    assert.deepEqual([secondary.status, secondary.headers.get('retry-after')], [403, '60'])
    github.faults.limitRate('primary')
    const primary = await call('GET', repo)
    assert.deepEqual([primary.status, primary.headers.get('x-ratelimit-remaining')], [403, '0'])
    const fine = await call('GET', repo)
    assert.equal(fine.headers.get('x-ratelimit-limit'), '5000')
  })

  test('a limit may not say when to come back, and name permissions like a refusal', async (t) => {
    const { call, github } = await startGround(t)
    github.faults.limitRate('unannounced')
    const { status, headers, json } = await call('GET', repo)
    assert.deepEqual([status, headers.get('retry-after')], [403, null])
    assert.equal(headers.get('x-accepted-github-permissions'), 'metadata=read')
    assert.match(json.documentation_url, /secondary-rate-limits$/)
  })
})

suite('a process that is killed', () => {
  const asking = (ground: Ground): ChildProcess => {
    const url = `${ground.github.apiUrl}${repo}/issues/1/comments`
    const script = `await fetch(${JSON.stringify(url)}, { method: 'POST', body: JSON.stringify({ body: 'hi' }),
      headers: { authorization: 'Bearer ${ground.token}' } })`
    return spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' })
  }

  for (const [phase, comments] of [
    ['before', 0],
    ['after', 1],
  ] as const) {
    test(`${phase} the effect of its write leaves ${comments} comments`, async (t) => {
      const ground = await startGround(t)
      await openPull(ground)
      const killed = Promise.withResolvers<void>()
      ground.github.faults.onWrite(async (moment) => {
        if (moment.phase !== phase) return
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
        killed.resolve()
      })
      const child = asking(ground)
      await killed.promise
      ground.github.faults.clear()
      // A request of our own comes behind the one that was cut off.
      const answer = await ground.call('GET', `${repo}/issues/1/comments`)
      assert.equal(answer.json.length, comments)
    })
  }
})

suite('a repository', () => {
  test('that is new, renamed or archived tells of it, and an archived one takes no writes', async (t) => {
    const ground = await startGround(t)
    const { github } = ground
    const { id } = await github.createRepository('acme/second')
    await github.renameRepository('acme/second', 'third')
    await github.archiveRepository('acme/third')
    await github.settled()
    const told = ground.heard.filter(({ event }) => event === 'repository').map(({ payload }) => payload)
    assert.deepEqual(
      told.map(({ action }) => action).toSorted((one, other) => one.localeCompare(other)),
      ['archived', 'created', 'renamed'],
    )
    assert.ok(told.every(({ repository }) => repository.id === id))
    const put = { body: { message: 'm', content: '' } }
    assert.equal((await ground.call('PUT', '/repos/acme/third/contents/new', put)).status, 403)
    await github.unarchiveRepository('acme/third')
    assert.equal((await ground.call('PUT', '/repos/acme/third/contents/new', put)).status, 201)
    assert.equal((await ground.call('GET', '/repos/acme/second')).status, 404)
  })
})
