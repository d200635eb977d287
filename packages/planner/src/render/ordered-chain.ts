/**
 * Projections and limits over a sort, rendered as one SELECT with its `ORDER BY … LIMIT`: SQL keeps
 * the order of a SELECT only on that SELECT itself.
 */
import type { Limit, Plan, Project, Sort } from '@arbalest/plan'
import { orderItem } from './order-item.js'
import { renderExpr, renderOutput, type ColumnSql } from './render-expression.js'
import { columnOf } from './select-builder.js'

export interface OrderedChain {
  /** The plan under the sort. */
  readonly source: Plan
  /** The one SELECT over `from`, the name of the source's rows. */
  select(from: string, listOf: (column: ColumnSql) => string): string
}

/** More projections than this stay SELECTs of their own: expressions put into each other may grow fast. */
const projectsMax = 3

/** `undefined` when the plan is not a few projections and at most one limit over a sort. */
export function orderedChain(plan: Plan): OrderedChain | undefined {
  const projects: Project[] = []
  let limit: Limit | undefined
  let node = plan
  while (node.kind === 'project' || (node.kind === 'limit' && limit === undefined)) {
    if (node.kind === 'project') projects.push(node)
    else limit = node
    node = node.input
  }
  if (node.kind !== 'sort' || projects.length > projectsMax) return undefined
  const sort = node
  return {
    source: sort.input,
    select: (from, listOf) => {
      const source = columnOf(from)
      const column = projects.reduceRight<ColumnSql>(projected, source)
      return `SELECT ${listOf(column)} FROM ${from}${orderBy(sort, source)}${limitClause(limit)}`
    },
  }
}

/** Columns of a projection as expressions over the columns below it. */
const projected = (below: ColumnSql, project: Project): ColumnSql => (index) => {
  const [expr, type] = [project.exprs[index], project.types[index]]
  return expr === undefined || type === undefined ? below(index) : renderOutput(expr, type, below)
}

/** Columns are qualified: a bare name would mean the output column of that name. */
function orderBy(sort: Sort, column: ColumnSql): string {
  if (sort.orders.length === 0) return ''
  return ` ORDER BY ${sort.orders.map((order) => orderItem(order, renderExpr(order.expr, column))).join(', ')}`
}

/** ` LIMIT … OFFSET …`, as far as there is one. */
export function limitClause(limit: Limit | undefined): string {
  if (limit === undefined) return ''
  const count = limit.count === undefined ? '' : ` LIMIT ${limit.count}`
  return `${count}${limit.offset === 0 ? '' : ` OFFSET ${limit.offset}`}`
}
