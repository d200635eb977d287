/** Time as a port: cores get it inside events, drivers read it here. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number
  /** Calls back once after the delay; the result cancels. */
  after(delayMs: number, callback: () => void): () => void
}
