import type { Freeze, ReleaseRules, ReleaseWindow, Weekday } from '../config/configuration.ts'
import { escapeMarkdown } from '../markdown.ts'

/** When a release is merged, in the words of the configuration. Freezes that ended before `today` are not told of. */
export function whenMerged({ merge, window, freeze }: ReleaseRules, today: string): string {
  const limits = [
    ...(window === undefined ? [] : [`Only within \`release.window\`: ${windowText(window)}.`]),
    ...freezeText(freeze.filter(({ to }) => to >= today)),
  ]
  switch (merge) {
    case 'manual':
      return 'A person merges this: `release.merge` is `manual` for this cluster.'
    case 'commit':
      return ['Lotse writes this to the branch itself: `release.merge` is `commit` for this cluster.', ...limits].join(
        ' ',
      )
    case 'auto':
      return [
        'Merges by itself once every rule holds; the check `lotse/policy` shows which do not yet.',
        ...limits,
      ].join(' ')
  }
}

function freezeText(freezes: readonly Freeze[]): readonly string[] {
  const [next, ...later] = freezes.toSorted((a, b) => (a.from < b.from ? -1 : 1))
  if (next === undefined) return []
  const reason = next.reason === undefined ? '' : ` (${escapeMarkdown(next.reason)})`
  const others = later.length === 0 ? '' : `, and ${later.length} later`
  return [`Not in a freeze: the next is ${next.from} to ${next.to}${reason}${others}.`]
}

function windowText({ days, from, to, zone }: ReleaseWindow): string {
  return `${daysText(days)} ${clock(from)}–${clock(to)} ${escapeMarkdown(zone)}`
}

const week: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** `mon–thu, sat` */
function daysText(days: readonly Weekday[]): string {
  const runs = week.reduce<readonly (readonly Weekday[])[]>(
    (runs, day) => (days.includes(day) ? [...runs.slice(0, -1), [...(runs.at(-1) ?? []), day]] : [...runs, []]),
    [[]],
  )
  const texts = runs.map((run) => (run.length > 2 ? `${run[0]}–${run.at(-1)}` : run.join(', ')))
  return texts.filter((text) => text !== '').join(', ')
}

function clock(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => `${part}`.padStart(2, '0')).join(':')
}
