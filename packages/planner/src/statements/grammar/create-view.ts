/** `CREATE [OR REPLACE] [TEMP] VIEW [IF NOT EXISTS] name [(columns)] AS query`. */
import type { CreateViewStatement } from '../statement.js'
import { readInnerQuery } from './query.js'
import type { TokenCursor } from './token-cursor.js'

/** The cursor stands after `VIEW`. */
export function readCreateView(
  cursor: TokenCursor,
  { orReplace, temporary }: { readonly orReplace: boolean; readonly temporary: boolean },
): CreateViewStatement {
  const ifNotExists = readIfNotExists(cursor, { orReplace })
  const name = cursor.objectName('the name of the view')
  const columns = cursor.isAtSymbol('(') ? readColumns(cursor) : undefined
  cursor.expect('AS')
  const query = readInnerQuery(cursor, 'CREATE VIEW')
  return { kind: 'create-view', name, orReplace, ifNotExists, temporary, columns, ...query }
}

/** `IF NOT EXISTS`, which contradicts `OR REPLACE`. */
export function readIfNotExists(
  cursor: TokenCursor,
  { orReplace }: { readonly orReplace: boolean },
): boolean {
  if (orReplace && cursor.isAt('IF', 'NOT', 'EXISTS')) {
    throw cursor.failure('either OR REPLACE or IF NOT EXISTS')
  }
  return cursor.accept('IF', 'NOT', 'EXISTS')
}

function readColumns(cursor: TokenCursor): readonly string[] {
  const columns: string[] = []
  cursor.expectSymbol('(')
  do columns.push(cursor.identifier('a column name'))
  while (cursor.acceptSymbol(','))
  cursor.expectSymbol(')')
  return columns
}
