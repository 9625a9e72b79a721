import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRetryAfter } from '../../../src/io/registry/unavailable.ts'

const now = Date.parse('2026-11-22T18:00:00Z')
const rows: readonly { name: string; header: string | null; ms: number | undefined }[] = [
  { name: 'no header', header: null, ms: undefined },
  { name: 'seconds', header: '120', ms: 120_000 },
  { name: 'a date', header: 'Sun, 22 Nov 2026 18:00:30 GMT', ms: 30_000 },
  { name: 'a date that has passed as nothing', header: 'Sun, 22 Nov 2026 17:00:00 GMT', ms: undefined },
  { name: 'this moment as nothing', header: 'Sun, 22 Nov 2026 18:00:00 GMT', ms: undefined },
  { name: 'no time at all as nothing', header: '0', ms: undefined },
  { name: 'less than no time as nothing', header: '-1', ms: undefined },
  { name: 'more seconds than there are as one hour', header: '9'.repeat(400), ms: 3_600_000 },
  { name: 'a year as one hour', header: '31536000', ms: 3_600_000 },
  { name: 'something else as nothing', header: 'soon', ms: undefined },
]

for (const { name, header, ms } of rows) {
  test(`parseRetryAfter reads ${name}`, () => {
    assert.equal(parseRetryAfter(header, now), ms)
  })
}
