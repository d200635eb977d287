/** `CREATE MACRO`, `CREATE TYPE`, and how they are dropped. */
import { queryError } from '@arbalest/common'
import type {
  CreateMacroStatement, CreateTypeStatement, DropDefinitionStatement, MacroDefinition, MacroParameter,
} from '../statement.js'
import { readPiece } from './clauses.js'
import { readIfNotExists } from './create-view.js'
import { isAtQuery } from './query.js'
import type { TokenCursor } from './token-cursor.js'

export interface CreateOptions {
  readonly orReplace: boolean
  readonly temporary: boolean
}

/** `[IF NOT EXISTS] name (parameters) AS [TABLE] body, …`; the cursor stands after `MACRO` or `FUNCTION`. */
export function readCreateMacro(cursor: TokenCursor, options: CreateOptions): CreateMacroStatement {
  const ifNotExists = readIfNotExists(cursor, options)
  const name = cursor.objectName('the name of the macro')
  const sqlStart = cursor.position
  const definitions: MacroDefinition[] = []
  do definitions.push(readDefinition(cursor))
  while (cursor.acceptSymbol(','))
  cursor.end()
  const sql = cursor.text.slice(sqlStart)
  return { kind: 'create-macro', name, ifNotExists, ...options, definitions, sql, sqlStart }
}

function readDefinition(cursor: TokenCursor): MacroDefinition {
  const parameters: MacroParameter[] = []
  cursor.expectSymbol('(')
  if (!cursor.acceptSymbol(')')) {
    do parameters.push(readParameter(cursor))
    while (cursor.acceptSymbol(','))
    cursor.expectSymbol(')')
  }
  cursor.expect('AS')
  if (!cursor.accept('TABLE')) {
    const { sql: body, sqlStart } = readPiece(cursor, 'an expression', (at) => at.isAtSymbol(','))
    return { parameters, isTable: false, body, bodyStart: sqlStart }
  }
  if (!isAtQuery(cursor)) throw cursor.failure('a query')
  // Only a query in parentheses may have another definition after it.
  const isAlone = !cursor.isAtSymbol('(')
  const { sql: body, sqlStart } = readPiece(cursor, 'a query', (at) => !isAlone && at.isAtSymbol(','))
  return { parameters, isTable: true, body, bodyStart: sqlStart }
}

/** `name [type] [:= value]`. */
function readParameter(cursor: TokenCursor): MacroParameter {
  const name = cursor.identifier('the name of a parameter')
  const isAtDefault = (at: TokenCursor): boolean => at.isAtSymbol(':') || at.isAtSymbol('=') || at.isAt('DEFAULT')
  const isEnd = cursor.isAtSymbol(',') || cursor.isAtSymbol(')') || isAtDefault(cursor)
  const type = isEnd ? undefined : readPiece(cursor, 'a type', (at) => at.isAtSymbol(',') || isAtDefault(at)).sql
  if (!isAtDefault(cursor)) return { name, type, defaultValue: undefined }
  if (!cursor.accept('DEFAULT')) {
    cursor.acceptSymbol(':')
    cursor.expectSymbol('=')
    cursor.acceptSymbol('>')
  }
  return { name, type, defaultValue: readPiece(cursor, 'a value', (at) => at.isAtSymbol(',')).sql }
}

/** What refuses a type that has no values. */
const emptyEnum = { what: 'an ENUM without values', instead: 'name at least one' } as const

/** `[IF NOT EXISTS] name AS type`; the cursor stands after `TYPE`. */
export function readCreateType(cursor: TokenCursor, options: CreateOptions): CreateTypeStatement {
  const ifNotExists = readIfNotExists(cursor, options)
  const name = cursor.objectName('the name of the type')
  cursor.expect('AS')
  const head = { kind: 'create-type', name, ifNotExists, ...options } as const
  const isEnum = cursor.isAt('ENUM') && cursor.peek(1)?.text === '('
  const word = cursor.peek(2)?.text.toUpperCase() ?? ''
  if (isEnum && ['SELECT', 'FROM', 'WITH', 'VALUES', 'TABLE', '('].includes(word)) {
    cursor.expect('ENUM')
    cursor.expectSymbol('(')
    const query = readPiece(cursor, 'a query', () => false)
    cursor.expectSymbol(')')
    cursor.end()
    return { ...head, isQuery: true, ...query }
  }
  if (isEnum && word === ')') throw queryError('NOT_IN_THIS_VERSION', emptyEnum, { position: cursor.position })
  const type = readPiece(cursor, 'a type', (at) => at.isAtSymbol(','))
  cursor.end()
  return { ...head, isQuery: false, ...type }
}

/** `[TABLE] [IF EXISTS] name [RESTRICT | CASCADE]`; the cursor stands after `MACRO`, …, `SEQUENCE`. */
export function readDropDefinition(
  cursor: TokenCursor,
  object: DropDefinitionStatement['object'],
): DropDefinitionStatement {
  const isTable = object === 'macro' && cursor.accept('TABLE') ? true : undefined
  const ifExists = cursor.accept('IF', 'EXISTS')
  const name = cursor.objectName(`the name of the ${object}`)
  const cascade = cursor.accept('CASCADE')
  if (!cascade) cursor.accept('RESTRICT')
  cursor.end()
  return { kind: 'drop-definition', object, isTable, name, ifExists, cascade }
}
