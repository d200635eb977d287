/** A gate that lets a bounded number of callers through at once, in the order of their arrival. */
import { unlessAborted } from './delay.js'

export class Gate {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(places: number) {
    this.#free = places
  }

  /** Runs `body` when there is a place. @throws the reason of `signal` when that aborts before. */
  async pass<T>(signal: AbortSignal, body: () => Promise<T>): Promise<T> {
    await this.#enter(signal)
    try {
      return await body()
    } finally {
      this.#leave()
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    let enter = (): void => undefined
    const turn = new Promise<void>((resolve) => {
      enter = resolve
    })
    this.#waiting.push(enter)
    try {
      await unlessAborted(turn, signal)
    } catch (reason) {
      const position = this.#waiting.indexOf(enter)
      if (position >= 0) this.#waiting.splice(position, 1)
      else this.#leave()
      throw reason
    }
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}
