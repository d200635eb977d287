/** Where the values of an operator's columns come from: which column of which scan, unchanged. */
import { assertNever } from '@arbalest/common'
import { operatorsOf, type Expr, type Plan } from '@arbalest/plan'
import { keyColumn } from './key-columns.js'

export interface ColumnOrigin {
  /** The id of the scan. */
  readonly scan: number
  /** Position in the table's columns. */
  readonly column: number
}

export type OriginOf = (plan: Plan, column: number) => ColumnOrigin | undefined

/** Follows columns through the operators of `root`; undefined where a value is computed. */
export function columnOrigins(root: Plan): OriginOf {
  const all = operatorsOf(root)
  const definitions = new Map(all.flatMap((plan) => (plan.kind === 'cte' ? [[plan.cteId, plan.definition]] : [])))
  const delims = new Map(all.flatMap((plan) =>
    plan.kind === 'join' && plan.delim !== undefined ? [[plan.delim.delimId, { join: plan, delim: plan.delim }]] : []))
  const originOf: OriginOf = (plan, column) => {
    switch (plan.kind) {
      case 'scan': {
        const read = plan.columns[column]
        return read?.kind === 'table' ? { scan: plan.id, column: read.index } : undefined
      }
      case 'project': return through(plan.input, plan.exprs[column])
      case 'aggregate': case 'partial-aggregate': return through(plan.input, plan.groups[column])
      case 'filter': case 'sort': case 'limit': case 'distinct': return originOf(plan.input, column)
      case 'window': return column < plan.input.types.length ? originOf(plan.input, column) : undefined
      case 'join': {
        const width = plan.left.types.length
        if (column < width) return originOf(plan.left, column)
        return plan.joinType === 'mark' ? undefined : originOf(plan.right, column - width)
      }
      case 'delim-scan': {
        const found = delims.get(plan.delimId)
        if (found === undefined) return undefined
        return through(found.delim.source === 'left' ? found.join.left : found.join.right, found.delim.keys[column])
      }
      case 'cte': return originOf(plan.body, column)
      case 'cte-scan': {
        const definition = definitions.get(plan.cteId)
        return definition === undefined ? undefined : originOf(definition, column)
      }
      case 'set-operation': case 'values': case 'shuffle-read': case 'replicated-scan': case 'pick':
      case 'final-aggregate': case 'key-sample': case 'range-number': case 'other-ranges':
      case 'positional-join': case 'unnest': case 'table-function': case 'sample': case 'computed-limit':
      case 'recursive-cte': case 'whole-select':
        return undefined
    }
    return assertNever(plan)
  }
  const through = (input: Plan, expr: Expr | undefined): ColumnOrigin | undefined => {
    const column = expr === undefined ? undefined : keyColumn(expr)
    return column === undefined ? undefined : originOf(input, column)
  }
  return originOf
}
