/** Which columns of its inputs an operator looks at: pruning asks it, and so does the check of plans. */
import { assertNever } from '@arbalest/common'
import type { Expr } from './expr.js'
import type { Join, Plan } from './plan.js'
import { columnsUsed } from './walk-expressions.js'

export type InputNeed = readonly [input: Plan, columns: Iterable<number>]

/** For each input the positions used to give `live` of the operator's columns; some may come twice. */
export function inputNeeds(plan: Plan, live: readonly number[]): readonly InputNeed[] {
  switch (plan.kind) {
    case 'scan':
    case 'replicated-scan':
    case 'shuffle-read':
    case 'values':
    case 'delim-scan':
    case 'cte-scan':
      return []
    case 'project':
      return [[plan.input, columnsUsed(at(plan.exprs, live))]]
    case 'filter':
      return [[plan.input, [...live, ...columnsUsed(plan.predicates)]]]
    case 'sort':
      return [[plan.input, [...live, ...columnsUsed(plan.orders.map((order) => order.expr))]]]
    case 'limit':
      return [[plan.input, live]]
    case 'other-ranges':
      return [[plan.input, [...live, plan.column]]]
    case 'pick':
      return [[plan.input, [...live, ...columnsUsed(plan.keys ?? [])]]]
    case 'key-sample':
      return [[plan.input, columnsUsed(plan.orders.map((order) => order.expr))]]
    case 'range-number': {
      const passed = live.filter((index) => index < plan.input.types.length)
      const keys = columnsUsed(plan.orders.map((order) => order.expr))
      return [[plan.input, [...passed, ...keys]], [plan.samples, plan.samples.types.keys()]]
    }
    case 'aggregate':
      return [[plan.input, columnsUsed([...plan.groups, ...after(plan.groups.length, live, plan.aggregates)])]]
    case 'partial-aggregate':
      return [[plan.input, columnsUsed([...plan.groups, ...after(plan.groups.length, live, plan.partials)])]]
    case 'final-aggregate': {
      const groups = [...plan.input.types.keys()].filter((index) => index < plan.groupCount)
      return [[plan.input, [...groups, ...columnsUsed(after(plan.groupCount, live, plan.merges))]]]
    }
    case 'distinct': {
      if (plan.on === undefined) return [[plan.input, plan.input.types.keys()]]
      const exprs = [...plan.on, ...plan.orders.map((order) => order.expr)]
      return [[plan.input, [...live, ...columnsUsed(exprs)]]]
    }
    case 'window': {
      const width = plan.input.types.length
      const passed = live.filter((index) => index < width)
      return [[plan.input, [...passed, ...columnsUsed(after(width, live, plan.calls))]]]
    }
    case 'set-operation': {
      const isPlain = plan.operation === 'union' && plan.all
      return plan.inputs.map((input) => [input, isPlain ? live : input.types.keys()])
    }
    // the definition is needed by its scans, not by this operator
    case 'cte':
      return [[plan.body, live]]
    case 'join':
      return joinNeeds(plan, live)
    case 'positional-join': {
      const width = plan.left.types.length
      const right = live.flatMap((index) => (index < width ? [] : [index - width]))
      return [[plan.left, live.filter((index) => index < width)], [plan.right, right]]
    }
    case 'unnest': {
      const width = plan.input.types.length
      return [[plan.input, [...live.filter((index) => index < width), ...columnsUsed(plan.lists)]]]
    }
    case 'table-function': {
      const own = plan.types.length - plan.passed.length
      const passed = live.flatMap((index) => plan.passed[index - own] ?? [])
      return [[plan.input, [...passed, ...columnsUsed(plan.args)]]]
    }
    case 'sample':
      return [[plan.input, live]]
    case 'computed-limit':
      return [[plan.input, [...live, ...columnsUsed([plan.count, plan.offset].filter((expr) => expr !== undefined))]]]
    // a row that is told from the others by its columns has all of them
    case 'recursive-cte':
      return [[plan.initial, plan.initial.types.keys()], [plan.step, plan.step.types.keys()]]
    case 'whole-select':
      return plan.parts.map((part) => [part.plan, part.plan.types.keys()])
  }
  return assertNever(plan)
}

const at = (exprs: readonly Expr[], positions: readonly number[]): readonly Expr[] =>
  positions.flatMap((position) => exprs[position] ?? [])

/** The live ones of expressions whose outputs start at column `first`. */
const after = (first: number, live: readonly number[], exprs: readonly Expr[]): readonly Expr[] =>
  at(exprs, live.flatMap((index) => (index < first ? [] : [index - first])))

function joinNeeds(join: Join, live: readonly number[]): readonly InputNeed[] {
  const width = join.left.types.length
  const givesRight = join.joinType !== 'semi' && join.joinType !== 'anti' && join.joinType !== 'mark'
  const both = [
    ...live.filter((index) => index < width || givesRight),
    ...columnsUsed(join.residual),
  ]
  const keys = join.delim?.keys ?? []
  const left = [
    ...join.conditions.map((condition) => condition.left),
    ...(join.delim?.source === 'left' ? keys : []),
  ]
  const right = [
    ...join.conditions.map((condition) => condition.right),
    ...(join.delim?.source === 'right' ? keys : []),
  ]
  return [
    [join.left, [...both.filter((index) => index < width), ...columnsUsed(left)]],
    [join.right, [...both.flatMap((index) => (index < width ? [] : [index - width])), ...columnsUsed(right)]],
  ]
}
