/** `SHOW TABLES`, `SHOW SCHEMAS`, `SHOW COLUMNS FROM t`, `SHOW ALL`, `SHOW setting`. */
import { queryError } from '@arbalest/common'
import type { ShowStatement } from '../statement.js'
import { readSettingName } from './set.js'
import type { TokenCursor } from './token-cursor.js'

const insteadOf: Readonly<Record<string, string>> = {
  FUNCTIONS: "the functions are DuckDB's; its documentation lists them",
  DATABASES: 'SHOW TABLES lists what can be queried',
  VIEWS: 'SHOW TABLES lists views too',
  CREATE: 'DESCRIBE shows the columns of a table',
  VARIABLES: 'SHOW ALL lists the settings',
  SECRETS: 'credentials belong to the processes, not to sessions',
}

export function readShow(cursor: TokenCursor): ShowStatement {
  cursor.expect('SHOW')
  const statement = readShown(cursor)
  cursor.end()
  return statement
}

function readShown(cursor: TokenCursor): ShowStatement {
  if (cursor.accept('TABLES') || cursor.accept('ALL', 'TABLES')) return readShowTables(cursor)
  if (cursor.accept('COLUMNS')) {
    if (!cursor.accept('FROM') && !cursor.accept('IN')) throw cursor.failure('FROM or IN')
    return { kind: 'show-columns', name: cursor.objectName('the name of a table') }
  }
  if (cursor.accept('SCHEMAS')) return { kind: 'show-schemas' }
  if (cursor.accept('ALL')) return { kind: 'show-all' }
  const word = cursor.peek()?.text.toUpperCase() ?? ''
  const instead = Object.hasOwn(insteadOf, word) ? insteadOf[word] : undefined
  if (instead !== undefined) {
    const fields = { what: `SHOW ${word}`, instead }
    throw queryError('NOT_IN_THIS_VERSION', fields, { position: cursor.position })
  }
  const name = readSettingName(cursor, 'TABLES, COLUMNS, ALL or the name of a setting')
  return { kind: 'show-setting', name }
}

function readShowTables(cursor: TokenCursor): ShowStatement {
  if (cursor.isAt('LIKE')) {
    const fields = { what: 'SHOW TABLES LIKE', instead: 'information_schema.tables can be filtered' }
    throw queryError('NOT_IN_THIS_VERSION', fields, { position: cursor.position })
  }
  if (!cursor.accept('FROM') && !cursor.accept('IN')) return { kind: 'show-tables', schema: undefined }
  const name = cursor.objectName('the name of a schema')
  return { kind: 'show-tables', schema: name.at(-1) }
}
