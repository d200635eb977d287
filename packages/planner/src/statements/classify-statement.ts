/** Says what one statement is, and takes its facts out of the text. */
import { queryError, type QueryError } from '@arbalest/common'
import { readAlter } from './grammar/alter-table.js'
import { readAnalyze } from './grammar/analyze.js'
import { readDelete, readTruncate, readUpdate } from './grammar/change-rows.js'
import { readCopy } from './grammar/copy.js'
import { readCreate } from './grammar/create.js'
import { readDescribe } from './grammar/describe.js'
import { readDrop } from './grammar/drop.js'
import { readExplain } from './grammar/explain.js'
import { readDeallocate, readExecute, readPrepare } from './grammar/prepared.js'
import { readDynamicPivot } from './grammar/pivot.js'
import { isAtQuery, queryWords, readQuery } from './grammar/query.js'
import { forbiddenStatements, laterStatements, refusal } from './grammar/refused.js'
import { readInsert } from './grammar/insert.js'
import { readUse } from './grammar/schema.js'
import { readReset, readSet } from './grammar/set.js'
import { readShow } from './grammar/show.js'
import { TokenCursor } from './grammar/token-cursor.js'
import { readWithClause } from './grammar/with-clause.js'
import { nearestWord } from './nearest-word.js'
import { splitStatements } from './split-statements.js'
import type { Statement } from './statement.js'

const grammars: Readonly<Record<string, (cursor: TokenCursor) => Statement>> = {
  ANALYZE: readAnalyze,
  ANALYSE: readAnalyze,
  EXPLAIN: readExplain,
  CREATE: readCreate,
  DROP: readDrop,
  COPY: readCopy,
  INSERT: readInsert,
  DELETE: readDelete,
  UPDATE: readUpdate,
  TRUNCATE: readTruncate,
  ALTER: readAlter,
  SHOW: readShow,
  DESCRIBE: readDescribe,
  DESC: readDescribe,
  SET: readSet,
  RESET: readReset,
  USE: readUse,
  PREPARE: readPrepare,
  EXECUTE: readExecute,
  DEALLOCATE: readDeallocate,
}

/**
 * Classifies one statement; spaces, comments and a semicolon around it do not matter. A query's own
 * syntax is left to DuckDB. Positions are offsets into `text`, 0-based, in UTF-16 units.
 *
 * Throws STATEMENT_EMPTY, SYNTAX_ERROR, NOT_IN_THIS_VERSION or NOT_ALLOWED.
 */
export function classifyStatement(text: string): Statement {
  refuseNul(text)
  const [only, second] = splitStatements(text)
  if (only === undefined) throw queryError('STATEMENT_EMPTY', {})
  if (second !== undefined) {
    const reason = 'expected the end of the statement, found another one'
    throw queryError('SYNTAX_ERROR', { reason }, { position: second.start })
  }
  const cursor = new TokenCursor(text.slice(0, only.start + only.text.length))
  if (isAtQuery(cursor)) {
    const pivot = readDynamicPivot(cursor.text)
    if (pivot !== undefined) return pivot
    const write = readWriteAfterWith(cursor.text)
    if (write !== undefined) return write
    readQuery(cursor)
    return { kind: 'select', sql: cursor.text }
  }
  const token = cursor.peek()
  if (token?.kind !== 'word') throw cursor.failure('a statement')
  const word = token.text.toUpperCase()
  const grammar = Object.hasOwn(grammars, word) ? grammars[word] : undefined
  if (grammar !== undefined) return grammar(cursor)
  throw refusal(word, token.start) ?? unknownStatement(token.text, token.start)
}

/** A statement that writes after table expressions; undefined where it is a query. */
function readWriteAfterWith(text: string): Statement | undefined {
  const found = readWithClause(text)
  if (found === undefined) return undefined
  const { clause, cursor } = found
  if (cursor.isAt('INSERT')) return readInsert(cursor, clause)
  if (cursor.isAt('UPDATE')) return readUpdate(cursor, clause)
  if (cursor.isAt('DELETE')) return readDelete(cursor, clause)
  if (cursor.isAt('MERGE')) throw refusal('MERGE', cursor.position) ?? cursor.failure('a query')
  return undefined
}

/** DuckDB's parser ends at a NUL; a statement must not mean more to us than to it. */
function refuseNul(text: string): void {
  const position = text.indexOf('\0')
  if (position < 0) return
  const reason = 'the statement contains a NUL character'
  throw queryError('SYNTAX_ERROR', { reason }, { position })
}

function unknownStatement(found: string, position: number): QueryError {
  const known = [
    ...queryWords,
    ...Object.keys(grammars),
    ...Object.keys(laterStatements),
    ...Object.keys(forbiddenStatements),
  ]
  const nearest = nearestWord(found.toUpperCase(), known)
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  const shown = found.length > 40 ? `${found.slice(0, 40)}…` : found
  const reason = `no statement begins with ${shown}${hint}`
  return queryError('SYNTAX_ERROR', { reason }, { position })
}
