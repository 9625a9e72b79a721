export type Bell = {
  readonly ring: () => void
  /** Resolves at the next ring, at once if it rang since the last time, and after `withinMs` at the latest. */
  readonly rung: (withinMs: number) => Promise<void>
}

export function createBell(): Bell {
  let rang = false
  let awaken = () => {}
  return {
    ring() {
      rang = true
      awaken()
    },
    async rung(withinMs) {
      if (!rang) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, withinMs)
          awaken = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      rang = false
    },
  }
}
