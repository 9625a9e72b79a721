export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function indent(text: string): string {
  return `${text.replaceAll(/^/gm, '    ')}\n`
}

export type Told<T> = { readonly result: T; readonly look: readonly string[] }

/** Says what was done, how long it took, and where to look. */
export async function step<T>(sentence: string, work: () => Promise<Told<T>> | Told<T>): Promise<T> {
  const start = performance.now()
  const { result, look } = await work()
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  say(`● ${sentence}  (${seconds} s)`)
  for (const line of look) say(`    ${line}`)
  say('')
  return result
}
