/** Makes a failing row of choices smaller: pieces are left out, single choices become simpler. */

/**
 * `fails` tells whether a list still fails, and is asked at most `attemptsMax` times. The result fails too.
 * The way of Hypothesis: the generator is run again on the shortened list, so that every result is well formed.
 */
export async function shrinkChoices(
  choices: readonly number[],
  fails: (candidate: readonly number[]) => Promise<boolean>,
  attemptsMax: number,
): Promise<readonly number[]> {
  let best = choices
  let attempts = 0
  const accepts = async (candidate: readonly number[]): Promise<boolean> => {
    if (attempts >= attemptsMax) return false
    attempts++
    if (!(await fails(candidate))) return false
    best = candidate
    return true
  }
  for (let length = Math.ceil(best.length / 2); length >= 1 && attempts < attemptsMax; length = nextLength(length)) {
    for (let at = 0; at < best.length && attempts < attemptsMax; ) {
      const isGone = await accepts([...best.slice(0, at), ...best.slice(at + length)])
      const zeros = best.slice(at, at + length).map(() => 0)
      const isPlain = best.slice(at, at + length).every((choice) => choice === 0)
      if (isGone) continue
      if (!isPlain) await accepts([...best.slice(0, at), ...zeros, ...best.slice(at + length)])
      at += length
    }
  }
  return best
}

const nextLength = (length: number): number => (length === 1 ? 0 : Math.ceil(length / 2))
