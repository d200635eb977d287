/**
 * By which of its groups an aggregate's rows had best be divided, so that the joins, windows and groupings
 * above find them where they want them: rows that meet by some of the groups meet by all of them. A pass from
 * the root down, since whoever reads the rows says what it wants.
 */
import { assertNever } from '@arbalest/common'
import { childrenOf, operatorsOf, type Aggregate, type Expr, type Join, type Plan, type Window } from '@arbalest/plan'
import { isEquality } from './join-keys.js'
import { keyColumn } from './key-columns.js'

/** Columns by which readers of an operator want its rows together; empty where they want nothing. */
type Wish = readonly number[]

/**
 * Positions among the groups, by the id of the aggregate; or among the columns, by the id of the DISTINCT. None
 * for those whose readers want nothing of that kind. `isSmall`: whether every task will have all rows of a plan.
 */
export function wantedKeys(root: Plan, isSmall: (plan: Plan) => boolean): ReadonlyMap<number, Wish> {
  const found = new Map<number, Wish>()
  const ofCtes = new Map<number, Wish>()
  const visit = (plan: Plan, wish: Wish): void => {
    switch (plan.kind) {
      case 'aggregate': return visitAggregate(plan, wish)
      case 'distinct':
        if (plan.on === undefined && wish.length > 0) found.set(plan.id, wish)
        return visit(plan.input, plan.on === undefined ? wish : [])
      case 'join': return visitJoin(plan, wish)
      case 'project': return visit(plan.input, wish.flatMap((column) => plainColumn(plan.exprs[column])))
      case 'window': return visit(plan.input, wishOfWindow(plan, wish))
      case 'filter': return visit(plan.input, wish)
      case 'partial-aggregate': return visit(plan.input, wish.flatMap((column) => plainColumn(plan.groups[column])))
      case 'set-operation': return plan.inputs.forEach((input) => visit(input, wish))
      case 'cte':
        visit(plan.body, wish)
        return visit(plan.definition, ofCtes.get(plan.cteId) ?? [])
      case 'cte-scan': return void ofCtes.set(plan.cteId, together(ofCtes.get(plan.cteId) ?? [], wish))
      case 'sort': case 'limit': case 'unnest': case 'sample': case 'computed-limit': case 'table-function':
      case 'positional-join': case 'recursive-cte': case 'whole-select':
        return childrenOf(plan).forEach((input) => visit(input, []))
      case 'scan': case 'values': case 'delim-scan': case 'shuffle-read': case 'replicated-scan': case 'pick':
      case 'final-aggregate': case 'key-sample': case 'range-number': case 'other-ranges':
        return
    }
    return assertNever(plan)
  }
  const visitAggregate = (plan: Aggregate, wish: Wish): void => {
    const keys = plan.groupingSets === undefined ? wish.filter((column) => column < plan.groups.length) : []
    if (keys.length > 0) found.set(plan.id, keys)
    const asked = keys.length > 0 ? keys.map((key) => plan.groups[key]) : [...plan.groups, ...countedAlone(plan)]
    visit(plan.input, plan.groupingSets === undefined ? asked.flatMap(plainColumn) : [])
  }
  const visitJoin = (plan: Join, wish: Wish): void => {
    const { left, right } = plan.delim === undefined ? sidesOf(plan, wish, isSmall) : { left: [], right: [] }
    visit(plan.left, left)
    visit(plan.right, right)
  }
  visit(root, [])
  return found
}

/** What `count(DISTINCT …)` without groups counts, which wants equal values together. */
const countedAlone = ({ groups, aggregates }: Aggregate): readonly Expr[] =>
  groups.length > 0 ? [] : aggregates.flatMap(({ distinct, args }) => (distinct ? args.slice(0, 1) : []))

/** What both want; where they agree on nothing, what was wanted first. */
function together(first: Wish, second: Wish): Wish {
  if (first.length === 0 || second.length === 0) return first.length === 0 ? second : first
  const both = first.filter((column) => second.includes(column))
  return both.length === 0 ? first : both
}

const plainColumn = (expr: Expr | undefined): Wish => {
  const column = expr === undefined ? undefined : keyColumn(expr)
  return column === undefined ? [] : [column]
}

/** The keys of a join, or those of them that its reader wants, too. A side that every task has wants no division. */
function sidesOf(plan: Join, wish: Wish, isSmall: (plan: Plan) => boolean): { left: Wish, right: Wish } {
  const width = plan.left.types.length
  const leftWish = wish.filter((at) => at < width)
  const rightWish = wish.flatMap((at) => (at < width ? [] : [at - width]))
  const pairs = plan.conditions.filter(isEquality).flatMap((condition) => {
    const [left] = plainColumn(condition.left)
    const [right] = plainColumn(condition.right)
    return left === undefined || right === undefined ? [] : [{ left, right }]
  })
  if (pairs.length === 0 || isSmall(plan.left) || isSmall(plan.right)) return { left: leftWish, right: rightWish }
  const asked = pairs.filter(({ left, right }) => leftWish.includes(left) || rightWish.includes(right))
  const keys = asked.length > 0 ? asked : pairs
  return { left: keys.map(({ left }) => left), right: keys.map(({ right }) => right) }
}

/** What all calls are computed within, or those of them that the reader wants, too. */
function wishOfWindow(plan: Window, wish: Wish): Wish {
  const [first = [], ...others] = plan.calls.map(({ partitions }) => partitions.flatMap(plainColumn))
  const common = first.filter((column) => others.every((columns) => columns.includes(column)))
  const asked = wish.filter((column) => column < plan.input.types.length)
  return common.length === 0 ? asked : together(common, asked)
}

/** Whether the tables of a plan have no more rows than every task reads whole. */
export function hasSmallTables(plan: Plan, rowsOf: (source: string) => number, rowsMax: number): boolean {
  const operators = operatorsOf(plan)
  return operators.every((one) => one.kind !== 'cte-scan' && one.kind !== 'delim-scan' && one.kind !== 'recursive-cte')
    && operators.every((one) => one.kind !== 'scan' || rowsOf(one.source) <= rowsMax)
}
