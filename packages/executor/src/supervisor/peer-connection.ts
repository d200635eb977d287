/**
 * A connection to a shuffle server that asks for one file after the other. What comes is read where its
 * caller wants it: `node:http` hands out fresh buffers of 64 KiB, and these cost more than the transfer.
 */
import { connect, type Socket } from 'node:net'
import { assert, limits } from '@arbalest/common'
import { parseAnswerHead, type AnswerHead } from './answer-head.js'

const emptyLine = '\r\n\r\n'
const noBytes = Buffer.alloc(0)

/** A block that waits for bytes. */
interface Filling {
  readonly block: Buffer
  filled: number
  readonly resolve: (bytes: number) => void
  readonly reject: (reason: Error) => void
}

interface Question {
  readonly resolve: (head: AnswerHead) => void
  readonly reject: (reason: Error) => void
}

export interface PeerAddress {
  readonly host: string
  readonly port: number
}

/**
 * ```
 * idle --ask--> head --its end--> body --all bytes given--> idle
 *   any --broken, silent, destroyed--> closed
 * ```
 */
export class PeerConnection {
  readonly #socket: Socket
  readonly #silenceMs: number
  /** Heads come here, and what comes while the socket has not been told of a waiting block. */
  readonly #own = Buffer.allocUnsafeSlow(limits.shuffleHeaderBytesMax)
  #state: 'idle' | 'head' | 'body' | 'closed' = 'idle'
  #failure: Error | undefined
  #isStale = false
  #question: Question | undefined
  #headBytes = 0
  #keepsOpen = false
  /** The part of `own` that came behind the head and is in no block yet. */
  #held: Buffer = noBytes
  /** Bytes of the body that are in no block yet, those held among them. */
  #missing = 0
  readonly #fillings: Filling[] = []

  /** `silenceMs`: silence of the peer after which it has failed. */
  constructor({ host, port }: PeerAddress, silenceMs: number) {
    this.#silenceMs = silenceMs
    const callback = (bytes: number, read: Uint8Array): boolean =>
      this.#onBytes(Buffer.from(read.buffer, read.byteOffset, bytes))
    const onread = { buffer: () => this.#target(), callback }
    this.#socket = connect({ host, port, noDelay: true, onread })
    this.#socket.on('timeout', () => this.#onSilence())
    this.#socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#left(error.message === '' ? new Error(error.code ?? 'it cannot be reached') : error))
    this.#socket.on('end', () => this.#left(new Error('it closed the connection')))
    this.#socket.on('close', () => this.#left(new Error('the connection is closed')))
  }

  get isIdle(): boolean {
    return this.#state === 'idle'
  }

  /** The peer left before it said anything about the last request: it may have left before that came. */
  get isStale(): boolean {
    return this.#isStale
  }

  /** Sends the head of a request. @throws Error when the peer is silent, leaves or does not speak HTTP */
  ask(head: string): Promise<AnswerHead> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      assert(this.#state === 'idle', 'a connection is asked one thing at a time')
      this.#state = 'head'
      this.#headBytes = 0
      this.#question = { resolve, reject }
      this.#socket.ref()
      this.#socket.setTimeout(this.#silenceMs)
      this.#socket.write(head, 'latin1')
    })
  }

  /**
   * The number of bytes of the body that have come into `block`: less than it holds only where the body
   * ends or breaks, 0 behind its end. Several blocks may wait; they are filled in the order of the calls.
   * @throws Error when the peer is silent or leaves, once what came before has been given
   */
  fill(block: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#missing === 0) return resolve(0)
      this.#fillings.push({ block, filled: 0, resolve, reject })
      if (this.#held.length > 0) this.#give(this.#held)
      if (this.#failure !== undefined) this.#dismiss(this.#failure)
      else if (this.#fillings.length > 0) this.#resume()
    })
  }

  destroy(reason: Error = new Error('the connection is closed')): void {
    if (this.#failure !== undefined) return
    this.#failure = reason
    this.#state = 'closed'
    this.#socket.destroy()
    this.#question?.reject(reason)
    this.#question = undefined
    this.#dismiss(reason)
  }

  /** Where the next bytes go; asked for after each read. */
  #target(): Buffer {
    if (this.#state === 'head') return this.#own.subarray(this.#headBytes)
    const [filling] = this.#fillings
    if (filling === undefined) return this.#own
    const { block, filled } = filling
    return block.subarray(filled, Math.min(block.length, filled + this.#missing))
  }

  /** Always true: a pause is told to the socket, which still asks for the next target then. */
  #onBytes(bytes: Buffer): boolean {
    if (this.#state === 'head') this.#onHead(bytes.length)
    else if (this.#fillings.length > 0 && bytes.length <= this.#missing) this.#give(bytes)
    else this.destroy(tooMuch())
    return true
  }

  #onHead(bytes: number): void {
    const searched = Math.max(0, this.#headBytes - emptyLine.length)
    this.#headBytes += bytes
    const read = this.#own.subarray(0, this.#headBytes)
    const end = read.indexOf(emptyLine, searched, 'latin1')
    if (end < 0) {
      if (read.length === this.#own.length) this.destroy(new Error('its answer has too long a head'))
      return
    }
    const head = parseAnswerHead(read.toString('latin1', 0, end))
    if (head === undefined) return this.destroy(new Error('it does not speak HTTP'))
    const behind = read.subarray(end + emptyLine.length)
    const isMeasured = head.contentLength !== undefined
    this.#missing = head.contentLength ?? 0
    if (isMeasured && behind.length > this.#missing) return this.destroy(tooMuch())
    this.#held = isMeasured ? behind : noBytes
    this.#keepsOpen = head.keepsOpen && isMeasured
    this.#state = 'body'
    this.#question?.resolve(head)
    this.#question = undefined
    if (this.#missing === 0) this.#endBody()
    else if (this.#missing > this.#held.length) this.#socket.pause()
  }

  /** Moves bytes into the blocks that wait, unless they are there already; holds what no block takes. */
  #give(bytes: Buffer): void {
    let given = 0
    for (;;) {
      const [filling] = this.#fillings
      if (filling === undefined || given === bytes.length) break
      const { block, filled } = filling
      const some = bytes.subarray(given, given + block.length - filled)
      if (some.buffer !== block.buffer) block.set(some, filled)
      given += some.length
      filling.filled += some.length
      this.#missing -= some.length
      if (filling.filled < block.length && this.#missing > 0) break
      this.#fillings.shift()
      filling.resolve(filling.filled)
    }
    this.#held = bytes.subarray(given)
    if (this.#missing === 0) this.#endBody()
    else if (this.#fillings.length === 0 && this.#failure === undefined) this.#socket.pause()
  }

  #endBody(): void {
    for (const { resolve } of this.#fillings.splice(0)) resolve(0)
    if (this.#state !== 'body') return
    if (!this.#keepsOpen) return this.destroy()
    this.#state = 'idle'
    this.#socket.unref()
    this.#socket.setTimeout(limits.shuffleConnectionKeptMs)
  }

  /** Silence counts from here on: the pause was ours. */
  #resume(): void {
    if (!this.#socket.isPaused()) return
    this.#socket.setTimeout(this.#silenceMs)
    this.#socket.resume()
  }

  #onSilence(): void {
    if (this.#state === 'body' && this.#fillings.length === 0) return
    this.destroy(new Error(`silent for ${this.#silenceMs} ms`))
  }

  #left(reason: Error): void {
    if (this.#failure !== undefined) return
    this.#isStale = this.#state === 'head' && this.#headBytes === 0
    this.destroy(reason)
  }

  #dismiss(reason: Error): void {
    for (const { filled, resolve, reject } of this.#fillings.splice(0)) {
      if (filled > 0) resolve(filled)
      else reject(reason)
    }
  }
}

const tooMuch = (): Error => new Error('it sends more than it announced')
