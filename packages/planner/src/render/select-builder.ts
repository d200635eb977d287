/** What the renderers of operators share: a growing list of CTEs and the columns an operator gives. */
import type { DataType } from '@arbalest/common'
import {
  nullSql, someExpr, typeOf, type Expr, type Plan, type ReplicatedScan, type Scan, type ShuffleRead,
} from '@arbalest/plan'
import { renderExpr, type ColumnSql } from './render-expression.js'

/** An operator that reads an input of the stage. */
export type Leaf = Scan | ReplicatedScan | ShuffleRead

export interface RenderOptions {
  /**
   * The view behind a leaf. That of a scan has the table's column names, that of a shuffle read the
   * columns `c<i>`.
   */
  inputName(leaf: Leaf): string
}

/** What rendering one operator needs of the rest of the plan. */
export interface SelectBuilder {
  readonly options: RenderOptions
  /** The CTE with the rows of a plan, rendered when it has not been. */
  nameOf(plan: Plan): string
  /** Adds a CTE and gives its name. */
  add(sql: string, materialized?: 'materialized'): string
  /** Makes the rows of a CTE, or the keys of a delim join, known to their scans. */
  define(kind: 'cte' | 'delim', id: number, name: string): void
  defined(kind: 'cte' | 'delim', id: number): string
}

export const columnName: ColumnSql = (index) => `c${index}`

/** Columns of a relation by its alias. */
export const columnOf = (alias: string): ColumnSql => (index) => `${alias}.c${index}`

/** The SELECT list of an operator: its wanted columns by name, or a dummy when there are none. */
export function selectList(plan: Plan, sqlOf: ColumnSql): string {
  if (plan.live.length === 0) return '1 AS dummy'
  return plan.live.map((index) => aliased(sqlOf(index), columnName(index))).join(', ')
}

const aliased = (sql: string, name: string): string => (sql === name ? name : `${sql} AS ${name}`)

/** The whole row, wanted or not, for operators whose meaning rests on it. */
export const allColumns = (plan: Plan): string => plan.types.map((_, index) => columnName(index)).join(', ')

/** ` WHERE …`, or nothing without predicates. */
export function whereClause(predicates: readonly Expr[], column: ColumnSql): string {
  if (predicates.length === 0) return ''
  return ` WHERE ${predicates.map((predicate) => renderPredicate(predicate, column)).join(' AND ')}`
}

/**
 * DuckDB 1.5 gives rows that IS DISTINCT FROM tells apart by a nested value in another order, and its Parquet reader,
 * asked for texts of such rows, ends with "Out of buffer". As a value of its own the condition is harmless.
 */
function renderPredicate(predicate: Expr, column: ColumnSql): string {
  const sql = renderExpr(predicate, column)
  return someExpr(predicate, tellsNestedApart) ? `(${sql} IS NOT DISTINCT FROM true)` : sql
}

const tellsNestedApart = (expr: Expr): boolean =>
  expr.kind === 'comparison' && expr.operator.endsWith('DISTINCT FROM') && isNested(typeOf(expr.left))

const isNested = (type: DataType): boolean =>
  type.kind === 'simple' ? type.name === 'VARIANT' : type.kind !== 'decimal' && type.kind !== 'enum'

/** A relation without rows: typed NULLs that no row has. */
export const emptyRelation = (plan: Plan): string =>
  `SELECT ${selectList(plan, (index) => nullOf(plan, index))} WHERE false`

function nullOf(plan: Plan, index: number): string {
  const type = plan.types[index]
  return type === undefined ? 'NULL' : nullSql(type)
}
