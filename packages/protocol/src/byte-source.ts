/** Bytes of a transfer, taken in the amounts that a reader asks for and put where it wants them. */

export interface ByteSource {
  /** Fills the target; answers with how much of it, which is less only where the source ends. */
  fill(target: Buffer): Promise<number>
  /** Lets go of the source. */
  close(): Promise<void>
}

/** Bytes that come in pieces of any size. */
export function chunkSource(chunks: AsyncIterable<Uint8Array>): ByteSource {
  const source = chunks[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array(0)
  return {
    async fill(target) {
      let filled = 0
      while (filled < target.length) {
        const taken = rest.subarray(0, target.length - filled)
        target.set(taken, filled)
        rest = rest.subarray(taken.length)
        filled += taken.length
        if (filled === target.length) break
        const next = await source.next()
        if (next.done === true) break
        rest = next.value
      }
      return filled
    },
    async close() {
      await source.return?.()
    },
  }
}
