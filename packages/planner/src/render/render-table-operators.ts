/** Operators that give rows another number: unnesting, table functions, samples, computed limits. */
import { present, quoteIdentifier } from '@arbalest/common'
import type { ComputedLimit, PositionalJoin, Sample, TableFunction, Unnest, WholeSelect } from '@arbalest/plan'
import { renderConstant } from './render-constant.js'
import { renderExpr } from './render-expression.js'
import { columnName, columnOf, selectList, type SelectBuilder } from './select-builder.js'

/** All lists are unnested, wanted or not: the longest one says how many rows there are. */
export function renderUnnest(plan: Unnest, builder: SelectBuilder): string {
  const width = plan.input.types.length
  const elements = plan.lists.map((list, i) => `unnest(${renderExpr(list, columnName)}) AS ${columnName(width + i)}`)
  const passed = plan.input.live.map(columnName)
  const rows = `SELECT ${[...passed, ...elements].join(', ')} FROM ${builder.nameOf(plan.input)}`
  return `SELECT ${selectList(plan, columnName)} FROM (${rows})`
}

export function renderTableFunction(plan: TableFunction, builder: SelectBuilder): string {
  const own = plan.types.length - plan.passed.length
  const input = columnOf('i')
  const options = plan.options.map(({ name, value }) => `${name} := ${renderConstant(value)}`)
  const args = [...plan.args.map((arg) => renderExpr(arg, input)), ...options].join(', ')
  const call = `${plan.name}(${args}) AS f(${plan.types.slice(0, own).map((_, i) => columnName(i)).join(', ')})`
  const list = selectList(plan, (index) =>
    index < own ? `f.c${index}` : input(present(plan.passed[index - own], `table function n${plan.id} passes it on`)))
  const isLeaf = plan.input.kind === 'values' && plan.input.rows.length === 1 && plan.passed.length === 0
  if (isLeaf) return `SELECT ${list} FROM ${call}`
  return `SELECT ${list} FROM ${builder.nameOf(plan.input)} AS i, LATERAL ${call}`
}

export function renderSample(plan: Sample, builder: SelectBuilder): string {
  const size = `${plan.size.count}${plan.size.unit === 'percent' ? '%' : ' ROWS'}`
  const seed = plan.seed === undefined ? '' : ` REPEATABLE (${plan.seed})`
  const list = selectList(plan, columnName)
  return `SELECT ${list} FROM ${builder.nameOf(plan.input)} TABLESAMPLE ${plan.method}(${size})${seed}`
}

/** The numbers are looked up in the first row of the input. */
export function renderComputedLimit(plan: ComputedLimit, builder: SelectBuilder): string {
  const input = builder.nameOf(plan.input)
  const number = (expr: ComputedLimit['count']) =>
    expr === undefined || expr.kind === 'constant'
      ? expr && renderExpr(expr, columnName)
      : `(SELECT ${renderExpr(expr, columnName)} FROM ${input} LIMIT 1)`
  const count = number(plan.count)
  const offset = number(plan.offset)
  return `SELECT ${selectList(plan, columnName)} FROM ${input}` +
    (count === undefined ? '' : ` LIMIT ${plan.unit === 'percent' ? `(${count})%` : count}`) +
    (offset === undefined ? '' : ` OFFSET ${offset}`)
}

export const renderPositionalJoin = (plan: PositionalJoin, builder: SelectBuilder): string => {
  const width = plan.left.types.length
  const list = selectList(plan, (index) => (index < width ? `l.c${index}` : `r.c${index - width}`))
  const [left, right] = [builder.nameOf(plan.left), builder.nameOf(plan.right)]
  return `SELECT ${list} FROM ${left} AS l POSITIONAL JOIN ${right} AS r`
}

/** Its parts are table expressions of the names that the text has for them. */
export function renderWholeSelect(plan: WholeSelect, builder: SelectBuilder): string {
  const parts = plan.parts.map(({ name, columns, plan: part }) => {
    const list = columns.map((column, index) => `${columnName(index)} AS ${quoteIdentifier(column)}`).join(', ')
    return `${quoteIdentifier(name)} AS NOT MATERIALIZED (SELECT ${list} FROM ${builder.nameOf(part)})`
  })
  const before = parts.length === 0 ? '' : `WITH ${parts.join(', ')} `
  const names = plan.types.map((_, index) => columnName(index)).join(', ')
  return `SELECT ${selectList(plan, columnName)} FROM (${before}SELECT * FROM (${plan.sql}\n) AS q) AS w(${names})`
}
