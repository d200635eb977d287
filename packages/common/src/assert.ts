/** Assertions: for what cannot happen. They stop the job or the process and are never caught as user errors. */

/** A broken invariant of our own code. */
export class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed'
}

/** Stops when `condition` is false; `reason` says which law was broken. */
export function assert(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new AssertionFailed(reason)
}

/** Closes a `switch` over a union: a kind that was forgotten does not compile. */
export function assertNever(value: never): never {
  throw new AssertionFailed(`unexpected kind: ${JSON.stringify(value)}`)
}

/** The value, which must be there; `reason` says why it is. */
export function present<T>(value: T | undefined | null, reason: string): T {
  if (value === undefined || value === null) throw new AssertionFailed(reason)
  return value
}
