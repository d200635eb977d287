import { assertNever, bigintType, sameType, type DataType } from '@arbalest/common'
import type { Expr } from '../expr.js'
import type { Plan } from '../plan.js'
import { typeOf } from '../walk-expressions.js'
import { operatorsOf } from '../walk.js'
import { holds, type Check } from './check.js'

/** The types of an operator's columns are those of what the columns are made of. */
export const typesAgree: Check = (plan) => {
  for (const node of operatorsOf(plan)) {
    for (const types of typesMadeFrom(node)) {
      holds(types.length === node.types.length, node, `it has ${types.length} columns, not ${node.types.length}`)
      types.forEach((type, index) => {
        const said = node.types[index]
        if (type === undefined || said === undefined) return
        holds(sameType(type, said), node, `column ${index} has the type of what it is made of`)
      })
    }
  }
}

/** The types that follow from the operator, one list for each way; `undefined` where nothing says it. */
function typesMadeFrom(plan: Plan): readonly (readonly (DataType | undefined)[])[] {
  switch (plan.kind) {
    case 'scan':
      return [
        plan.columns.map((column) =>
          column.kind === 'table' ? plan.tableColumns[column.index]?.type : undefined,
        ),
      ]
    case 'replicated-scan':
      return [plan.scan.types]
    case 'shuffle-read':
    case 'delim-scan':
    case 'cte-scan':
      return []
    case 'values':
      return plan.rows.slice(0, 1).map((row) => row.map(typeOf))
    case 'project':
      return [plan.exprs.map(typeOf)]
    case 'filter':
    case 'sort':
    case 'limit':
    case 'computed-limit':
    case 'sample':
    case 'distinct':
    case 'pick':
    case 'other-ranges':
      return [plan.input.types]
    case 'key-sample':
      return [[undefined, bigintType]]
    case 'range-number':
      return [[...plan.input.types, bigintType]]
    case 'window':
      return [[...plan.input.types, ...plan.calls.map(typeOf)]]
    case 'aggregate':
      return [[...plan.groups.map(typeOf), ...plan.aggregates.map(typeOf), ...plan.groupingFunctions.map(unsaid)]]
    case 'partial-aggregate':
      return [[...plan.groups.map(typeOf), ...plan.partials.map(typeOf)]]
    case 'final-aggregate': {
      const groups = plan.input.types.slice(0, plan.groupCount)
      return [[...groups, ...plan.merges.map(typeOf), ...plan.groupingFunctions.map(unsaid)]]
    }
    case 'set-operation':
      return plan.inputs.map((input) => input.types)
    case 'cte':
      return [plan.body.types]
    // only the text says it
    case 'whole-select':
      return [plan.types]
    case 'recursive-cte':
      return [plan.initial.types, plan.step.types]
    case 'positional-join':
      return [[...plan.left.types, ...plan.right.types]]
    case 'unnest':
      return [[...plan.input.types, ...plan.lists.map(elementType)]]
    case 'table-function': {
      const own = plan.types.slice(0, plan.types.length - plan.passed.length)
      return [[...own, ...plan.passed.map((position) => plan.input.types[position])]]
    }
    case 'join':
      switch (plan.joinType) {
        case 'semi':
        case 'anti':
          return [plan.left.types]
        case 'mark':
          return [[...plan.left.types, undefined]]
        case 'inner':
        case 'left':
        case 'right':
        case 'full':
        case 'single':
          return [[...plan.left.types, ...plan.right.types]]
      }
      return assertNever(plan.joinType)
  }
  return assertNever(plan)
}

const unsaid = () => undefined

function elementType(list: Expr): DataType | undefined {
  const type = typeOf(list)
  return type.kind === 'list' ? type.child : undefined
}
