/** Connections to shuffle servers: those that nobody uses are kept for the next request. */
import type { AnswerHead } from './answer-head.js'
import { PeerConnection, type PeerAddress } from './peer-connection.js'

export interface Answered {
  readonly connection: PeerConnection
  readonly head: AnswerHead
}

export class PeerConnections {
  readonly #silenceMs: number
  readonly #idle = new Map<string, PeerConnection[]>()
  readonly #used = new Set<PeerConnection>()

  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs
  }

  /**
   * Asks on a kept connection, or on a new one. The connection belongs to the caller until `release`.
   * @throws Error when the peer gives no answer; the reason of `signal`
   */
  async ask(peer: PeerAddress, request: string, signal: AbortSignal): Promise<Answered> {
    for (;;) {
      signal.throwIfAborted()
      const kept = this.#takeIdle(peer)
      const connection = kept ?? new PeerConnection(peer, this.#silenceMs)
      this.#used.add(connection)
      try {
        return { connection, head: await this.#answerOf(connection, request, signal) }
      } catch (thrown) {
        this.release(peer, connection)
        // Closed while nobody used it: each kept connection is tried once at most.
        if (kept === undefined || !connection.isStale) throw thrown
      }
    }
  }

  /** Keeps the connection when its answer has been read to the end, and closes it otherwise. */
  release(peer: PeerAddress, connection: PeerConnection): void {
    if (!this.#used.delete(connection)) return
    if (!connection.isIdle) return connection.destroy()
    const kept = (this.#idle.get(keyOf(peer)) ?? []).filter(({ isIdle }) => isIdle)
    this.#idle.set(keyOf(peer), [...kept, connection])
  }

  close(): void {
    for (const connection of [...this.#used, ...[...this.#idle.values()].flat()]) connection.destroy()
    this.#used.clear()
    this.#idle.clear()
  }

  async #answerOf(connection: PeerConnection, request: string, signal: AbortSignal): Promise<AnswerHead> {
    const onAbort = (): void => connection.destroy(asError(signal.reason))
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await connection.ask(request)
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** The one used last: those used long ago may be closed any moment. */
  #takeIdle(peer: PeerAddress): PeerConnection | undefined {
    const kept = this.#idle.get(keyOf(peer)) ?? []
    for (let connection = kept.pop(); connection !== undefined; connection = kept.pop()) {
      if (connection.isIdle) return connection
    }
    this.#idle.delete(keyOf(peer))
    return undefined
  }
}

const keyOf = ({ host, port }: PeerAddress): string => `${host} ${port}`
const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)))
