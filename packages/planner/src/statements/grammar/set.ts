/** `SET [SESSION] name = value`, `SET TIME ZONE value`, `RESET name`, `RESET ALL`. */
import { queryError } from '@arbalest/common'
import type { ResetStatement, SetStatement } from '../statement.js'
import type { TokenCursor } from './token-cursor.js'

export function readSet(cursor: TokenCursor): SetStatement | ResetStatement {
  cursor.expect('SET')
  readScope(cursor)
  refuseVariable(cursor)
  const isTimeZone = cursor.isAt('TIME', 'ZONE')
  const name = readSettingName(cursor, 'the name of a setting')
  if (!isTimeZone && !cursor.acceptSymbol('=') && !cursor.accept('TO')) {
    throw cursor.failure('= or TO')
  }
  const isReset = cursor.isAt('DEFAULT') || (isTimeZone && cursor.isAt('LOCAL'))
  if (isReset && cursor.peek(1) === undefined) return { kind: 'reset', name }
  return { kind: 'set', name, value: readValue(cursor) }
}

export function readReset(cursor: TokenCursor): ResetStatement {
  cursor.expect('RESET')
  if (cursor.isAt('ALL') && cursor.peek(1) === undefined) return { kind: 'reset', name: undefined }
  readScope(cursor)
  refuseVariable(cursor)
  const name = readSettingName(cursor, 'ALL or the name of a setting')
  cursor.end()
  return { kind: 'reset', name }
}

/** A dotted name as written; `TIME ZONE` is the setting `TimeZone`. */
export function readSettingName(cursor: TokenCursor, expected: string): string {
  if (cursor.accept('TIME', 'ZONE')) return 'TimeZone'
  const parts = [cursor.identifier(expected)]
  while (cursor.acceptSymbol('.')) parts.push(cursor.identifier('a name after the dot'))
  return parts.join('.')
}

function readScope(cursor: TokenCursor): void {
  // `SET session = …` would be a setting of that name.
  const next = cursor.peek(1)
  if (next?.kind !== 'word' && next?.kind !== 'quoted') return
  if (cursor.accept('SESSION')) return
  if (!cursor.isAt('GLOBAL') && !cursor.isAt('LOCAL')) return
  const what = `the scope ${cursor.peek()?.text.toUpperCase() ?? ''} of a setting`
  const reason = 'a setting belongs to its session; leave the word out'
  throw queryError('NOT_ALLOWED', { what, reason }, { position: cursor.position })
}

function refuseVariable(cursor: TokenCursor): void {
  if (!cursor.isAt('VARIABLE') || cursor.peek(1)?.kind !== 'word') return
  const fields = { what: 'SET VARIABLE', instead: 'write the value into the query' }
  throw queryError('NOT_IN_THIS_VERSION', fields, { position: cursor.position })
}

/** One quoted text, or the text of all that follows. */
function readValue(cursor: TokenCursor): string {
  const first = cursor.take('a value')
  if (cursor.peek() === undefined) return first.value
  let end = first.end
  while (cursor.peek()) {
    const token = cursor.take('a value')
    if (token.kind === 'symbol' && !',.+-:/%'.includes(token.text)) {
      const reason = `a value is a number, a word or a text in single quotes, found ${token.text}`
      throw queryError('SYNTAX_ERROR', { reason }, { position: token.start })
    }
    end = token.end
  }
  return cursor.text.slice(first.start, end)
}
