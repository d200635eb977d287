/** A sequence as DuckDB makes it. */
import { quoteIdentifier } from '@arbalest/common'
import type { SequenceOptions } from '@arbalest/planner'
import type { SequenceEntry } from './definitions.js'

/** The options of CREATE SEQUENCE. */
export function sequenceSql({ start, increment, minValue, maxValue, cycle }: SequenceOptions): string {
  const numbers = Object.entries({ START: start, 'INCREMENT BY': increment, MINVALUE: minValue, MAXVALUE: maxValue })
  const given = numbers.flatMap(([word, value]) => (value === undefined ? [] : [`${word} ${value}`]))
  return [...given, cycle ? 'CYCLE' : 'NO CYCLE'].join(' ')
}

/** Statements that make a temporary sequence which goes on where this one is: it gives its last value again first. */
export function sequenceStatements({ options, last }: SequenceEntry, alias: string): readonly string[] {
  const create = (start: string | undefined): string =>
    `CREATE TEMP SEQUENCE ${quoteIdentifier(alias)} ${sequenceSql({ ...options, start })}`
  return last === undefined ? [create(options.start)] : [create(last), `SELECT nextval('${alias}')`]
}
