import { setTimeout as delay } from 'node:timers/promises'
import { acme } from '../../sandbox/acme.ts'
import type { Stage } from '../stage.ts'
import { happenings, look, newHeads } from './happenings.ts'
import { say } from './say.ts'

const lookEveryMs = 200

/** Says what can be done with the demo now, and from then on what happens, until the process is ended. */
export async function stay(
  stage: Stage,
  options: { readonly push: string; readonly kubectl?: string },
): Promise<never> {
  const page = `${stage.github.webUrl}/${acme.repository}`
  say(`It stays up, and its CI now says yes by itself. Look at ${page}, and from a second terminal push another tag:\n`)
  say(`    ${options.push}\n`)
  if (options.kubectl !== undefined) {
    say('or change by hand what git says otherwise, and see it put back:\n')
    say(`    ${options.kubectl} -n ${acme.namespace} set image deployment/demo-worker worker=nginx`)
    say(`    ${options.kubectl} -n ${acme.namespace} get deployment demo-worker -o wide\n`)
  }
  say('or be Alice, who may push to main and to the branches of pull requests:\n')
  say(`    git clone ${cloneUrl(stage)}\n`)
  say('What happens is said here. Ctrl-C ends it.\n')
  return watch(stage)
}

/** CI comes one look later than the head that it is for, so that what is said has the order of what happens. */
async function watch({ github }: Stage): Promise<never> {
  const repository = github.repository(acme.repository)
  const ci = github.ci(acme.repository)
  for (let before = look(repository); ;) {
    await delay(lookEveryMs)
    const after = look(repository)
    for (const sentence of happenings(before, after)) say(`● ${sentence}`)
    for (const { number, head } of newHeads(before, after)) {
      await ci.report(head, { name: 'ci', conclusion: 'success' })
      say(`● CI says yes to #${number}`)
    }
    before = after
  }
}

function cloneUrl({ github }: Stage): string {
  const tokens = [...github.state.tokens.values()]
  const alice = tokens.find((token) => token.kind === 'person' && token.account.login === 'alice')
  const url = new URL(`${github.webUrl}/${acme.repository}.git`)
  Object.assign(url, { username: 'alice', password: alice?.token ?? '' })
  return url.href
}
