/** At most `atOnce` at a time. None begins after one has thrown, or when `goesOn` says no; what runs is waited for. */
export async function inParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  { atOnce, goesOn }: { readonly atOnce: number; readonly goesOn: () => boolean },
): Promise<void> {
  const left = items[Symbol.iterator]()
  let failed = false
  async function worker(): Promise<void> {
    for (const item of left) {
      if (failed || !goesOn()) return
      try {
        await work(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}
