/**
 * Where an error is, in the statement as the client sent it: 0-based, in UTF-16 units. A place in any
 * other text would point at the wrong word and is left out.
 */
import { QueryError } from '@arbalest/common'

/** The error of a text that begins at `start` of the statement. */
export const movedBy = (start: number, thrown: unknown): unknown =>
  start === 0 ? thrown : placed(thrown, (position) => position + start)

/** The error with its place in another text. */
export function placed(thrown: unknown, place: (position: number) => number): unknown {
  if (!(thrown instanceof QueryError) || thrown.position === undefined) return thrown
  return new QueryError({ ...thrown.toWire(), position: place(thrown.position) }, { cause: thrown.cause })
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
