/** `DROP TABLE|VIEW [IF EXISTS] name [RESTRICT]`, `DROP SCHEMA|MACRO|TYPE|SEQUENCE …`. */
import { queryError } from '@arbalest/common'
import type { DropDefinitionStatement, DropSchemaStatement, DropStatement } from '../statement.js'
import { readDropDefinition } from './definitions.js'
import { readDropSchema } from './schema.js'
import type { TokenCursor } from './token-cursor.js'

export function readDrop(cursor: TokenCursor): DropStatement | DropSchemaStatement | DropDefinitionStatement {
  cursor.expect('DROP')
  if (cursor.accept('SCHEMA')) return readDropSchema(cursor)
  if (cursor.accept('MACRO') || cursor.accept('FUNCTION')) return readDropDefinition(cursor, 'macro')
  if (cursor.accept('TYPE')) return readDropDefinition(cursor, 'type')
  if (cursor.accept('SEQUENCE')) return readDropDefinition(cursor, 'sequence')
  const object = readObject(cursor)
  const ifExists = cursor.accept('IF', 'EXISTS')
  const name = cursor.objectName(`the name of the ${object}`)
  if (cursor.isAt('CASCADE')) {
    const fields = { what: 'DROP … CASCADE', instead: 'drop what depends on it first' }
    throw queryError('NOT_IN_THIS_VERSION', fields, { position: cursor.position })
  }
  cursor.accept('RESTRICT')
  cursor.end()
  return { kind: 'drop', object, name, ifExists }
}

function readObject(cursor: TokenCursor): DropStatement['object'] {
  if (cursor.accept('TABLE') || cursor.accept('EXTERNAL', 'TABLE')) return 'table'
  if (cursor.accept('VIEW')) return 'view'
  const token = cursor.peek()
  if (token?.kind !== 'word') throw cursor.failure('TABLE, VIEW, MACRO, TYPE, SEQUENCE or SCHEMA')
  const what = `DROP ${token.text.toUpperCase()}`
  const instead = 'DROP TABLE, VIEW, MACRO, TYPE, SEQUENCE and SCHEMA are there'
  throw queryError('NOT_IN_THIS_VERSION', { what, instead }, { position: token.start })
}
