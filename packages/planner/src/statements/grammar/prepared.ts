/** `PREPARE name AS statement`, `EXECUTE name(values)`, `DEALLOCATE name`. */
import { queryError } from '@arbalest/common'
import type { DeallocateStatement, ExecuteArgument, ExecuteStatement, PrepareStatement } from '../statement.js'
import { isWord, type TokenCursor } from './token-cursor.js'

const expectedName = 'the name of a prepared statement'

export function readPrepare(cursor: TokenCursor): PrepareStatement {
  cursor.expect('PREPARE')
  const name = cursor.identifier(expectedName)
  if (cursor.isAtSymbol('(')) {
    const fields = { what: 'PREPARE with types', instead: 'write CAST($1 AS type) in the statement' }
    throw queryError('NOT_IN_THIS_VERSION', fields, { position: cursor.position })
  }
  cursor.expect('AS')
  const sqlStart = cursor.position
  if (cursor.peek() === undefined) throw cursor.failure('a statement')
  const nested = ['PREPARE', 'EXECUTE', 'DEALLOCATE'].find((word) => cursor.isAt(word))
  if (nested !== undefined) throw cursor.failure(`a statement other than ${nested}`)
  return { kind: 'prepare', name, sql: cursor.text.slice(sqlStart), sqlStart }
}

export function readExecute(cursor: TokenCursor): ExecuteStatement {
  cursor.expect('EXECUTE')
  const name = cursor.identifier(expectedName)
  const values: ExecuteArgument[] = []
  if (cursor.acceptSymbol('(') && !cursor.acceptSymbol(')')) {
    do values.push(readArgument(cursor))
    while (cursor.acceptSymbol(','))
    cursor.expectSymbol(')')
  }
  cursor.end()
  return { kind: 'execute', name, arguments: values }
}

export function readDeallocate(cursor: TokenCursor): DeallocateStatement {
  cursor.expect('DEALLOCATE')
  cursor.accept('PREPARE')
  const isAll = cursor.isAt('ALL')
  const name = cursor.identifier(expectedName)
  cursor.end()
  return { kind: 'deallocate', name: isAll ? undefined : name }
}

/** `name := value`, `name => value`, or a value. */
function readArgument(cursor: TokenCursor): ExecuteArgument {
  const [first, second, third] = [cursor.peek(), cursor.peek(1), cursor.peek(2)]
  const arrow = `${second?.text ?? ''}${third?.text ?? ''}`
  const isNamed = first?.kind === 'word' && (arrow === ':=' || arrow === '=>')
  const name = isNamed ? cursor.identifier('a name').toLowerCase() : undefined
  if (isNamed) for (const symbol of arrow) cursor.expectSymbol(symbol)
  const sqlStart = cursor.position
  let end = sqlStart
  let count = 0
  let depth = 0
  let isPlain = true
  for (let token = cursor.peek(); token !== undefined; token = cursor.peek()) {
    if (depth === 0 && token.kind === 'symbol' && ',)'.includes(token.text)) break
    if (token.kind === 'symbol' && '([{'.includes(token.text)) depth += 1
    if (token.kind === 'symbol' && ')]}'.includes(token.text)) depth -= 1
    const isConstant = ['NULL', 'TRUE', 'FALSE'].some((word) => isWord(token, word))
    const isSign = count === 0 && token.kind === 'symbol' && token.text === '-'
    isPlain &&= isConstant || isSign || token.kind === 'number' || token.kind === 'string'
    count += 1
    end = cursor.take('a value').end
  }
  if (count === 0) throw cursor.failure('a value')
  const sql = cursor.text.slice(sqlStart, end)
  return { name, sql, sqlStart, isLiteral: isPlain && count <= (sql.startsWith('-') ? 2 : 1) }
}
