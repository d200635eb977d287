/**
 * A plan as people read it: one line for each operator, inputs indented below it.
 *
 *   Limit 10
 *     Sort sum(l_quantity) DESC
 *       Aggregate by l_returnflag: sum(l_quantity)
 *         Scan lineitem (l_quantity, l_returnflag)
 */
import { assertNever } from '@arbalest/common'
import { columnNaming, type ColumnNaming } from './column-names.js'
import type { Expr } from './expr.js'
import type {
  Aggregate, FinalAggregate, Join, PartialAggregate, Plan, RecursiveCte, Scan, SetOperation,
} from './plan.js'
import { printExpr, printOrders } from './print-expression.js'
import { childrenOf } from './walk.js'

/** `ids` puts the operator's id in front, as decisions and exchanges name it. */
export interface PrintOptions { readonly ids?: boolean }

/** The tree as lines without a final line end. */
export function printPlan(plan: Plan, options: PrintOptions = {}): string {
  const naming = columnNaming(plan)
  const lines: string[] = []
  const open: { readonly node: Plan; readonly depth: number }[] = [{ node: plan, depth: 0 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next
    const id = options.ids === true ? `n${node.id} ` : ''
    lines.push('  '.repeat(depth) + id + printOperator(node, naming))
    for (const child of childrenOf(node).toReversed()) open.push({ node: child, depth: depth + 1 })
  }
  return lines.join('\n')
}

function printOperator(plan: Plan, naming: ColumnNaming): string {
  const [input] = childrenOf(plan)
  const names = namesAt(input === undefined ? [] : naming.of(input))
  const list = (exprs: readonly Expr[]) => exprs.map((expr) => printExpr(expr, names)).join(', ')
  const ownColumns = columnList(plan, naming)
  switch (plan.kind) {
    case 'scan': return `Scan ${printScan(plan, ownColumns)}`
    case 'replicated-scan': return `ReplicatedScan ${printScan(plan.scan, ownColumns)}`
    case 'shuffle-read': return `ShuffleRead stage ${plan.stageId} ${plan.mode} ${ownColumns}`
    case 'values': return `Values ${plan.rows.length} ${plan.rows.length === 1 ? 'row' : 'rows'}`
    case 'project': return `Project ${list(plan.live.flatMap((i) => plan.exprs[i] ?? []))}`.trimEnd()
    case 'filter': return `Filter ${plan.predicates.map((expr) => printExpr(expr, names)).join(' AND ')}`
    case 'aggregate': return printAggregate(plan, naming)
    case 'partial-aggregate': return printPartial(plan, naming)
    case 'final-aggregate': return printFinal(plan, naming)
    case 'join': return printJoin(plan, naming)
    case 'delim-scan': return `DelimScan ${plan.delimId} ${ownColumns}`
    case 'sort': return `Sort ${printOrders(plan.orders, names)}`
    case 'limit': return `Limit ${plan.count ?? 'all'}${plan.offset === 0 ? '' : ` offset ${plan.offset}`}`
    case 'distinct': {
      if (plan.on === undefined) return 'Distinct'
      const orders = plan.orders.length === 0 ? '' : ` order by ${printOrders(plan.orders, names)}`
      return `Distinct on ${list(plan.on)}${orders}`
    }
    case 'window': {
      const width = plan.input.types.length
      return `Window ${list(plan.calls.filter((_, i) => plan.live.includes(width + i)))}`.trimEnd()
    }
    case 'set-operation': return printSetOperation(plan)
    case 'cte': return `Cte ${plan.cteId}`
    case 'cte-scan': return `CteScan ${plan.cteId} ${ownColumns}`
    case 'key-sample': return `KeySample ${printOrders(plan.orders, names)}`
    case 'range-number': return `RangeNumber of ${plan.partitions} by ${printOrders(plan.orders, names)}`
    case 'recursive-cte': return printRecursive(plan, names)
    case 'positional-join': return 'PositionalJoin'
    case 'whole-select': return `WholeSelect ${plan.sql.replace(/\s+/g, ' ')}`
    case 'unnest': return `Unnest ${list(plan.lists)}`
    case 'table-function': return `TableFunction ${plan.name}(${list(plan.args)})`
    case 'sample': return `Sample ${plan.size.count} ${plan.size.unit} ${plan.method}`
    case 'computed-limit': {
      const count = plan.count === undefined ? 'all' : list([plan.count])
      return `Limit ${count}${plan.unit === 'percent' ? ' percent' : ''}` +
        (plan.offset === undefined ? '' : ` offset ${list([plan.offset])}`)
    }
    case 'other-ranges': return `OtherRanges ${plan.side} by ${names(plan.column)}`
    case 'pick': return plan.keys === undefined ? 'Pick in one task' : `Pick by hash(${list(plan.keys)})`
  }
  return assertNever(plan)
}

const namesAt = (names: readonly string[]) => (index: number) => names[index] ?? `c${index}`

const columnList = (plan: Plan, naming: ColumnNaming): string =>
  `(${plan.live.map(namesAt(naming.of(plan))).join(', ')})`

function printScan(scan: Scan, columns: string): string {
  const names = (index: number) => scan.tableColumns[index]?.name ?? `c${index}`
  return `${scan.table} ${columns}${scan.predicate === undefined ? '' : ` where ${printExpr(scan.predicate, names)}`}`
}

function printAggregate(plan: Aggregate, naming: ColumnNaming): string {
  const names = namesAt(naming.of(plan.input))
  const groups = plan.groups.map((group) => printExpr(group, names))
  const width = plan.groups.length
  const calls = plan.aggregates.filter((_, i) => plan.live.includes(width + i)).map((call) => printExpr(call, names))
  return grouped('Aggregate', groups, plan.groupingSets, calls)
}

function printPartial(plan: PartialAggregate, naming: ColumnNaming): string {
  const names = namesAt(naming.of(plan.input))
  const print = (expr: Expr) => printExpr(expr, names)
  return grouped('PartialAggregate', plan.groups.map(print), undefined, plan.partials.map(print))
}

function printFinal(plan: FinalAggregate, naming: ColumnNaming): string {
  const input = naming.of(plan.input)
  const merges = plan.merges.filter((_, i) => plan.live.includes(plan.groupCount + i))
  const calls = merges.map((expr) => printExpr(expr, namesAt(input)))
  return grouped('FinalAggregate', input.slice(0, plan.groupCount), plan.groupingSets, calls)
}

function grouped(
  word: string,
  groups: readonly string[],
  sets: Aggregate['groupingSets'],
  calls: readonly string[],
): string {
  const by =
    sets === undefined
      ? groups.join(', ')
      : `sets ${sets.map((set) => `(${set.map((at) => groups[at] ?? '').join(', ')})`).join(', ')}`
  return `${word}${by === '' ? '' : ` by ${by}`}${calls.length === 0 ? '' : `: ${calls.join(', ')}`}`
}

function printJoin(join: Join, naming: ColumnNaming): string {
  const [left, right] = [naming.of(join.left), naming.of(join.right)]
  const both = namesAt([...left, ...right])
  const on = [
    ...join.conditions.map(
      (item) => `${printExpr(item.left, namesAt(left))} ${item.operator} ${printExpr(item.right, namesAt(right))}`,
    ),
    ...join.residual.map((expr) => printExpr(expr, both)),
  ]
  const isCross = on.length === 0 && join.joinType === 'inner'
  const { delim } = join
  const keys =
    delim === undefined
      ? ''
      : `, delim ${delim.delimId} from ${delim.source}: ` +
        delim.keys.map((key) => printExpr(key, namesAt(delim.source === 'left' ? left : right))).join(', ')
  const asof = join.isAsof === true ? 'asof ' : ''
  return `Join ${asof}${isCross ? 'cross' : join.joinType}${on.length === 0 ? '' : ` on ${on.join(' AND ')}`}${keys}`
}

function printRecursive({ cteId, all, keys }: RecursiveCte, names: (index: number) => string): string {
  return `RecursiveCte ${cteId}${all ? ' all' : ''}${keys.length === 0 ? '' : ` by ${keys.map(names).join(', ')}`}`
}

const printSetOperation = ({ operation, all }: SetOperation): string =>
  `${operation.charAt(0).toUpperCase()}${operation.slice(1)}${all ? ' all' : ''}`
