/** `CREATE SEQUENCE`: the options of a sequence, which DuckDB holds against each other. */
import { queryError } from '@arbalest/common'
import type { CreateSequenceStatement, SequenceOptions } from '../statement.js'
import { readIfNotExists } from './create-view.js'
import type { CreateOptions } from './definitions.js'
import type { TokenCursor } from './token-cursor.js'

/** `[IF NOT EXISTS] name [START 1] [INCREMENT BY 1] …`; the cursor stands after `SEQUENCE`. */
export function readCreateSequence(cursor: TokenCursor, options: CreateOptions): CreateSequenceStatement {
  const ifNotExists = readIfNotExists(cursor, options)
  const name = cursor.objectName('the name of the sequence')
  const given: Partial<Record<keyof SequenceOptions, string | boolean>> = {}
  while (cursor.peek() !== undefined) {
    const { position } = cursor
    const [option, value] = readOption(cursor)
    if (option in given) {
      throw queryError('SYNTAX_ERROR', { reason: `the option ${shownOptions[option]} is given twice` }, { position })
    }
    given[option] = value
  }
  const { start, increment, minValue, maxValue, cycle } = given
  const number = (value: string | boolean | undefined) => (typeof value === 'string' ? value : undefined)
  return {
    kind: 'create-sequence', name, ifNotExists, ...options,
    options: {
      start: number(start), increment: number(increment), minValue: number(minValue), maxValue: number(maxValue),
      cycle: cycle === true,
    },
  }
}

const shownOptions: Readonly<Record<keyof SequenceOptions, string>> = {
  start: 'START', increment: 'INCREMENT', minValue: 'MINVALUE', maxValue: 'MAXVALUE', cycle: 'CYCLE',
}

/** A number, whether it cycles, or false for a bound that there is none of. */
function readOption(cursor: TokenCursor): readonly [keyof SequenceOptions, string | boolean] {
  if (cursor.accept('START')) {
    cursor.accept('WITH')
    return ['start', readInteger(cursor)]
  }
  if (cursor.accept('INCREMENT')) {
    cursor.accept('BY')
    return ['increment', readInteger(cursor)]
  }
  if (cursor.accept('MINVALUE')) return ['minValue', readInteger(cursor)]
  if (cursor.accept('MAXVALUE')) return ['maxValue', readInteger(cursor)]
  if (cursor.accept('CYCLE')) return ['cycle', true]
  if (cursor.accept('NO', 'MINVALUE')) return ['minValue', false]
  if (cursor.accept('NO', 'MAXVALUE')) return ['maxValue', false]
  if (cursor.accept('NO', 'CYCLE')) return ['cycle', false]
  throw cursor.failure('START, INCREMENT, MINVALUE, MAXVALUE, CYCLE or NO …')
}

function readInteger(cursor: TokenCursor): string {
  const sign = cursor.acceptSymbol('-') ? '-' : ''
  if (sign === '') cursor.acceptSymbol('+')
  const token = cursor.peek()
  if (token?.kind !== 'number' || !/^\d+$/.test(token.text)) throw cursor.failure('a whole number')
  return sign + cursor.take('a whole number').text
}
