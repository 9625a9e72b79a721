import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { type ReleaseRules, parseConfiguration } from '../../../src/core/config/configuration.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { standstill } from '../../../src/core/release/timing.ts'

function rules(text: string): ReleaseRules {
  return guaranteed(parseConfiguration(`version: 1\nrelease: { ${text} }`)).release
}

const office = 'window: { days: mon-thu, hours: 08:00-16:00, zone: Europe/Berlin }'
const nights = 'window: { days: "fri,sun", hours: 22:00-04:00, zone: Europe/Berlin }'
const holidays = 'freeze: [{ from: 2026-12-20, to: 2027-01-06, reason: holidays }]'

suite('standstill', () => {
  /** `until` empty: none. 2026-11-23 is a Monday. */
  const rows: readonly [what: string, rules: string, now: string, until: string, says?: string][] = [
    ['no rule', '', '2026-11-23T12:00:00Z', ''],
    ['inside the window', office, '2026-11-23T12:00:00Z', ''],
    ['as it opens', office, '2026-11-23T07:00:00Z', ''],
    ['just before it opens', office, '2026-11-23T06:59:59.999Z', '2026-11-23T07:00:00Z'],
    ['just before it closes', office, '2026-11-23T14:59:59.999Z', ''],
    [
      'as it closes',
      office,
      '2026-11-23T15:00:00Z',
      '2026-11-24T07:00:00Z',
      'outside the window until Tue 2026-11-24 08:00 Europe/Berlin',
    ],
    ['over the weekend', office, '2026-11-26T15:00:00Z', '2026-11-30T07:00:00Z'],
    ['over the end of a year', office, '2026-12-31T16:00:00Z', '2027-01-04T07:00:00Z'],
    ['in summer time', office, '2026-07-06T05:59:00Z', '2026-07-06T06:00:00Z'],
    ['over the clocks going back', office, '2026-10-22T15:00:00Z', '2026-10-26T07:00:00Z'],
    ['over the clocks going forward', office, '2026-03-26T15:00:00Z', '2026-03-30T06:00:00Z'],
    ['a window without days', 'window: { hours: 08:00-09:00 }', '2026-11-28T09:00:00Z', '2026-11-29T08:00:00Z'],
    ['a window without hours', 'window: { days: sat }', '2026-11-28T23:59:59Z', ''],
    ['a day after a window without hours', 'window: { days: sat }', '2026-11-29T00:00:00Z', '2026-12-05T00:00:00Z'],
    ['a window of everything', 'window: {}', '2026-11-29T00:00:00Z', ''],
    ['everything where midnight is left out', 'window: { zone: America/Santiago }', '2026-09-06T04:00:00Z', ''],
    ['a zone that is a day ahead', 'window: { days: mon, zone: Pacific/Kiritimati }', '2026-11-22T10:00:00Z', ''],
    ['a zone that is a day behind', 'window: { days: sun, zone: Pacific/Pago_Pago }', '2026-11-23T10:59:59Z', ''],
    ['a zone of quarter hours', 'window: { hours: 08:00-09:00, zone: Asia/Kathmandu }', '2026-11-23T02:15:00Z', ''],
    [
      'a day that a zone never had',
      'window: { days: fri, zone: Pacific/Apia }',
      '2011-12-29T12:00:00Z',
      '2012-01-05T10:00:00Z',
    ],

    ['before midnight', nights, '2026-11-27T21:00:00Z', ''],
    ['after midnight, on a day that is not named', nights, '2026-11-28T02:59:59Z', ''],
    ['after midnight, on a day that is named', nights, '2026-11-27T02:00:00Z', '2026-11-27T21:00:00Z'],
    ['the end after midnight', nights, '2026-11-28T03:00:00Z', '2026-11-29T21:00:00Z'],
    ['until midnight', 'window: { hours: 22:00-24:00 }', '2026-11-23T23:59:59Z', ''],
    ['at midnight', 'window: { hours: 22:00-24:00 }', '2026-11-24T00:00:00Z', '2026-11-24T22:00:00Z'],

    // 2026-03-29 in Berlin: 02:00 becomes 03:00, at 01:00Z. 2026-10-25: 03:00 becomes 02:00, at 01:00Z.
    ['a night that is an hour shorter', nights, '2026-03-30T01:59:59Z', ''],
    ['the end of a night that is an hour shorter', nights, '2026-03-30T02:00:00Z', '2026-04-03T20:00:00Z'],
    ['an hour that is left out', at('02:00-03:00'), '2026-03-29T00:59:59Z', '2026-03-30T00:00:00Z'],
    ['a beginning that is left out', at('02:30-05:00'), '2026-03-29T01:00:00Z', '2026-03-29T01:30:00Z'],
    ['an end that is left out', at('01:00-02:30'), '2026-03-29T01:29:59Z', ''],
    ['after an end that is left out', at('01:00-02:30'), '2026-03-29T01:30:00Z', '2026-03-29T23:00:00Z'],
    ['a beginning that comes twice', at('02:30-05:00'), '2026-10-25T00:30:00Z', ''],
    ['between a beginning that comes twice', at('02:30-05:00'), '2026-10-25T01:00:00Z', ''],
    ['an end that comes twice', at('01:00-02:30'), '2026-10-25T00:30:00Z', '2026-10-26T00:00:00Z'],
    ['an hour that comes twice', at('02:00-03:00'), '2026-10-25T01:59:59Z', ''],
    ['after an hour that comes twice', at('02:00-03:00'), '2026-10-25T02:00:00Z', '2026-10-26T01:00:00Z'],

    ['a day before a freeze', holidays, '2026-12-19T23:59:59Z', ''],
    [
      'its first day',
      holidays,
      '2026-12-20T00:00:00Z',
      '2027-01-07T00:00:00Z',
      'a freeze until Thu 2027-01-07 00:00 UTC: holidays',
    ],
    ['its last day', holidays, '2027-01-06T23:59:59Z', '2027-01-07T00:00:00Z'],
    ['a day after it', holidays, '2027-01-07T00:00:00Z', ''],
    [
      'a freeze of one day without a reason',
      'freeze: [{ from: 2026-11-23, to: 2026-11-23 }]',
      '2026-11-23T12:00:00Z',
      '2026-11-24T00:00:00Z',
      'a freeze until Tue 2026-11-24 00:00 UTC',
    ],
    [
      'a freeze of instants',
      'freeze: [{ from: 2026-11-27T18:00:00+01:00, to: 2026-11-30T08:00:00+01:00 }]',
      '2026-11-27T17:00:00Z',
      '2026-11-30T07:00:00Z',
    ],
    [
      'the end of a freeze of instants',
      'freeze: [{ from: 2026-11-27T18:00:00+01:00, to: 2026-11-30T08:00:00+01:00 }]',
      '2026-11-30T07:00:00Z',
      '',
    ],
    [
      'a freeze by the days of the zone',
      `${holidays}, window: { zone: Asia/Tokyo }`,
      '2026-12-19T15:00:00Z',
      '2027-01-06T15:00:00Z',
    ],
    [
      'a freeze that ends outside the window',
      `${holidays}, ${office}`,
      '2026-12-24T12:00:00Z',
      '2027-01-07T07:00:00Z',
      'a freeze until Thu 2027-01-07 08:00 Europe/Berlin: holidays',
    ],
    [
      'a window that would open in a freeze',
      `${holidays}, ${office}`,
      '2026-12-18T12:00:00Z',
      '2027-01-07T07:00:00Z',
      'outside the window until Thu 2027-01-07 08:00 Europe/Berlin',
    ],
    [
      'freezes that overlap and touch, in any order',
      'freeze: [{ from: 2026-12-05, to: 2026-12-09 }, { from: 2026-11-20, to: 2026-11-30, reason: first }, { from: 2026-11-25, to: 2026-12-04 }]',
      '2026-11-23T12:00:00Z',
      '2026-12-10T00:00:00Z',
      'a freeze until Thu 2026-12-10 00:00 UTC: first',
    ],
    [
      'one freeze inside another',
      'freeze: [{ from: 2026-11-22, to: 2026-11-24 }, { from: 2026-11-20, to: 2026-11-30 }]',
      '2026-11-23T12:00:00Z',
      '2026-12-01T00:00:00Z',
    ],
    [
      'a window whose days are all frozen for weeks',
      'window: { days: mon }, freeze: [{ from: 2026-11-30, to: 2026-11-30 }, { from: 2026-12-07, to: 2026-12-07 }, { from: 2026-12-14, to: 2026-12-14 }]',
      '2026-11-24T00:00:00Z',
      '2026-12-21T00:00:00Z',
    ],
  ]
  for (const [what, text, now, until, says] of rows) {
    test(`${what}: ${now} ${until === '' ? 'is free' : `waits until ${until}`}`, () => {
      const found = standstill(new Date(now), rules(text))
      assert.equal(found?.until.toISOString(), until === '' ? undefined : new Date(until).toISOString())
      if (says !== undefined) assert.equal(found?.says, says)
    })
  }

  test('a freeze for ever ends with the calendar', () => {
    const found = standstill(new Date('2026-11-23T12:00:00Z'), rules('freeze: [{ from: 2020-01-01, to: 9999-12-31 }]'))
    assert.equal(found?.kind, 'freeze')
  })

  const zones = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'America/Santiago',
  )
  const clock = fc
    .tuple(fc.nat(23), fc.constantFrom('00', '15', '30'))
    .map(([h, m]) => `${`${h}`.padStart(2, '0')}:${m}`)
  const days = fc.subarray(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], { minLength: 1 })
  const date = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true })
  const day = date.map((at) => at.toISOString().slice(0, 10))
  const freezes = fc.array(
    fc.tuple(day, day).map((pair) => pair.toSorted()),
    { maxLength: 5 },
  )
  const timing = fc.record({ zone: zones, from: clock, to: clock, days, freezes }).filter(({ from, to }) => from !== to)

  test('it is over when it says, and no sooner', () => {
    fc.assert(
      fc.property(timing, date, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (all, now, part) => {
        const freeze = all.freezes.map(([from, to]) => `{ from: ${from}, to: ${to} }`).join(', ')
        const window = `{ days: "${all.days.join()}", hours: ${all.from}-${all.to}, zone: ${all.zone} }`
        const read = rules(`window: ${window}, freeze: [${freeze}]`)
        const found = standstill(now, read)
        if (found === undefined) return
        assert.equal(standstill(found.until, read), undefined)
        const between = new Date(now.getTime() + Math.floor((found.until.getTime() - now.getTime()) * part))
        assert.deepEqual(standstill(between, read)?.until, found.until)
      }),
      { numRuns: 500 },
    )
  })
})

function at(hours: string): string {
  return `window: { hours: ${hours}, zone: Europe/Berlin }`
}
