/**
 * Where an error is, in the statement as the client sent it: 0-based, in UTF-16 units. A place in any
 * other text would point at the wrong word and is left out.
 */
import { QueryError } from '@arbalest/common'

/** The error of a text that begins at `start` of the statement. */
export function movedBy(start: number, thrown: unknown): unknown {
  if (!(thrown instanceof QueryError) || thrown.position === undefined || start === 0) return thrown
  return new QueryError({ ...thrown.toWire(), position: thrown.position + start }, { cause: thrown.cause })
}

export function withoutPlace(thrown: unknown): unknown {
  if (!(thrown instanceof QueryError) || thrown.position === undefined) return thrown
  const { code, message, fields, jobId } = thrown.toWire()
  return new QueryError({ code, message, fields, ...(jobId === undefined ? {} : { jobId }) }, { cause: thrown.cause })
}

/** Work on `text` that the user wrote as `written`: only where they are equal an error has a place. */
export async function asIn<T>(written: string, text: string, work: Promise<T>): Promise<T> {
  if (written === text) return work
  return work.catch((thrown: unknown) => {
    throw withoutPlace(thrown)
  })
}
