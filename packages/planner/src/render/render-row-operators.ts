/** Operators over one input that work row by row or on whole rows, and set operations. */
import { present } from '@arbalest/common'
import type { Distinct, Filter, Limit, Pick, Plan, Project, SetOperation, Sort, Window } from '@arbalest/plan'
import { limitClause, orderedChain } from './ordered-chain.js'
import { partitionExpression } from './partition-expression.js'
import { renderExpr, renderOrders, renderOutput } from './render-expression.js'
import { allColumns, columnName, selectList, whereClause, type SelectBuilder } from './select-builder.js'

export function renderProject(project: Project, builder: SelectBuilder): string {
  const list = selectList(project, (index) => {
    const what = `project n${project.id} has column ${index}`
    return renderOutput(present(project.exprs[index], what), present(project.types[index], what), columnName)
  })
  return `SELECT ${list} FROM ${builder.nameOf(project.input)}`
}

export const renderFilter = (filter: Filter, builder: SelectBuilder): string =>
  `SELECT ${selectList(filter, columnName)} FROM ${builder.nameOf(filter.input)}` +
  whereClause(filter.predicates, columnName)

/** A sort that nothing above renders: it keeps its order as far as DuckDB keeps that of a subquery. */
export const renderSort = (sort: Sort, builder: SelectBuilder): string => renderOrdered(sort, builder)

export function renderLimit(limit: Limit, builder: SelectBuilder): string {
  if (orderedChain(limit) !== undefined) return renderOrdered(limit, builder)
  return `SELECT ${selectList(limit, columnName)} FROM ${builder.nameOf(limit.input)}${limitClause(limit)}`
}

function renderOrdered(plan: Plan, builder: SelectBuilder): string {
  const chain = present(orderedChain(plan), 'a sort is an ordered chain')
  return chain.select(builder.nameOf(chain.source), (column) => selectList(plan, column))
}

/** Duplicates are told by all columns, wanted or not; wanted ones are taken afterwards. */
export function renderDistinct(distinct: Distinct, builder: SelectBuilder): string {
  const input = builder.nameOf(distinct.input)
  if (distinct.on === undefined) {
    const compared = selectList(distinct.input, columnName)
    return wanted(distinct, `SELECT DISTINCT ${compared} FROM ${input}`, distinct.input.live.length)
  }
  const on = distinct.on.map((expr) => renderExpr(expr, columnName)).join(', ')
  const orders = renderOrders(distinct.orders, columnName)
  return `SELECT ${selectList(distinct, columnName)} FROM (SELECT DISTINCT ON (${on}) * FROM ${input}${orders})`
}

export function renderWindow(window: Window, builder: SelectBuilder): string {
  const width = window.input.types.length
  const list = selectList(window, (index) => {
    if (index < width) return columnName(index)
    const call = present(window.calls[index - width], `window n${window.id} has column ${index}`)
    return renderOutput(call, call.type, columnName)
  })
  return `SELECT ${list} FROM ${builder.nameOf(window.input)}`
}

export function renderSetOperation(plan: SetOperation, builder: SelectBuilder): string {
  const word = ` ${plan.operation.toUpperCase()}${plan.all ? ' ALL' : ''} `
  const inputs = plan.inputs.map((input) => builder.nameOf(input))
  if (plan.operation === 'union' && plan.all) {
    return inputs.map((input) => `SELECT ${selectList(plan, columnName)} FROM ${input}`).join(word)
  }
  return wanted(plan, inputs.map((input) => `SELECT ${allColumns(plan)} FROM ${input}`).join(word))
}

/** `computed`: how many columns the text gives. */
const wanted = (plan: Plan, sql: string, computed = plan.types.length): string =>
  plan.live.length === computed ? sql : `SELECT ${selectList(plan, columnName)} FROM (${sql})`

/**
 * The rows of this task: the executor's view `task_slice` lists its partitions in the column `p`; the
 * first task of a stage always has partition 0.
 */
export function renderPick(pick: Pick, builder: SelectBuilder): string {
  const partition =
    pick.keys === undefined ? '0' : partitionExpression(pick.keys, pick.partitions, columnName)
  return (
    `SELECT ${selectList(pick, columnName)} FROM ${builder.nameOf(pick.input)} ` +
    `WHERE ${partition} IN (SELECT p FROM task_slice)`
  )
}
