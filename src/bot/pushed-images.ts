import type { ImageName } from '../core/image/ref.ts'
import type { PushedTag } from '../core/image/registry-notification.ts'
import { doubtTags } from '../io/store/registry.ts'
import { followedAmong } from '../io/store/repositories.ts'
import type { Deps } from './deps.ts'
import { journeys } from './keys.ts'

/** Asks for the tags of images that are said to have new ones, as far as somebody follows them; gives how many. */
export type PushedImages = (tags: readonly PushedTag[]) => Promise<number>

/**
 * One push can come as four tags, and a broken sender tells of the same for ever. A job that waits answers whatever is
 * asked meanwhile, so here only the asking is slowed: two lists at once, then one in each `gapMs`, per image.
 */
export function createPushedImages({ database, jobs, now }: Pick<Deps, 'database' | 'jobs' | 'now'>): PushedImages {
  const paces = new Map<ImageName, Pace>()
  return async (tags) => {
    const followed = await followedAmong(database, [...new Set(tags.map(({ image }) => image))])
    const ours = tags.filter(({ image }) => followed.includes(image))
    if (ours.length > 0) await doubtTags(database, ours, now())
    for (const image of followed) {
      const nowMs = now().getTime()
      const pace = nextAsk(paces.get(image), nowMs)
      paces.set(image, pace)
      await jobs.ask(journeys.tags, image, { afterMs: Math.max(0, pace.askedForMs - nowMs) })
    }
    return followed.length
  }
}

/** What was asked for last, and when the asks so far would be over at one in each gap. */
export type Pace = { readonly askedForMs: number; readonly overMs: number }

const gapMs = 2000
const atOnce = 2

/** When to list, for a hint that comes now: a list that is still to come sees it, too. */
export function nextAsk(pace: Pace | undefined, nowMs: number): Pace {
  if (pace !== undefined && pace.askedForMs > nowMs) return pace
  const fromMs = Math.max(pace?.overMs ?? nowMs, nowMs)
  return { askedForMs: Math.max(nowMs, fromMs - (atOnce - 1) * gapMs), overMs: fromMs + gapMs }
}
