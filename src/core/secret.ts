import { inspect } from 'node:util'

const mask = '•••'

/** A value that must not reach a log, an error or a comment. Only `reveal()` gives it, so each use can be searched for. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return mask
  }

  toJSON(): string {
    return mask
  }

  [inspect.custom](): string {
    return mask
  }
}
