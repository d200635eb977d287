/** Lists of columns in parentheses, with the text of their types left to DuckDB. */
import { queryError } from '@arbalest/common'
import type { CreateExternalTableStatement } from '../statement.js'
import { isWord, type TokenCursor } from './token-cursor.js'

const tableConstraints = ['PRIMARY', 'UNIQUE', 'CHECK', 'CONSTRAINT', 'FOREIGN']
const columnConstraints = [
  'NOT',
  'PRIMARY',
  'UNIQUE',
  'CHECK',
  'CONSTRAINT',
  'REFERENCES',
  'DEFAULT',
  'GENERATED',
  'COLLATE',
]

/** `(a INT, b DECIMAL(10, 2))`; constraints are not in this version. */
export function readColumnDefinitions(
  cursor: TokenCursor,
): readonly { readonly name: string; readonly type: string }[] {
  return readList(cursor, (name) => {
    const type = readType(cursor)
    if (type === undefined) throw cursor.failure(`the type of column ${name}`)
    return { name, type }
  })
}

/** `(a, b INT)`: a partition column may have a type. */
export function readPartitionColumns(
  cursor: TokenCursor,
): CreateExternalTableStatement['partitionedBy'] {
  return readList(cursor, (name) => ({ name, type: readType(cursor) }))
}

function readList<T>(cursor: TokenCursor, rest: (name: string) => T): readonly T[] {
  const columns: T[] = []
  const names = new Set<string>()
  cursor.expectSymbol('(')
  do {
    refuseConstraint(cursor, tableConstraints)
    const position = cursor.position
    const name = cursor.identifier('a column name')
    if (names.has(name.toLowerCase())) {
      const reason = `the column ${name} is given twice`
      throw queryError('SYNTAX_ERROR', { reason }, { position })
    }
    names.add(name.toLowerCase())
    columns.push(rest(name))
  } while (cursor.acceptSymbol(','))
  cursor.expectSymbol(')')
  return columns
}

/** The text up to the comma or parenthesis that ends the column. */
function readType(cursor: TokenCursor): string | undefined {
  const start = cursor.position
  let end = start
  let depth = 0
  while (depth > 0 || !(cursor.isAtSymbol(',') || cursor.isAtSymbol(')'))) {
    if (depth === 0 && end > start) {
      if (cursor.accept('NULL')) continue
      refuseConstraint(cursor, columnConstraints)
    }
    const token = cursor.take('a comma or a closing parenthesis')
    if (token.kind === 'symbol' && token.text === '(') depth += 1
    if (token.kind === 'symbol' && token.text === ')') depth -= 1
    end = token.end
  }
  return end === start ? undefined : cursor.text.slice(start, end)
}

function refuseConstraint(cursor: TokenCursor, words: readonly string[]): void {
  const word = words.find((candidate) => isWord(cursor.peek(), candidate))
  if (word === undefined) return
  const fields = { what: `the constraint ${word}`, instead: 'declare names and types only' }
  throw queryError('NOT_IN_THIS_VERSION', fields, { position: cursor.position })
}
