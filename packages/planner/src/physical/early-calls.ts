/**
 * Aggregate calls as partial values of one input of a join and their merge over the joined rows: the two-phase forms,
 * where the second phase also counts each partial value as often as its rows have partners.
 */
import { assert, bigintType, isInteger } from '@arbalest/common'
import { columnsUsed, mapColumns, someExpr, transformExpr, typeOf, type AggregateCall, type Expr } from '@arbalest/plan'
import { allOf, constant } from './build-expression.js'
import { cannotFail, digitsBeforePoint } from './infallible.js'
import { baseColumn, type JoinPath } from './join-path.js'
import { splitAggregate } from './split-aggregate.js'
import type { SplitAggregate } from './split-form.js'

/** Their value is the same however often a row comes, and whatever order rows come in. */
const repeatFree = new Set(['min', 'max', 'bool_and', 'bool_or', 'bit_and', 'bit_or'])
const addable = new Set(['sum', 'avg'])
/** Digits of more rows than any aggregate sees, and those that a HUGEINT has at least. */
const digitsOfRows = 13
const digitsOfSum = 38

/** A call over the joined rows alone, or one of partial values of the base. */
export type EarlyCall =
  | { readonly kind: 'kept'; readonly call: AggregateCall }
  | { readonly kind: 'split'; readonly form: SplitAggregate; readonly filter: Expr | undefined }

/**
 * The call over the base of a path, its partials over the base's columns; undefined where it needs every row. What a
 * partial computes must not fail: the rows may be such as the joins drop. Sums are of exact types.
 */
export function earlyCall(whole: AggregateCall, path: JoinPath): EarlyCall | undefined {
  const call = withCaseAsFilter(whole)
  const isOfOthers = (exprs: readonly Expr[]) =>
    [...columnsUsed(exprs)].every((column) => baseColumn(path, column) === undefined)
  const isOfBase = (exprs: readonly Expr[]) =>
    [...columnsUsed(exprs)].every((column) => baseColumn(path, column) !== undefined)
  if (call.orders.length > 0 || isVolatile(call)) return undefined
  const filters = call.filter === undefined ? [] : [call.filter]
  if (call.distinct || (repeatFree.has(call.name) && call.args.length === 1 && isOfOthers(call.args))) {
    return isOfOthers([...call.args, ...filters]) ? { kind: 'kept', call } : undefined
  }
  if (!isOfBase(call.args) || !canBePartial(call, path.isNullable)) return undefined
  const isFilteredAbove = filters.length > 0 && isOfOthers(filters)
  const isFilteredBelow = !isFilteredAbove && !path.isNullable && isOfBase(filters) && filters.every(cannotFail)
  if (filters.length > 0 && !isFilteredAbove && !isFilteredBelow) return undefined
  const below = mapCall({ ...call, filter: isFilteredAbove ? undefined : call.filter }, (column) =>
    baseColumn(path, column) ?? column)
  const form = splitAggregate(below)
  const filter = isFilteredAbove ? call.filter : undefined
  return form && { kind: 'split', form: path.isNullable ? withLoneRows(form) : form, filter }
}

/** The call over other columns. */
export function mapCall(call: AggregateCall, map: (column: number) => Expr | number): AggregateCall {
  const moved = mapColumns(call, map)
  assert(moved.kind === 'aggregate', 'only columns change')
  return moved
}

/** `sum(CASE WHEN a THEN b END)` is `sum(b) FILTER (a)`, for all that pass over NULL. */
function withCaseAsFilter(call: AggregateCall): AggregateCall {
  const [arg] = call.args
  if (arg?.kind !== 'case' || call.args.length > 1 || call.distinct) return call
  const [branch] = arg.branches
  const { otherwise } = arg
  if (branch === undefined || arg.branches.length > 1 || otherwise.kind !== 'constant') return call
  if (otherwise.value.kind !== 'null' || !canBePartial({ ...call, args: [branch.then] }, false)) return call
  return { ...call, args: [branch.then], filter: allOf([call.filter, branch.when]) }
}

const isVolatile = (call: AggregateCall): boolean =>
  someExpr(call, (part) => part.kind === 'function' && part.isVolatile)

/** Where rows of the base may be missing, NULL in its columns must give NULL, as the missing partial value is. */
function canBePartial({ name, args }: AggregateCall, isNullable: boolean): boolean {
  const [arg] = args
  if (arg === undefined) return name === 'count'
  if (args.length > 1 || !cannotFail(arg) || (isNullable && !isStrict(arg))) return false
  if (addable.has(name)) return isSummable(arg)
  return name === 'count' || name === 'bit_xor' || repeatFree.has(name)
}

/** Whether no sum over any number of rows leaves its type, in whatever order it is taken. */
function isSummable(arg: Expr): boolean {
  const type = typeOf(arg)
  if (type.kind !== 'decimal' && !isInteger(type)) return false
  const places = type.kind === 'decimal' ? type.scale : 0
  return digitsBeforePoint(arg) + places + digitsOfRows <= digitsOfSum
}

function isStrict(expr: Expr): boolean {
  if (expr.kind === 'column') return true
  if (expr.kind === 'cast') return isStrict(expr.input)
  return expr.kind === 'function' && expr.infix && expr.args.some(isStrict)
}

/** A row without a partner in the base has no partial values: for `count(*)` it counts once. */
function withLoneRows(form: SplitAggregate): SplitAggregate {
  const [first] = form.partials
  const countsRows = form.partials.length === 1 && first?.name === 'count' && first.args.length === 0
  if (!countsRows) return form
  const counted = (column: Expr): Expr =>
    ({ kind: 'operator', operator: 'coalesce', args: [column, constant('1', bigintType)], type: bigintType })
  return { ...form, merge: (column) => form.merge((partial) => counted(column(partial))) }
}

/** The calls inside of merges as calls of their own, and the merges over their values from position `first` on. */
export function liftCalls(first: number) {
  const calls: AggregateCall[] = []
  const texts: string[] = []
  const placed = (call: AggregateCall): Expr => {
    const text = JSON.stringify(call)
    const known = texts.indexOf(text)
    if (known < 0) texts.push(text)
    const at = known < 0 ? calls.push(call) - 1 : known
    return { kind: 'column', index: first + at, type: call.type }
  }
  const lift = (merge: Expr, filter: Expr | undefined): Expr =>
    transformExpr(merge, (part) => (part.kind === 'aggregate' ? placed({ ...part, filter }) : part))
  return { calls, placed, lift }
}
