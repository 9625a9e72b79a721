/** Lets a few through at a time; how few depends on how those before fared. */
export type Gate = {
  readonly run: <T>(work: () => Promise<T>) => Promise<T>
  readonly width: () => number
}

type GateOptions = { readonly most: number; readonly overloaded: (error: unknown) => boolean }

/** Half as many when the other side is overloaded, one more after each round that went well. */
export function createGate({ most, overloaded }: GateOptions): Gate {
  let width = most
  let cuts = 0
  let running = 0
  const waiting: (() => void)[] = []

  function admit(): void {
    while (running < Math.floor(width) && waiting.length > 0) {
      running += 1
      waiting.shift()?.()
    }
  }
  async function entered(): Promise<void> {
    const turn = Promise.withResolvers<void>()
    waiting.push(turn.resolve)
    admit()
    await turn.promise
  }
  async function watched<T>(work: () => Promise<T>): Promise<T> {
    const cutsBefore = cuts
    try {
      const result = await work()
      width = widened(width, most)
      return result
    } catch (error) {
      // What started before the last cut tells of the load before it, and sixteen failures at once are one.
      if (overloaded(error) && cuts === cutsBefore) {
        width = narrowed(width)
        cuts += 1
      }
      throw error
    }
  }
  return {
    width: () => Math.floor(width),
    run: async (work) => {
      await entered()
      try {
        return await watched(work)
      } finally {
        running -= 1
        admit()
      }
    },
  }
}

export function widened(width: number, most: number): number {
  return Math.min(most, width + 1 / width)
}

export function narrowed(width: number): number {
  return Math.max(1, width / 2)
}
