/**
 * What one scalar of YAML is to Kubernetes: a whole number is a `bigint`, any other a `number`, because they are
 * written differently where they are keys.
 */
export type ScalarValue = null | boolean | bigint | number | string

/**
 * Kubernetes reads YAML with habits of its own: `0644` is octal, `yes` and `n` are booleans and `1_000` is a thousand,
 * but `22:22` and `2001-01-01` are text. No schema of a YAML package does the same.
 */
export function plainScalar(text: string): ScalarValue {
  const word = words.get(text)
  return word === undefined ? (numberIn(text) ?? text) : word
}

/** A scalar with a tag, like `!!int 3`; undefined where its text is nothing of that kind. */
export function taggedScalar(tag: string, text: string): ScalarValue | undefined {
  // A tag that is not YAML's own means nothing to Kubernetes; what stands behind it is text.
  if (!tag.startsWith(standardTags)) return /^![\w-]+$/.test(tag) ? text : undefined
  const value = plainScalar(text)
  switch (tag.slice(standardTags.length)) {
    case 'null':
      return value === null ? value : undefined
    case 'bool':
      return typeof value === 'boolean' ? value : undefined
    case 'int':
      return typeof value === 'bigint' ? value : undefined
    case 'float':
      if (typeof value === 'bigint') return isSigned(value) ? Number(value) : undefined
      return typeof value === 'number' ? value : undefined
    case 'timestamp':
      return /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ][\d:.]+(?:Z|[+-]\d\d:\d\d)?)?$/.test(text) ? text : undefined
    case 'binary':
      return textIn(decodeBase64(text))
    default:
      return text
  }
}

/** The text of a key, which need not be text itself: `n:` is `"false":`. Undefined where Kubernetes refuses it. */
export function keyOf(value: ScalarValue): string | undefined {
  if (typeof value === 'bigint') return isSigned(value) ? String(value) : undefined
  if (typeof value === 'number') return singlePrecision(value)
  return value === null ? undefined : String(value)
}

/** Base64 as Kubernetes knows it, line breaks allowed; undefined where it is none. */
export function decodeBase64(text: string): Buffer | undefined {
  const packed = text.replaceAll(/[\r\n]/g, '')
  const isBase64 = packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed)
  return isBase64 ? Buffer.from(packed, 'base64') : undefined
}

/** Bytes that are no text have no place in JSON. */
function textIn(bytes: Buffer | undefined): string | undefined {
  const text = bytes?.toString('utf8')
  return text !== undefined && bytes?.equals(Buffer.from(text)) ? text : undefined
}

const standardTags = 'tag:yaml.org,2002:'

const words: ReadonlyMap<string, null | boolean | number> = new Map<string, null | boolean | number>([
  ...spelled(null, ['', '~', 'null', 'Null', 'NULL']),
  ...spelled(true, ['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']),
  ...spelled(false, ['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']),
  ...spelled(Number.NaN, ['.nan', '.NaN', '.NAN']),
  ...spelled(Number.POSITIVE_INFINITY, ['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF']),
  ...spelled(Number.NEGATIVE_INFINITY, ['-.inf', '-.Inf', '-.INF']),
])

function spelled<T>(value: T, texts: readonly string[]): readonly (readonly [string, T])[] {
  return texts.map((text) => [text, value])
}

const afterDot = /^\.\d(?:_?\d)*(?:[eE][-+]?\d(?:_?\d)*)?$/
const decimal = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/
const wholes: readonly (readonly [form: RegExp, prefix: string])[] = [
  [/^([-+]?)0[xX]([\da-fA-F]+)$/, '0x'],
  [/^([-+]?)0[oO]?([0-7]+)$/, '0o'],
  [/^([-+]?)0[bB]([01]+)$/, '0b'],
  // The sign may even stand behind the prefix.
  [/^0b([-+])([01]+)$/, '0b'],
  [/^([-+]?)(0|[1-9]\d*)$/, ''],
]

function numberIn(text: string): bigint | number | undefined {
  if (text.startsWith('.')) return afterDot.test(text) ? finite(text.replaceAll('_', '')) : undefined
  if (!/^[-+\d]/.test(text)) return undefined
  const digits = text.replaceAll('_', '')
  return wholeIn(digits) ?? (decimal.test(digits) ? finite(digits) : undefined)
}

function wholeIn(digits: string): bigint | undefined {
  // Nothing that fits is longer, and reading a million digits takes minutes.
  if (digits.length > 70) return undefined
  for (const [form, prefix] of wholes) {
    const [, sign, magnitude] = form.exec(digits) ?? []
    if (magnitude === undefined) continue
    const value = BigInt(`${prefix}${magnitude}`) * (sign === '-' ? -1n : 1n)
    if (isSigned(value) || (sign === '' && value < 2n ** 64n)) return value
  }
  return undefined
}

function isSigned(value: bigint): boolean {
  return value >= -(2n ** 63n) && value < 2n ** 63n
}

/** What no double can hold is text. */
function finite(digits: string): number | undefined {
  const value = Number(digits)
  return Number.isFinite(value) ? value : undefined
}

/** As few digits as name the same number of 32 bits, with an exponent from a million on: `1.10` is `1.1`. */
function singlePrecision(value: number): string {
  const single = Math.fround(value)
  if (Number.isNaN(single)) return '.nan'
  if (!Number.isFinite(single)) return single > 0 ? '.inf' : '-.inf'
  if (single === 0) return Object.is(single, -0) ? '-0' : '0'
  const digits = [0, 1, 2, 3, 4, 5, 6, 7].find((count) => Math.fround(Number(single.toExponential(count))) === single)
  const shortest = single.toExponential(digits ?? 8)
  const [mantissa = '', exponent = ''] = shortest.split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(Number(shortest))
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}
