import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type World, acme, startWorld } from '../support/world.ts'

async function withRelease(): Promise<World> {
  const world = await startWorld()
  await world.push('1.2.1')
  await world.rest()
  return world
}

/** What the bot answers to a comment on pull request 1, and how it reacts. */
async function answer(
  world: World,
  person: string,
  body: string,
): Promise<{ reply: string | undefined; reactions: string[] }> {
  const before = replies(world).length
  const comment = await world.github.person(person).comment(acme.repository, 1, body)
  await world.rest()
  assert.ok(replies(world).length <= before + 1)
  return { reply: replies(world)[before], reactions: comment.reactions.map(({ content }) => content) }
}

function replies(world: World): readonly string[] {
  return world.comments(world.pull(1)).filter((body) => body.includes('<!-- lotse:reply'))
}

describe('chat', () => {
  test('why names each rule and what is still missing', async () => {
    await using world = await withRelease()
    const { reply, reactions } = await answer(world, 'bob', '/lotse why')
    assert.match(reply ?? '', /✅ it changes exactly what the plan says/)
    assert.match(reply ?? '', /⏳ checks succeeded: no check has reported yet/)
    assert.deepEqual(reactions, ['rocket'])
  })

  test('help tells each person what that person can do', async () => {
    await using world = await withRelease()
    assert.match((await answer(world, 'bob', '/lotse help')).reply ?? '', /\/lotse why.*✅ you have write/)
  })

  test('several commands get one reply', async () => {
    await using world = await withRelease()
    const { reply } = await answer(world, 'bob', 'Hello\n\n/lotse why\n/lotse help\n')
    assert.match(reply ?? '', /\*\*`\/lotse why`\*\*[\s\S]*\*\*`\/lotse help`\*\*/)
  })

  test('what is not understood is answered with what was probably meant', async () => {
    await using world = await withRelease()
    const { reply, reactions } = await answer(world, 'bob', '/lotse wy')
    assert.match(reply ?? '', /Did you mean `\/lotse why`/)
    assert.deepEqual(reactions, ['confused'])
  })

  test('who has no role is refused, with the role that is needed', async () => {
    await using world = await startWorld({ private: true })
    await world.push('1.2.1')
    await world.rest()
    const { reply, reactions } = await answer(world, 'eve', '/lotse why')
    assert.match(reply ?? '', /needs the role read/)
    assert.deepEqual(reactions, ['-1'])
  })

  test('talk about commands is not a command', async () => {
    await using world = await withRelease()
    const { reply } = await answer(world, 'bob', 'I would say `/lotse why`\n> /lotse why\n\n```\n/lotse why\n```')
    assert.equal(reply, undefined)
  })

  test('an edited comment never runs, and neither does an edit made before we looked', async () => {
    await using world = await withRelease()
    const bob = world.github.person('bob')
    const comment = await bob.comment(acme.repository, 1, 'nothing to do')
    await world.rest()
    await bob.editComment(acme.repository, comment.id, '/lotse why')
    await world.rest()
    assert.deepEqual(replies(world), [])
  })

  test('a command that was given while the bot was away is answered when it is back', async () => {
    await using world = await withRelease()
    await world.stopBot()
    await world.github.person('bob').comment(acme.repository, 1, '/lotse why')
    await world.github.settled()
    await world.startBot()
    assert.equal(replies(world).length, 1)
  })

  test('on a pull request of a person why says whose it is', async () => {
    await using world = await startWorld()
    const bob = world.github.person('bob')
    await bob.push(acme.repository, { branch: 'note', create: true, files: { 'NOTE.md': 'x' } })
    await bob.openPull(acme.repository, { head: 'note', title: 'Note' })
    const { reply } = await answer(world, 'bob', '/lotse why')
    assert.match(reply ?? '', /not a release of Lotse/)
  })

  test('why names what waits for its place, and for what', async () => {
    const rules = 'release: { group: workload, max-open: 1 }\n'
    const configuration = `version: 1\nclusters: { production: { path: clusters/production } }\n${rules}`
    await using world = await startWorld({ files: { '.github/lotse.yaml': configuration } })
    await world.push('1.2.1')
    await world.rest()
    const { reply } = await answer(world, 'bob', '/lotse why')
    assert.match(reply ?? '', /✅ it changes exactly what the plan says/)
    assert.match(
      reply ?? '',
      /Releases that wait:\n\n- ⏳ `eu\.gcr\.io\/project\/demo-service:1\.2\.1` for `demo:[a-z]+\/demo-[a-z]+` in `production`: a release pull request is open in production/,
    )
  })

  for (const [what, rules, because] of [
    ['a protected branch', '', /main is protected \(pull request\), and Lotse commits to no protected branch/],
    ['a freeze', ', freeze: [{ from: 2020-01-01, to: 2999-12-31, reason: holidays }]', /holidays/],
  ] as const) {
    test(`why names what is not committed because of ${what}, on whatever pull request`, async () => {
      const configuration = `version: 1\nclusters: { production: { path: clusters/production } }\nrelease: { merge: commit${rules} }\n`
      await using world = await startWorld({ files: { '.github/lotse.yaml': configuration } })
      world.github.addRuleset(acme.repository, { branch: 'main', requiredApprovals: 0 })
      await world.push('1.2.1')
      await world.rest()
      const bob = world.github.person('bob')
      await bob.push(acme.repository, { branch: 'note', create: true, files: { 'NOTE.md': 'x' } })
      await bob.openPull(acme.repository, { head: 'note', title: 'Note' })
      const { reply } = await answer(world, 'bob', '/lotse why')
      assert.match(reply ?? '', /not a release of Lotse/)
      assert.match(reply ?? '', /- ⏳ `eu\.gcr\.io\/project\/demo-service:1\.2\.1` in `production`: /)
      assert.match(reply ?? '', because)
    })
  }
})
