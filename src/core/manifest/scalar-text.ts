import { isScalar, parseDocument } from 'yaml'

/** Why a value can be no scalar of a manifest, if so. */
export function cannotBeWritten(value: string): string | undefined {
  if (value === '') return 'expected a value, got an empty one'
  // oxlint-disable-next-line no-control-regex -- control characters are what must not get in
  const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/.test(value) || !value.isWellFormed()
  return unprintable ? `expected a value of one line, got ${JSON.stringify(value.slice(0, 80))}` : undefined
}

/** The value as source text, in the quotes that the old one has, or with quotes where it would not be read as text. */
export function asScalar(value: string, openingQuote: string): string {
  if (openingQuote === "'") return `'${value.replaceAll("'", "''")}'`
  // JSON is YAML: its strings are double-quoted scalars.
  return openingQuote === '"' || !isPlainText(value) ? JSON.stringify(value) : value
}

/**
 * Whether it reads as text without quotes, here and in YAML 1.1, which Kubernetes reads: `1.10` is a number in both,
 * `0o17` in one and `1_000`, `yes` and `12:30` in the other. Only what images and tags are made of is tried.
 */
function isPlainText(value: string): boolean {
  const isHarmless = /^[A-Za-z0-9_](?:[\w./:@+-]*[\w./@+-])?$/.test(value)
  return isHarmless && isTextIn(value, '1.2') && isTextIn(value, '1.1')
}

function isTextIn(value: string, version: '1.1' | '1.2'): boolean {
  const { contents } = parseDocument(value, { version, logLevel: 'silent' })
  return isScalar(contents) && contents.value === value
}
