/** `ALTER TABLE [IF EXISTS] name …`: columns and names. */
import { queryError } from '@arbalest/common'
import type { AlterTableStatement, TableChange } from '../statement.js'
import { readPiece } from './clauses.js'
import { readColumn } from './create-table.js'
import type { TokenCursor } from './token-cursor.js'

export function readAlter(cursor: TokenCursor): AlterTableStatement {
  cursor.expect('ALTER')
  if (!cursor.isAt('TABLE')) {
    const what = `ALTER ${cursor.peek()?.text.toUpperCase() ?? ''}`
    const fields = { what, instead: 'drop it and create it again' }
    throw queryError('NOT_IN_THIS_VERSION', fields, { position: cursor.position })
  }
  cursor.expect('TABLE')
  const ifExists = cursor.accept('IF', 'EXISTS')
  const name = cursor.objectName('the name of the table')
  const change = readChange(cursor)
  cursor.end()
  return { kind: 'alter-table', name, ifExists, change }
}

function readChange(cursor: TokenCursor): TableChange {
  if (cursor.accept('RENAME')) return readRename(cursor)
  if (cursor.accept('ADD')) {
    refuseKeys(cursor)
    cursor.accept('COLUMN')
    const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS')
    const { position } = cursor
    const { column, checks } = readColumn(cursor)
    if (checks.length > 0 || column.type === undefined) {
      const reason = checks.length > 0 ? 'a column is added without a CHECK' : 'a column that is added has a type'
      throw queryError('SYNTAX_ERROR', { reason }, { position })
    }
    return { kind: 'add-column', column, ifNotExists }
  }
  if (cursor.accept('DROP')) {
    cursor.accept('COLUMN')
    const ifExists = cursor.accept('IF', 'EXISTS')
    const column = cursor.identifier('a column name')
    if (!cursor.accept('CASCADE')) cursor.accept('RESTRICT')
    return { kind: 'drop-column', column, ifExists }
  }
  cursor.expect('ALTER')
  cursor.accept('COLUMN')
  return readColumnChange(cursor, cursor.identifier('a column name'))
}

function readRename(cursor: TokenCursor): TableChange {
  if (cursor.accept('TO')) return { kind: 'rename-table', to: cursor.identifier('the new name') }
  cursor.accept('COLUMN')
  const column = cursor.identifier('a column name')
  cursor.expect('TO')
  return { kind: 'rename-column', column, to: cursor.identifier('the new name') }
}

function readColumnChange(cursor: TokenCursor, column: string): TableChange {
  if (cursor.accept('SET', 'NOT', 'NULL')) return { kind: 'set-not-null', column, notNull: true }
  if (cursor.accept('DROP', 'NOT', 'NULL')) return { kind: 'set-not-null', column, notNull: false }
  if (cursor.accept('SET', 'DEFAULT')) {
    return { kind: 'set-default', column, value: readPiece(cursor, 'a value', () => false) }
  }
  if (cursor.accept('DROP', 'DEFAULT')) return { kind: 'set-default', column, value: undefined }
  if (!cursor.accept('SET', 'DATA')) cursor.accept('SET')
  cursor.expect('TYPE')
  const type = readPiece(cursor, 'a type', (at) => at.isAt('USING'))
  const using = cursor.accept('USING') ? readPiece(cursor, 'a value', () => false) : undefined
  return { kind: 'set-type', column, type, using }
}

function refuseKeys(cursor: TokenCursor): void {
  const word = ['PRIMARY', 'UNIQUE', 'FOREIGN', 'CHECK', 'CONSTRAINT'].find((candidate) => cursor.isAt(candidate))
  const next = cursor.peek(1)
  // Any of the words may be the name of a column.
  if (word === undefined || (next?.text !== '(' && next?.text.toUpperCase() !== 'KEY' && word !== 'CONSTRAINT')) return
  const fields = { what: `ADD ${word}`, instead: 'create the table with its constraints' }
  throw queryError('NOT_IN_THIS_VERSION', fields, { position: cursor.position })
}
