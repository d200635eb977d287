/** A list of names in parentheses. */
import { queryError } from '@arbalest/common'
import type { TokenCursor } from './token-cursor.js'

/** @throws QueryError SYNTAX_ERROR where a name comes twice */
export function readNames(cursor: TokenCursor): readonly string[] {
  const names = new Map<string, string>()
  cursor.expectSymbol('(')
  do {
    const { position } = cursor
    const name = cursor.identifier('a column name')
    if (names.has(name.toLowerCase())) {
      throw queryError('SYNTAX_ERROR', { reason: `the column ${name} is given twice` }, { position })
    }
    names.set(name.toLowerCase(), name)
  } while (cursor.acceptSymbol(','))
  cursor.expectSymbol(')')
  return [...names.values()]
}
