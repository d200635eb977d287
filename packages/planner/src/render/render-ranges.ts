/**
 * Rows divided by range of a sort key: sampled keys, the borders between ranges, the range of a row.
 *
 * Borders are quantiles of sampled keys. They only say how even the ranges are; where a row goes is a
 * function of its key, so that equal keys meet and no order is lost.
 */
import { present, quoteLiteral, typeToSql, type DataType } from '@arbalest/common'
import {
  rangeKeyOf, typeOf, type OtherRanges, type KeySample, type RangeNumber, type SortOrder,
} from '@arbalest/plan'
import { renderExpr, type ColumnSql } from './render-expression.js'
import { columnName, columnOf, selectList, type SelectBuilder } from './select-builder.js'

/** Keys that each task looks at: with as many partitions as tasks ranges differ by a few percent. */
const sampledRows = 2_000
/** Longer keys are cut: a border is as good as long as it says where it lies. */
const borderLength = 128

/**
 * A repeatable reservoir takes the same rows whenever they come in the same order. The number of the last
 * row that it holds tells how many there were without a pass to count them.
 */
export function renderKeySample(sample: KeySample, builder: SelectBuilder): string {
  const input = builder.nameOf(sample.input)
  const { orders } = sample
  const parts = orders.map(({ expr }, index) => `${renderExpr(expr, columnName)} AS k${index}`)
  const key = `CAST(${cut(keySql(orders, (index) => `k${index}`), keyType(orders))} AS ${typeToSql(keyType(orders))})`
  const rows = `SELECT ${parts.join(', ')}, row_number() OVER () AS n FROM ${input}`
  return (
    `SELECT list(k) FILTER (WHERE k IS NOT NULL) AS c0, coalesce(max(n), 0) AS c1 FROM (SELECT n, ${key} AS k ` +
    `FROM (SELECT * FROM (${rows}) USING SAMPLE reservoir(${sampledRows} ROWS) REPEATABLE (42)))`
  )
}

export function renderRangeNumber(plan: RangeNumber, builder: SelectBuilder): string {
  const { orders, partitions } = plan
  const input = builder.nameOf(plan.input)
  const isDescending = isValue(orders) && orders[0]?.descending === true
  const borders = builder.add(bordersOf(builder.nameOf(plan.samples), partitions, isDescending))
  const number = plan.input.types.length
  const passed = { ...plan, live: plan.live.filter((index) => index !== number) }
  const key = keySql(orders, (index) => renderExpr(orderAt(orders, index).expr, columnName))
  const keyed = `SELECT ${selectList(passed, columnName)}, ${key} AS k FROM ${input}`
  const range = rangeOf(0, partitions - 1, isDescending ? '>' : '<')
  const isNullFirst = isValue(orders) && orders[0]?.nullsFirst === true
  const placed = isNullFirst ? `CASE WHEN keyed.k IS NULL THEN 0 ELSE ${range} END` : range
  return (
    `SELECT ${selectList(passed, columnOf('keyed'))}, CAST(${placed} AS BIGINT) AS ${columnName(number)} ` +
    `FROM (${keyed}) AS keyed, ${borders} AS borders`
  )
}

/** The task's ranges are neighbours: those before are all below its first one, those after above its last. */
export const renderOtherRanges = (plan: OtherRanges, builder: SelectBuilder): string =>
  `SELECT ${selectList(plan, columnName)} FROM ${builder.nameOf(plan.input)} ` +
  `WHERE ${columnName(plan.column)} ` +
  (plan.side === 'earlier' ? '< (SELECT min(p) FROM task_slice)' : '> (SELECT max(p) FROM task_slice)')

// ---- keys ----------------------------------------------------------------------------------------

const rangeKey = (orders: readonly SortOrder[]) => present(rangeKeyOf(orders), 'rows are divided by what has an order')
const isValue = (orders: readonly SortOrder[]): boolean => rangeKey(orders).kind === 'value'
const keyType = (orders: readonly SortOrder[]): DataType => rangeKey(orders).type
const orderAt = (orders: readonly SortOrder[], index: number): SortOrder =>
  present(orders[index], `there is an order ${index}`)

function keySql(orders: readonly SortOrder[], expr: ColumnSql): string {
  if (isValue(orders)) return expr(0)
  const parts = orders.map(({ descending, nullsFirst }, index) =>
    `${expr(index)}, ${quoteLiteral(`${descending ? 'DESC' : 'ASC'} NULLS ${nullsFirst ? 'FIRST' : 'LAST'}`)}`)
  // Keys of at most eight bytes are a BIGINT; a text makes them a BLOB as any others.
  if (!orders.some((order) => isWide(typeOf(order.expr)))) {
    parts.push(`'', 'ASC NULLS LAST'`)
  }
  return `create_sort_key(${parts.join(', ')})`
}

const wideNames = new Set(['VARCHAR', 'BLOB', 'BIGINT', 'HUGEINT', 'UBIGINT', 'DOUBLE', 'UUID', 'TIMESTAMP'])

/** Types whose keys have more than eight bytes for certain. */
const isWide = (type: DataType): boolean =>
  type.kind === 'list' || (type.kind === 'simple' && wideNames.has(type.name)) ||
  (type.kind === 'decimal' && type.width > 9)

function cut(sql: string, type: DataType): string {
  if (type.kind !== 'simple') return sql
  if (type.name === 'VARCHAR') return `left(${sql}, ${borderLength})`
  return type.name === 'BLOB' ? `array_slice(${sql}, 1, ${borderLength})` : sql
}

// ---- borders -------------------------------------------------------------------------------------

/**
 * One row with the borders `b1`, `b2`, …: range i begins with `b<i>`. Each sampled key stands for as many
 * rows as its task has by sampled key. Whole numbers: every task must come to the same borders.
 */
function bordersOf(samples: string, partitions: number, isDescending: boolean): string {
  const weighed = `SELECT unnest(c0) AS k, greatest(1, c1 // len(c0)) AS w FROM ${samples}`
  const direction = isDescending ? 'DESC' : 'ASC'
  const summed =
    `SELECT k, CAST(sum(w) OVER (ORDER BY k ${direction} ROWS UNBOUNDED PRECEDING) AS HUGEINT) AS upto, ` +
    `CAST(sum(w) OVER () AS HUGEINT) AS total FROM (${weighed})`
  const first = isDescending ? 'max' : 'min'
  const borders = Array.from({ length: partitions - 1 }, (_, index) =>
    `${first}(k) FILTER (WHERE upto * ${partitions} >= total * ${index + 1}) AS b${index + 1}`)
  return `SELECT ${borders.join(', ')} FROM (${summed})`
}

/** Halves the ranges with each comparison. What compares with nothing, as NULL does, is in the last one. */
function rangeOf(first: number, last: number, comparison: '<' | '>'): string {
  if (first === last) return String(first)
  const middle = Math.ceil((first + last) / 2)
  const [before, after] = [rangeOf(first, middle - 1, comparison), rangeOf(middle, last, comparison)]
  return `CASE WHEN keyed.k ${comparison} borders.b${middle} THEN ${before} ELSE ${after} END`
}
