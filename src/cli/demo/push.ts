import { isTag } from '../../core/image/ref.ts'
import { UserError } from '../../core/user-error.ts'
import { acme, acmeBuild } from '../../sandbox/acme.ts'
import { pushImage } from '../../sandbox/registry/push-image.ts'
import { WrongCall } from '../arguments.ts'
import { say } from './say.ts'

/** Pushes another tag of the demo's image to the registry of a demo that runs. */
export async function pushTag(registry: string, tag: string): Promise<void> {
  if (!isTag(tag)) throw new WrongCall(`expected a tag such as \`1.2.3\`, got \`${tag}\``)
  if (!/^https?:$/.test(URL.parse(registry)?.protocol ?? '')) {
    throw new WrongCall(
      `expected an address such as \`http://127.0.0.1:8741\` after \`--registry\`, got \`${registry}\``,
    )
  }
  try {
    await pushImage(registry, { ...acmeBuild(tag), created: new Date().toISOString() })
  } catch (cause) {
    const help = 'start the demo in another terminal with `npm run demo`, and give its registry with --registry'
    throw new UserError(`no image could be pushed to ${registry}`, { help, cause })
  }
  say(`${acme.image}:${tag} is pushed.`)
}
