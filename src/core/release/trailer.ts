import { type ReleaseMarker, formatReleaseMarker, parseReleaseMarker } from './marker.ts'

/*
 * `Lotse-Release: {"cluster":"production","image":"eu.gcr.io/project/demo-service","uses":["5f0a1b2c.a1b2c3d4e5f6"]}`:
 * the marker of a release that has no pull request, as the last line of its commit.
 */

const before = '<!-- lotse:release '
const after = ' -->'

export function formatReleaseTrailer(marker: ReleaseMarker): string {
  return `Lotse-Release: ${formatReleaseMarker(marker).slice(before.length, -after.length)}`
}

export function withReleaseTrailer(message: string, marker: ReleaseMarker): string {
  return `${message.trimEnd()}\n\n${formatReleaseTrailer(marker)}\n`
}

export function parseReleaseTrailer(message: string): ReleaseMarker | undefined {
  const json = /^Lotse-Release: (\{.*\})$/.exec(message.trimEnd().split('\n').at(-1) ?? '')?.[1]
  return json === undefined ? undefined : parseReleaseMarker(`${before}${json}${after}`)
}
