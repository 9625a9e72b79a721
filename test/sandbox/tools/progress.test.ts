import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Progress, formatProgress, reportLines } from '../../../src/sandbox/tools/progress.ts'

const building: Progress = {
  tool: 'kube-apiserver 1.35.4',
  doing: 'building with Go',
  elapsedMs: 35_400,
  finished: false,
}

const rows: readonly (readonly [name: string, progress: Progress, text: string])[] = [
  ['what and how long', building, 'kube-apiserver 1.35.4: building with Go, 35 s'],
  [
    'how long it takes',
    { ...building, usualSeconds: 110 },
    'kube-apiserver 1.35.4: building with Go, 35 s (usually about 110 s)',
  ],
  [
    'how far it is',
    { ...building, done: { count: 412, of: 1310, unit: 'packages' } },
    'kube-apiserver 1.35.4: building with Go, 412 of 1310 packages, 35 s',
  ],
  [
    'bytes of a length that is not known',
    { ...building, done: { count: 12_400_000, unit: 'bytes' } },
    'kube-apiserver 1.35.4: building with Go, 12 MB, 35 s',
  ],
  [
    'the end',
    { ...building, usualSeconds: 110, finished: true },
    'kube-apiserver 1.35.4: building with Go, 35 s, done',
  ],
]

for (const [name, progress, text] of rows) {
  test(`formatProgress says ${name}`, () => assert.equal(formatProgress(progress), text))
}

test('reportLines says the start, the end, and little between them', () => {
  const lines: string[] = []
  const report = reportLines((line) => lines.push(line), 10_000)
  for (const elapsedMs of [0, 10, 9_999, 10_000, 10_500, 19_999]) report({ ...building, elapsedMs })
  report({ ...building, elapsedMs: 20_000, finished: true })
  report({ ...building, tool: 'etcd 3.6.16', elapsedMs: 0 })
  assert.deepEqual(lines, [
    'kube-apiserver 1.35.4: building with Go, 0 s',
    'kube-apiserver 1.35.4: building with Go, 10 s',
    'kube-apiserver 1.35.4: building with Go, 20 s, done',
    'etcd 3.6.16: building with Go, 0 s',
  ])
})
