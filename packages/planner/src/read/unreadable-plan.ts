/** What the reader throws when a plan holds something it does not know: the query then runs whole. */
export class UnreadablePlan extends Error {
  override readonly name = 'UnreadablePlan'
  /** One short phrase for EXPLAIN, such as `operator LOGICAL_SAMPLE`. */
  readonly reason: string

  constructor(reason: string) {
    super(`the plan cannot be read: ${reason}`)
    this.reason = reason
  }
}

export function unreadable(reason: string): never {
  throw new UnreadablePlan(reason)
}
