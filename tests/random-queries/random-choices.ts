/** A row of choices: what a seed gives, or what is left of it while a failing query is made smaller. */

export interface Choices {
  /** An integer from 0 up to, not including, `count`. By convention 0 is the simplest choice. */
  below(count: number): number
  /** True in `percent` of 100 cases; false is the simpler choice. */
  chance(percent: number): boolean
  /** One of the options; the first is the simplest. */
  pick<T>(options: readonly T[]): T
  /** What has been chosen so far: `listedChoices` of it gives the same again. */
  readonly taken: readonly number[]
}

/** Equal seeds give equal choices. The generator is mulberry32. */
export function seededChoices(seed: number): Choices {
  let state = (Math.imul(seed, 0x9e3779b1) + 0x6d2b79f5) >>> 0
  return choicesOf((count) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count)
  })
}

/** The choices of a list, and 0 after its end. */
export function listedChoices(list: readonly number[]): Choices {
  let at = 0
  return choicesOf((count) => (list[at++] ?? 0) % count)
}

function choicesOf(next: (count: number) => number): Choices {
  const taken: number[] = []
  const below = (count: number): number => {
    const chosen = next(count)
    taken.push(chosen)
    return chosen
  }
  return {
    taken,
    below,
    chance: (percent) => below(100) >= 100 - percent,
    pick: (options) => options[below(options.length)]!,
  }
}
