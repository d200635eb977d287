/**
 * The bytes that a socket receives, put straight into the reader's buffers: the system writes them there,
 * without a buffer of their own for every 64 KiB. Nothing is received that nobody has asked for, but for
 * what fits the spare buffer and the system's own.
 */
import { connect, type Socket } from 'node:net'

export interface SocketBytesOptions {
  readonly host: string
  readonly port: number
  /** Silence, while bytes are awaited, after which the socket counts as broken. */
  readonly timeoutMs: number
}

/** Bytes that come when nobody's buffer is there to take them. */
const spareBytes = 64 * 1024

interface Wanted {
  readonly target: Buffer
  /** How many will do. */
  readonly least: number
  filled: number
  readonly resolve: (filled: number) => void
  readonly reject: (reason: Error) => void
}

export class SocketBytes {
  readonly #socket: Socket
  readonly #timeoutMs: number
  /** Received, not yet taken: in a spare buffer, but for what was given back. */
  readonly #unread: Buffer[] = []
  readonly #spares = [Buffer.allocUnsafeSlow(spareBytes), Buffer.allocUnsafeSlow(spareBytes)]
  #wanted: Wanted | undefined
  /** Where the next bytes go: the wanted target itself, or aside. */
  #next: Buffer = Buffer.alloc(0)
  #direct = false
  #ended: Error | undefined

  constructor({ host, port, timeoutMs }: SocketBytesOptions) {
    this.#timeoutMs = timeoutMs
    const onread = {
      buffer: () => this.#place(),
      callback: (bytes: number) => this.#take(bytes),
    }
    // The types know only a buffer; a function gives one for every read.
    this.#socket = connect({ host, port, noDelay: true, onread: onread as never })
    this.#socket.on('error', (error) => this.#end(error))
    for (const event of ['end', 'close'])
      this.#socket.on(event, () => this.#end(new Error('the connection has ended')))
    this.#socket.on('timeout', () => this.close(new Error(`silent for ${timeoutMs} ms`)))
  }

  write(text: string): void {
    this.#socket.write(text)
  }

  /**
   * Puts bytes into the target, at least so many; fewer only where the connection ends. One call at a time.
   * @throws Error why the connection has ended, when not a single byte was left
   */
  read(target: Buffer, least = target.length): Promise<number> {
    let filled = 0
    for (let chunk = this.#unread[0]; chunk !== undefined && filled < target.length;) {
      const taken = chunk.copy(target, filled)
      filled += taken
      if (taken < chunk.length) this.#unread[0] = chunk.subarray(taken)
      else this.#unread.shift()
      chunk = this.#unread[0]
    }
    if (filled >= least) return Promise.resolve(filled)
    if (this.#ended !== undefined) {
      return filled > 0 ? Promise.resolve(filled) : Promise.reject(this.#ended)
    }
    return new Promise((resolve, reject) => {
      this.#wanted = { target, least, filled, resolve, reject }
      this.#socket.setTimeout(this.#timeoutMs)
      this.#socket.resume()
    })
  }

  /** Bytes that were read and belong to the next reader. */
  unread(bytes: Buffer): void {
    if (bytes.length > 0) this.#unread.unshift(bytes)
  }

  /** Who waits hears the reason. */
  close(reason = new Error('the connection was closed')): void {
    this.#socket.destroy()
    this.#end(reason)
  }

  /** Called before each read. */
  #place(): Buffer {
    const rest = this.#wanted?.target.subarray(this.#wanted.filled)
    this.#direct = rest !== undefined && rest.length >= spareBytes
    this.#next = rest !== undefined && this.#direct ? rest : this.#freeSpare()
    return this.#next
  }

  /** What was put aside and not taken stays as it is. */
  #freeSpare(): Buffer {
    const free = this.#spares.find(({ buffer }) => this.#unread.every((chunk) => chunk.buffer !== buffer))
    return free ?? Buffer.allocUnsafeSlow(spareBytes)
  }

  /** Called after each read; `false` stops reading until somebody wants more. */
  #take(bytes: number): boolean {
    const wanted = this.#wanted
    const received = this.#next.subarray(0, bytes)
    if (wanted === undefined) {
      this.#unread.push(received)
      return false
    }
    const taken = this.#direct ? bytes : received.copy(wanted.target, wanted.filled)
    wanted.filled += taken
    if (taken < bytes) this.#unread.push(received.subarray(taken))
    if (wanted.filled < wanted.least) return true
    this.#settle()?.resolve(wanted.filled)
    return false
  }

  #end(reason: Error): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    const wanted = this.#settle()
    if (wanted === undefined) return
    if (wanted.filled > 0) wanted.resolve(wanted.filled)
    else wanted.reject(reason)
  }

  #settle(): Wanted | undefined {
    const wanted = this.#wanted
    this.#wanted = undefined
    this.#socket.setTimeout(0)
    return wanted
  }
}
