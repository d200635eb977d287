/** `CREATE …`: decides by the words before the name what is created. */
import { queryError } from '@arbalest/common'
import type {
  CreateExternalTableStatement, CreateMacroStatement, CreateSchemaStatement, CreateSequenceStatement,
  CreateTableStatement, CreateTypeStatement, CreateViewStatement,
} from '../statement.js'
import { readCreateExternalTable } from './create-external-table.js'
import { readCreateTable } from './create-table.js'
import { readCreateSchema } from './schema.js'
import { readCreateView } from './create-view.js'
import { readCreateMacro, readCreateType } from './definitions.js'
import { readCreateSequence } from './sequence.js'
import { isWord, type TokenCursor } from './token-cursor.js'

const readFiles = "CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '…' reads files"
const insteadOf: Readonly<Record<string, string>> = {
  UNBOUNDED: readFiles,
  TEMP: 'CREATE VIEW makes a view for everybody',
  TEMPORARY: 'CREATE VIEW makes a view for everybody',
  LOCAL: 'CREATE VIEW makes a view for everybody',
  GLOBAL: 'CREATE VIEW makes a view for everybody',
  MATERIALIZED: 'CREATE VIEW keeps the query',
  RECURSIVE: 'CREATE VIEW v AS WITH RECURSIVE … is there',
  DATABASE: 'CREATE SCHEMA makes a room of its own for tables',
  INDEX: 'files have statistics that are used as they are',
  UNIQUE: 'files have statistics that are used as they are',
}
/** What a session may have for itself. */
const temporaryObjects = ['TABLE', 'VIEW', 'MACRO', 'FUNCTION', 'TYPE', 'SEQUENCE']
const notAllowed: Readonly<Record<string, string>> = {
  SECRET: 'credentials belong to the processes, not to statements',
  PERSISTENT: 'credentials belong to the processes, not to statements',
  TRIGGER: 'tables are files',
}

type CreateStatement =
  | CreateExternalTableStatement
  | CreateTableStatement
  | CreateViewStatement
  | CreateSchemaStatement
  | CreateMacroStatement
  | CreateTypeStatement
  | CreateSequenceStatement

export function readCreate(
  cursor: TokenCursor,
): CreateStatement {
  cursor.expect('CREATE')
  const orReplace = cursor.accept('OR', 'REPLACE')
  if (cursor.accept('EXTERNAL', 'TABLE')) return readCreateExternalTable(cursor, { orReplace })
  const temporary = cursor.isAt('TEMP') || cursor.isAt('TEMPORARY')
  const { position } = cursor
  const isTemporary = temporary && temporaryObjects.some((word) => isWord(cursor.peek(1), word))
  if (isTemporary) cursor.take('TEMP')
  const options = { orReplace, temporary: isTemporary }
  if (cursor.accept('VIEW')) return readCreateView(cursor, options)
  if (cursor.accept('MACRO') || cursor.accept('FUNCTION')) return readCreateMacro(cursor, options)
  if (cursor.accept('TYPE')) return readCreateType(cursor, options)
  if (cursor.accept('SEQUENCE')) return readCreateSequence(cursor, options)
  if (cursor.accept('TABLE')) return readCreateTable(cursor, options)
  if (!orReplace && cursor.accept('SCHEMA')) return readCreateSchema(cursor)
  const word = cursor.peek()?.text.toUpperCase() ?? ''
  const reason = Object.hasOwn(notAllowed, word) ? notAllowed[word] : undefined
  if (reason) throw queryError('NOT_ALLOWED', { what: `CREATE ${word}`, reason }, { position })
  const instead = Object.hasOwn(insteadOf, word) ? insteadOf[word] : undefined
  if (instead) {
    const fields = { what: `CREATE ${word}`, instead }
    throw queryError('NOT_IN_THIS_VERSION', fields, { position })
  }
  throw cursor.failure(
    orReplace
      ? 'TABLE, EXTERNAL TABLE, VIEW, MACRO, TYPE or SEQUENCE'
      : 'TABLE, EXTERNAL TABLE, VIEW, MACRO, TYPE, SEQUENCE, SCHEMA or OR REPLACE')
}
