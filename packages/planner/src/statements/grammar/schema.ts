/** `CREATE SCHEMA`, `DROP SCHEMA` and `USE`. */
import type { CreateSchemaStatement, DropSchemaStatement, ObjectName, UseStatement } from '../statement.js'
import type { TokenCursor } from './token-cursor.js'

/** `[IF NOT EXISTS] name`; the cursor stands after `SCHEMA`. */
export function readCreateSchema(cursor: TokenCursor): CreateSchemaStatement {
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS')
  return { kind: 'create-schema', ifNotExists, name: readSchemaName(cursor) }
}

/** `[IF EXISTS] name [CASCADE | RESTRICT]`; the cursor stands after `SCHEMA`. */
export function readDropSchema(cursor: TokenCursor): DropSchemaStatement {
  const ifExists = cursor.accept('IF', 'EXISTS')
  const name = readName(cursor)
  const cascade = cursor.accept('CASCADE')
  if (!cascade) cursor.accept('RESTRICT')
  cursor.end()
  return { kind: 'drop-schema', name, ifExists, cascade }
}

/** `USE schema`. */
export function readUse(cursor: TokenCursor): UseStatement {
  cursor.expect('USE')
  return { kind: 'use', name: readSchemaName(cursor) }
}

function readSchemaName(cursor: TokenCursor): ObjectName {
  const name = readName(cursor)
  cursor.end()
  return name
}

function readName(cursor: TokenCursor): ObjectName {
  const name = [cursor.identifier('the name of a schema')]
  if (cursor.acceptSymbol('.')) name.push(cursor.identifier('a name after the dot'))
  return name
}
