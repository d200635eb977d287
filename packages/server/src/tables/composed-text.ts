/** A text put together of pieces of a statement, and where its errors are in that statement. */
import { QueryError } from '@arbalest/common'
import type { TextPiece } from '@arbalest/planner'
import { movedBy, withoutPlace } from '../statements/error-place.js'

export interface ComposedText {
  readonly sql: string
  /** The error of this text as one of the statement. */
  placed(thrown: unknown): unknown
}

/** Strings are ours, pieces are the user's. */
export function compose(...parts: readonly (string | TextPiece)[]): ComposedText {
  const pieces: { readonly at: number; readonly piece: TextPiece }[] = []
  let sql = ''
  for (const part of parts) {
    if (typeof part !== 'string') pieces.push({ at: sql.length, piece: part })
    sql += typeof part === 'string' ? part : part.sql
  }
  return {
    sql,
    placed(thrown) {
      if (!(thrown instanceof QueryError) || thrown.position === undefined) return thrown
      const { position } = thrown
      const found = pieces.find(({ at, piece }) => at <= position && position <= at + piece.sql.length)
      return found === undefined ? withoutPlace(thrown) : movedBy(found.piece.sqlStart - found.at, thrown)
    },
  }
}
