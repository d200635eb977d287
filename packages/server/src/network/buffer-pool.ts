/**
 * Buffers for the bodies of messages, used again when a message has been sent: new ones for every message
 * would make the garbage collector run for every few megabytes.
 */

/** Smaller bodies are not worth keeping. */
const pooledBytesMin = 64 * 1024
/** Larger ones are rare: keeping their buffers would only hold memory. */
const pooledBytesMax = 8 * 1024 * 1024
/** Sizes are rounded up to multiples, for no two batches are alike. */
const granularity = 256 * 1024
/** On their way at once are one that is read and two that are sent. */
const keptMax = 4

export class BufferPool {
  readonly #free: Buffer[] = []

  /** A buffer of that size with any content. */
  take(bytes: number): Buffer {
    if (bytes < pooledBytesMin || bytes > pooledBytesMax) return Buffer.allocUnsafe(bytes)
    const at = this.#free.findIndex(({ length }) => length >= bytes && length <= 4 * bytes)
    const [found] = at < 0 ? [] : this.#free.splice(at, 1)
    const whole = found ?? Buffer.allocUnsafeSlow(Math.ceil(bytes / granularity) * granularity)
    return whole.subarray(0, bytes)
  }

  /** A buffer that was taken and that nobody reads any more. */
  give(taken: Buffer): void {
    if (taken.length < pooledBytesMin || taken.length > pooledBytesMax) return
    this.#free.push(Buffer.from(taken.buffer))
    if (this.#free.length > keptMax) this.#free.shift()
  }
}
