import type { Freeze, MergeRule, ReleaseRules, ReleaseWindow, Weekday } from '../config/configuration.ts'
import { weekdays } from '../config/release-window.ts'
import { escapeMarkdown } from '../markdown.ts'

/** When a release is merged, in the words of the configuration. Freezes that ended before `today` are not told of. */
export function whenMerged({ merge, window, freeze }: ReleaseRules, today: string): string {
  const limits = [
    ...(window === undefined || isAlways(window) ? [] : [`Only within \`release.window\`: ${windowText(window)}.`]),
    ...freezeText(freeze.filter(({ to }) => to >= today)),
  ]
  return [who[merge], ...(merge === 'manual' ? [] : limits)].join(' ')
}

const who: Readonly<Record<MergeRule, string>> = {
  manual: 'A person merges this: `release.merge` is `manual` for this cluster.',
  auto: 'Merges by itself once every rule holds; the check `lotse/policy` shows which do not yet.',
  commit: 'Lotse writes this to the branch itself: `release.merge` is `commit` for this cluster.',
}

function freezeText(freezes: readonly Freeze[]): readonly string[] {
  const [next, ...later] = freezes.toSorted((a, b) => (a.from < b.from ? -1 : 1))
  if (next === undefined) return []
  const reason = next.reason === undefined ? '' : ` (${escapeMarkdown(next.reason)})`
  const others = later.length === 0 ? '' : `, and ${later.length} later`
  return [`Not in a \`release.freeze\`: ${next.from} to ${next.to}${reason}${others}.`]
}

function isAlways({ days, from, to }: ReleaseWindow): boolean {
  return days.length === weekdays.length && from === 0 && to === 1440
}

function windowText({ days, from, to, zone }: ReleaseWindow): string {
  return `${daysText(days)} ${clock(from)}–${clock(to)} ${escapeMarkdown(zone)}`
}

/** `mon–thu, sat` */
function daysText(days: readonly Weekday[]): string {
  const runs = weekdays.reduce<readonly (readonly Weekday[])[]>(
    (runs, day) => (days.includes(day) ? [...runs.slice(0, -1), [...(runs.at(-1) ?? []), day]] : [...runs, []]),
    [[]],
  )
  const texts = runs.map((run) => (run.length > 2 ? `${run[0]}–${run.at(-1)}` : run.join(', ')))
  return texts.filter((text) => text !== '').join(', ')
}

function clock(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => `${part}`.padStart(2, '0')).join(':')
}
