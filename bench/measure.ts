/** `3.2×`: how many times `base` goes into `value`. */
export function times(value: number, base: number): string {
  const ratio = value / base
  return `${ratio < 100 ? Number(ratio.toPrecision(2)) : Math.round(ratio)}×`
}

/** The smallest value that at least this share of all values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN
}

export async function timed<T>(work: () => T | Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const start = performance.now()
  const result = await work()
  return { ms: performance.now() - start, result }
}

/**
 * The median time of each: all take their turn in every round, so that what else the machine does hits them alike. The
 * first round only warms up.
 */
export function race<K extends string>(
  contestants: Readonly<Record<K, () => unknown>>,
  rounds: number,
): Record<K, number> {
  const names = Object.keys(contestants) as K[]
  const all = new Map<K, number[]>(names.map((name) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const start = performance.now()
      contestants[name]()
      if (round > 0) all.get(name)?.push(performance.now() - start)
    }
  }
  return Object.fromEntries([...all].map(([name, values]) => [name, quantile(values, 0.5)])) as Record<K, number>
}
