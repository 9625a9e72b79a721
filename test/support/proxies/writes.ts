/** One request that changes something, and which side of its effect we are on. */
export type WriteSeen = {
  /** From 1, in the order in which they began. */
  readonly n: number
  /** `PATCH configmaps`, `synced`: the same from run to run. */
  readonly what: string
  readonly phase: 'before' | 'after'
}

/** Throws to let the write fail: who sent it is gone before it had an effect. */
export type WriteWatcher = (seen: WriteSeen) => Promise<void>

/** Writes of several proxies, counted together. */
export type WriteCounter = {
  watch(watcher: WriteWatcher): void
  /** Runs `effect` between both phases. */
  around<T>(what: string, effect: () => Promise<T>): Promise<T>
}

export function countWrites(): WriteCounter {
  let watcher: WriteWatcher = async () => {}
  let begun = 0
  return {
    watch(next) {
      watcher = next
    },
    async around(what, effect) {
      begun += 1
      const n = begun
      await watcher({ n, what, phase: 'before' })
      const result = await effect()
      await watcher({ n, what, phase: 'after' })
      return result
    },
  }
}
