/** Operators without inputs: scans, reads of earlier stages, constant rows. */
import { assert, present, quoteIdentifier } from '@arbalest/common'
import type { Plan, ReplicatedScan, Scan, ShuffleRead, Values } from '@arbalest/plan'
import { renderExpr } from './render-expression.js'
import { columnName, emptyRelation, selectList, whereClause, type SelectBuilder } from './select-builder.js'

/** `leaf` is the scan itself or what replicates it. */
export function renderScan(leaf: Scan | ReplicatedScan, scan: Scan, builder: SelectBuilder): string {
  const nameOf = (index: number) =>
    quoteIdentifier(present(scan.tableColumns[index], `scan n${scan.id} has table column ${index}`).name)
  const list = selectList(leaf, (index) => {
    const column = present(scan.columns[index], `scan n${scan.id} has column ${index}`)
    return column.kind === 'table' ? nameOf(column.index) : 'true'
  })
  const where = whereClause(scan.predicate === undefined ? [] : [scan.predicate], nameOf)
  return `SELECT ${list} FROM ${quoteIdentifier(builder.options.inputName(leaf))}${where}`
}

export const renderShuffleRead = (read: ShuffleRead, builder: SelectBuilder): string =>
  `SELECT ${selectList(read, columnName)} FROM ${quoteIdentifier(builder.options.inputName(read))}`

export function renderValues(values: Values): string {
  const [first, ...others] = values.rows
  if (first === undefined) return emptyRelation(values)
  if (others.length === 0) {
    return `SELECT ${selectList(values, (index) => constantAt(values, first, index))}`
  }
  if (values.live.length === 0) return `SELECT 1 AS dummy FROM range(${values.rows.length})`
  const rows = values.rows.map((row) => `(${values.live.map((i) => constantAt(values, row, i)).join(', ')})`)
  return `SELECT * FROM (VALUES ${rows.join(', ')}) AS v(${values.live.map(columnName).join(', ')})`
}

function constantAt(values: Plan, row: Values['rows'][number], index: number): string {
  const expr = present(row[index], `values n${values.id} have column ${index}`)
  return renderExpr(expr, () => {
    assert(false, `values n${values.id} have no columns to refer to`)
    return ''
  })
}
