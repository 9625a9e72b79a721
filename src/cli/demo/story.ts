import { acme } from '../../sandbox/acme.ts'
import { indent, say, step } from './say.ts'
import { type PullSeen, type Scene, come, diffOf, lookAtPull, rest, wordOn } from './scene.ts'

/** The bot's half of the story of a release, told while it happens; every step is real. */
export async function tell(scene: Scene): Promise<undefined> {
  const pull = await openRelease(scene)
  await step('CI says yes, and the bot merges: every rule holds', async () => {
    await green(scene, pull)
    return come(scene, () => lookAtPull(scene, pull.number, 'merged'))
  })
  await step('demo-service:1.2.2 is pushed, and Bob asks why it is not merged yet: /lotse why', async () => {
    await build(scene, '1.2.2')
    await rest(scene)
    await ask(scene, 'bob', 2, '/lotse why')
    return come(scene, () => lookAtPull(scene, 2, 'open'))
  })
  say(indent(await come(scene, () => wordOn(scene, 2, '/lotse why'))))
}

export async function openRelease(scene: Scene): Promise<PullSeen> {
  const pull = await step(
    'demo-service:1.2.1 and 1.3.0 are pushed; the policy semver:~1.2 allows one of them',
    async () => {
      await build(scene, '1.2.1')
      await build(scene, '1.3.0')
      return come(scene, () => lookAtPull(scene, 1, 'open'))
    },
  )
  say(indent(await diffOf(scene, pull.head)))
  return pull
}

async function build({ stage }: Scene, tag: string): Promise<void> {
  await stage.push(tag, { created: new Date().toISOString() })
}

export async function green({ stage }: Scene, { head }: PullSeen): Promise<void> {
  await stage.github.ci(acme.repository).report(head, { name: 'ci', conclusion: 'success' })
}

export async function ask({ stage }: Scene, person: string, number: number, command: string): Promise<void> {
  await stage.github.person(person).comment(acme.repository, number, command)
}
