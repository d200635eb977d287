/**
 * Blocks of memory that are used again and again: memory fresh from the system costs more than what is
 * read into it, and the garbage collector hears of none of it.
 */
import { limits } from '@arbalest/common'

export class BlockPool {
  readonly blockBytes = limits.shuffleBlockBytes
  readonly #free: Buffer[] = []
  #unmade: number

  /** `blocksMax`: blocks of `blockBytes` that there may be. */
  constructor(blocksMax: number) {
    this.#unmade = blocksMax
  }

  /** A block to be given back, or a small one when all are taken: nobody waits for another. */
  take(): Buffer {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#unmade === 0) return Buffer.allocUnsafeSlow(limits.shuffleSmallBlockBytes)
    this.#unmade -= 1
    return Buffer.allocUnsafeSlow(this.blockBytes)
  }

  /** Only once nothing reads or writes the block any more. */
  give(block: Buffer): void {
    if (block.length === this.blockBytes) this.#free.push(block)
  }
}
