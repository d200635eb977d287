/** `EXPLAIN [ANALYZE] [VERBOSE] [FORMAT text|json] query`, or the same options in parentheses. */
import { queryError } from '@arbalest/common'
import type { ExplainStatement } from '../statement.js'
import { readInnerQuery } from './query.js'
import { isWord, type TokenCursor } from './token-cursor.js'

interface Options {
  analyze: boolean
  verbose: boolean
  format: ExplainStatement['format']
}

const optionWords = ['ANALYZE', 'ANALYSE', 'VERBOSE', 'FORMAT'] as const

export function readExplain(cursor: TokenCursor): ExplainStatement {
  cursor.expect('EXPLAIN')
  const options: Options = { analyze: false, verbose: false, format: 'text' }
  // `EXPLAIN (SELECT 1)` has a query in parentheses, not options.
  if (cursor.isAtSymbol('(') && optionWords.some((word) => isWord(cursor.peek(1), word))) {
    cursor.expectSymbol('(')
    do readOption(cursor, options, { inList: true })
    while (cursor.acceptSymbol(','))
    cursor.expectSymbol(')')
  } else {
    while (optionWords.some((word) => cursor.isAt(word))) {
      readOption(cursor, options, { inList: false })
    }
  }
  return { kind: 'explain', ...options, ...readInnerQuery(cursor, 'EXPLAIN') }
}

function readOption(
  cursor: TokenCursor,
  options: Options,
  { inList }: { readonly inList: boolean },
): void {
  if (cursor.accept('ANALYZE') || cursor.accept('ANALYSE')) {
    options.analyze = inList ? readBoolean(cursor) : true
  } else if (cursor.accept('VERBOSE')) {
    options.verbose = inList ? readBoolean(cursor) : true
  } else if (cursor.accept('FORMAT')) {
    options.format = readFormat(cursor)
  } else {
    throw cursor.failure('ANALYZE, VERBOSE or FORMAT')
  }
}

function readBoolean(cursor: TokenCursor): boolean {
  if (cursor.accept('FALSE') || cursor.accept('OFF')) return false
  if (!cursor.accept('TRUE')) cursor.accept('ON')
  return true
}

function readFormat(cursor: TokenCursor): ExplainStatement['format'] {
  const token = cursor.peek()
  if (token?.kind !== 'word' && token?.kind !== 'string') throw cursor.failure('text or json')
  const format = token.value.toLowerCase()
  if (format !== 'text' && format !== 'json') {
    const what = `EXPLAIN FORMAT ${token.value}`
    const instead = 'the formats are text and json'
    throw queryError('NOT_IN_THIS_VERSION', { what, instead }, { position: token.start })
  }
  cursor.take('a format')
  return format
}
