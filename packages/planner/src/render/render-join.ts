/**
 * Joins as joins: `SEMI JOIN` and `ANTI JOIN` instead of EXISTS, which DuckDB would plan as a subquery
 * of its own.
 */
import { assert, assertNever } from '@arbalest/common'
import { operatorsOf, type Join, type JoinCondition } from '@arbalest/plan'
import { renderExpr, type ColumnSql } from './render-expression.js'
import { columnOf, selectList, type SelectBuilder } from './select-builder.js'

const left = columnOf('l')
const right = columnOf('r')

export function renderJoin(join: Join, builder: SelectBuilder): string {
  const names = renderSides(join, builder)
  const both = bothSides(join)
  const on = [
    ...join.conditions.map(renderCondition),
    ...join.residual.map((expr) => renderExpr(expr, both)),
  ].join(' AND ')
  const [l, r] = [`${names.left} AS l`, `${names.right} AS r`]
  const from = (words: string) =>
    `SELECT ${selectList(join, both)} FROM ${l} ${words} ${r} ON ${on === '' ? 'true' : on}`
  // DuckDB hashes the side on the right unless its own estimates say otherwise.
  const turned = (words: string, otherWords: string) =>
    join.hashesLeft === true
      ? `SELECT ${selectList(join, both)} FROM ${r} ${otherWords} ${l} ON ${on === '' ? 'true' : on}`
      : from(words)
  if (join.isAsof === true) return from(`ASOF ${join.joinType.toUpperCase()} JOIN`)
  switch (join.joinType) {
    case 'inner':
      if (on !== '') return turned('JOIN', 'JOIN')
      return `SELECT ${selectList(join, both)} FROM ${l} CROSS JOIN ${r}`
    case 'left':
    case 'single':
      return turned('LEFT JOIN', 'RIGHT JOIN')
    case 'right': return turned('RIGHT JOIN', 'LEFT JOIN')
    case 'full': return turned('FULL JOIN', 'FULL JOIN')
    case 'semi': return from('SEMI JOIN')
    case 'anti': return from('ANTI JOIN')
    case 'mark': return renderMarkJoin(join, names)
  }
  return assertNever(join.joinType)
}

/** The source of a delim join comes first, for the scans in the other side read its distinct keys. */
function renderSides(join: Join, builder: SelectBuilder): { readonly left: string; readonly right: string } {
  const { delim } = join
  if (delim === undefined) return { left: builder.nameOf(join.left), right: builder.nameOf(join.right) }
  const [source, other] = delim.source === 'left' ? [join.left, join.right] : [join.right, join.left]
  const sourceName = builder.nameOf(source)
  const keys = delim.keys.map((key, i) => `${renderExpr(key, (index) => `c${index}`)} AS k${i}`)
  const renamed = delim.keys.map((_, i) => `k${i} AS c${i}`)
  const scans = operatorsOf(other).filter((node) => node.kind === 'delim-scan' && node.delimId === delim.delimId)
  const distinct = `SELECT ${renamed.join(', ')} FROM (SELECT DISTINCT ${keys.join(', ')} FROM ${sourceName})`
  builder.define('delim', delim.delimId, builder.add(distinct, scans.length > 1 ? 'materialized' : undefined))
  const otherName = builder.nameOf(other)
  return delim.source === 'left'
    ? { left: sourceName, right: otherName }
    : { left: otherName, right: sourceName }
}

const bothSides = (join: Join): ColumnSql => {
  const width = join.left.types.length
  return (index) => (index < width ? left(index) : right(index - width))
}

const renderCondition = (condition: JoinCondition): string =>
  `${renderExpr(condition.left, left)} ${condition.operator} ${renderExpr(condition.right, right)}`

/**
 * `x IN (SELECT …)` as a column, for only that keeps its NULLs. Conditions that never give NULL
 * correlate the subquery; when there are no others the mark is `EXISTS`.
 */
function renderMarkJoin(join: Join, names: { readonly left: string; readonly right: string }): string {
  const width = join.left.types.length
  const list = selectList(join, (index) => (index < width ? left(index) : renderMark(join, names.right)))
  return `SELECT ${list} FROM ${names.left} AS l`
}

function renderMark(join: Join, rightName: string): string {
  const asked = join.conditions.filter((condition) => !neverNull(condition))
  const where = [
    ...join.conditions.filter(neverNull).map(renderCondition),
    ...join.residual.map((expr) => renderExpr(expr, bothSides(join))),
  ].join(' AND ')
  const rows = (list: string) => `(SELECT ${list} FROM ${rightName} AS r${where === '' ? '' : ` WHERE ${where}`})`
  const [first, ...others] = asked
  if (first === undefined) return `EXISTS ${rows('1')}`
  const { operator } = first
  assert(asked.every((condition) => condition.operator === operator), 'a mark join compares in one way')
  const lefts = asked.map((condition) => renderExpr(condition.left, left)).join(', ')
  const rights = asked.map((condition) => renderExpr(condition.right, right)).join(', ')
  const looked = others.length === 0 ? lefts : `(${lefts})`
  return operator === '=' ? `(${looked} IN ${rows(rights)})` : `(${looked} ${operator} ANY ${rows(rights)})`
}

const neverNull = (condition: JoinCondition): boolean => condition.operator.startsWith('IS ')
