/** What every row of a table must be, as SQL around the query that gives the rows. */
import { quoteIdentifier, quoteLiteral, sameType, typeToSql, type DataType } from '@arbalest/common'
import type { TextPiece } from '@arbalest/planner'
import { compose, type ComposedText } from './composed-text.js'
import type { ManagedTable } from './managed-table.js'

/** The value of a column: SQL over the query's columns, ours or a piece of the statement. */
export interface ColumnValue {
  readonly parts: readonly (string | TextPiece)[]
  /** Where it is known: it need not be cast to itself. */
  readonly type?: DataType | undefined
}

/**
 * `before SELECT values FROM from`, each value cast to its column, each row held against the constraints: a row
 * that breaks one is an error of the query.
 */
export function guardedRows(
  table: { readonly name: string; readonly managed: Pick<ManagedTable, 'columns' | 'checks'> },
  values: readonly ColumnValue[],
  from: readonly (string | TextPiece)[],
  before: readonly (string | TextPiece)[] = [],
): ComposedText {
  const { name, managed: { columns, checks } } = table
  const casts = columns.flatMap((column, at): (string | TextPiece)[] => {
    const { parts, type }: ColumnValue = values[at] ?? { parts: ['NULL'] }
    const as = ` AS ${quoteIdentifier(column.name)}`
    const isTyped = type !== undefined && sameType(type, column.type)
    const value = isTyped ? [...parts, as] : ['CAST((', ...parts, `\n) AS ${typeToSql(column.type)})${as}`]
    return at === 0 ? value : [', ', ...value]
  })
  const rows = ['SELECT ', ...casts, ' FROM ', ...from]
  const isGuarded = checks.length > 0 || columns.some(({ notNull }) => notNull)
  if (!isGuarded) return compose(...before, ...rows)
  const failedChecks = checks.map((check) => {
    const failure = quoteLiteral(`CHECK constraint failed: ${name}: ${check}`)
    return `WHEN NOT CAST((${check}\n) AS BOOLEAN) THEN error(${failure}) `
  })
  const guarded = columns.map(({ name: column, notNull }, at) => {
    const value = quoteIdentifier(column)
    const failed = notNull
      ? `WHEN ${value} IS NULL THEN error(${quoteLiteral(`NOT NULL constraint failed: ${name}.${column}`)}) `
      : ''
    const guards = failed + (at === 0 ? failedChecks.join('') : '')
    return guards === '' ? value : `CASE ${guards}ELSE ${value} END AS ${value}`
  })
  return compose(...before, `SELECT ${guarded.join(', ')} FROM (`, ...rows, `\n) AS ${quoteIdentifier(name)}`)
}
