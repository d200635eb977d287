/**
 * The way from the topmost of some joins down to one of the inputs that they join: which columns of that input the
 * joins need, and the same joins over another plan in its place.
 */
import { present } from '@arbalest/common'
import { columnsUsed, exprsOf, mapColumns, someExpr, type Expr, type Join, type Plan } from '@arbalest/plan'
import { isEquality } from './join-keys.js'

export interface JoinStep { readonly join: Join; readonly side: 'left' | 'right' }

export interface JoinPath {
  /** From the topmost join on. */
  readonly steps: readonly JoinStep[]
  readonly base: Plan
  /** Whether a row above may have NULLs in the place of all columns of the base. */
  readonly isNullable: boolean
}

/** All inputs of joins below `top` in which equal rows meet the same rows of the others. */
export function joinPaths(top: Plan): readonly JoinPath[] {
  const found: JoinPath[] = []
  const visit = (plan: Plan, steps: readonly JoinStep[], isNullable: boolean): void => {
    if (steps.length > 0) found.push({ steps, base: plan, isNullable })
    if (plan.kind !== 'join' || !pairsByValue(plan)) return
    visit(plan.left, [...steps, { join: plan, side: 'left' }], isNullable)
    visit(plan.right, [...steps, { join: plan, side: 'right' }], isNullable || plan.joinType === 'left')
  }
  visit(top, [], false)
  return found
}

/** Whether equal rows of a side have the same partners, and at most so many as one equality finds. */
const pairsByValue = (join: Join): boolean =>
  (join.joinType === 'inner' || join.joinType === 'left') && join.isAsof !== true && join.delim === undefined &&
  join.conditions.some(isEquality) &&
  !exprsOf(join).some((expr) => someExpr(expr, (part) => part.kind === 'function' && part.isVolatile))

/** The columns of the base that are looked at by the joins, or are among `columns` of the topmost output. */
export function columnsOfBase({ steps }: JoinPath, columns: Iterable<number>): readonly number[] {
  let wanted = new Set(columns)
  for (const { join, side } of steps) {
    const width = join.left.types.length
    const all = [...wanted, ...columnsUsed(join.residual)]
    const own = side === 'left' ? all.filter((at) => at < width) : all.flatMap((at) => (at < width ? [] : at - width))
    wanted = new Set([...own, ...columnsUsed(join.conditions.map((condition) => condition[side]))])
  }
  return [...wanted].sort((a, b) => a - b)
}

/** Where a column of the topmost output stands in the base; undefined where it comes from another input. */
export function baseColumn({ steps }: JoinPath, column: number): number | undefined {
  let at = column
  for (const { join, side } of steps) {
    const width = join.left.types.length
    if ((at < width) !== (side === 'left')) return undefined
    if (side === 'right') at -= width
  }
  return at
}

/** A plan that stands for the base: `kept` are the base's columns that it has first, all others are new. */
export interface NewBase { readonly plan: Plan; readonly kept: readonly number[] }

export interface NewTop {
  readonly plan: Plan
  /** Where a column of the old topmost output stands now. */
  at(column: number): number
  /** Where the first new column stands; the others follow. */
  readonly firstNew: number
}

interface Place { readonly plan: Plan; readonly places: ReadonlyMap<number, number>; readonly firstNew: number }

/** The joins over another base; columns that it does not have are wanted by nobody. */
export function overNewBase({ steps }: JoinPath, { plan, kept }: NewBase): NewTop {
  const newCount = plan.types.length - kept.length
  let below: Place = { plan, places: new Map(kept.map((column, at) => [column, at])), firstNew: kept.length }
  for (const step of steps.toReversed()) below = oneJoin(step, below, newCount)
  const { plan: top, places, firstNew } = below
  return { plan: top, at: (column) => present(places.get(column), 'what is looked at is kept'), firstNew }
}

function oneJoin({ join, side }: JoinStep, below: Place, newCount: number): Place {
  const oldWidth = join.left.types.length
  const left = side === 'left' ? below.plan : join.left
  const right = side === 'right' ? below.plan : join.right
  const width = left.types.length
  const places = new Map<number, number>()
  for (const at of join.types.keys()) {
    const isLeft = at < oldWidth
    const own = isLeft ? at : at - oldWidth
    const moved = isLeft === (side === 'left') ? below.places.get(own) : own
    if (moved !== undefined) places.set(at, isLeft ? moved : moved + width)
  }
  const firstNew = side === 'left' ? below.firstNew : below.firstNew + width
  const added = Array.from({ length: newCount }, (_, index) => firstNew + index)
  const live = [...join.live.flatMap((at) => places.get(at) ?? []), ...added].sort((a, b) => a - b)
  const moveBase = (expr: Expr) => mapColumns(expr, (at) => present(below.places.get(at), 'keys of joins are kept'))
  const conditions = join.conditions.map((condition) => ({ ...condition, [side]: moveBase(condition[side]) }))
  const residual = join.residual.map((expr) =>
    mapColumns(expr, (at) => present(places.get(at), 'what joins look at is kept')))
  const types = [...left.types, ...right.types]
  return { plan: { ...join, left, right, conditions, residual, types, live }, places, firstNew }
}
