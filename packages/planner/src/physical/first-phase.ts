/**
 * The first phase of an aggregate where nobody knows whether it puts rows together: each task looks at some of its
 * own rows, and where hardly any group repeats among them it hands on every row as a partial value of its own.
 *
 * Of n rows with equally likely groups, D of them, about n² / 2D repeat one before (the birthday problem); a task of R
 * rows comes to D (1 - exp(-R / D)) groups, which is three quarters of R where D is R / 0.6.
 */
import { bigintType, present, sameType } from '@arbalest/common'
import {
  mapColumns, typeOf, type AggregateCall, type Expr, type Limit, type PartialAggregate, type Plan,
  type Project, type Scan, type ScanColumn, type ShuffleRead,
} from '@arbalest/plan'
import { cast, choose, constant, isNotNull, nullOf } from './build-expression.js'
import type { Fragment } from './fragment.js'
import type { UnfoldContext } from './unfold-context.js'

/** Rows that a task reads to look at. */
const readRows = 32_768
/** Those that filters keep are too few to tell anything below this. */
const keptRowsMin = 2_048
/** Tasks with fewer rows do not look, which takes some milliseconds. */
const rowsMin = 200_000
/** R / D where a task comes to three quarters of its rows. */
const rowsByGroups = 0.6

/**
 * Rows that a task reads where it pays to look whether they have groups in common: undefined where reading some of
 * them costs much, or where there are few.
 */
export function doubtfulRows(
  input: Fragment,
  partials: readonly AggregateCall[],
  { tasks }: Pick<UnfoldContext, 'tasks'>,
): number | undefined {
  const rows = input.domainRows / tasks
  if (rows < rowsMin || leafOf(input.plan) === undefined) return undefined
  return partials.every((partial) => ofOneRow(partial) !== undefined) ? rows : undefined
}

/** The rows that come out of the task without a first phase, of the same columns. */
export function withoutFirstPhase({ id, input, groups, partials, types, live }: PartialAggregate): Project {
  const values = partials.map((partial) => present(ofOneRow(partial), 'a doubtful first phase can be left out'))
  return { kind: 'project', id, input, exprs: [...groups, ...values], types, live }
}

/** Some rows of the task with their groups alone, and the leaf they come from. */
export function someGroups({ id, input, groups }: PartialAggregate): { readonly plan: Project; readonly leaf: Leaf } {
  const types = groups.map(typeOf)
  const plan: Project = {
    kind: 'project', id, input: someRows(input), exprs: groups, types, live: types.map((_, index) => index),
  }
  return { plan, leaf: present(leafOf(input), 'a doubtful first phase reads one input') }
}

/** One BOOLEAN over the groups of some rows: whether hardly any repeats. `rows` are those of a task. */
export function hardlyRepeats(groups: string, names: readonly string[], rows: number): string {
  const share = (rowsByGroups / 2) * (readRows / Math.max(readRows, rows))
  const distinct = `count(DISTINCT hash(${names.join(', ')}))`
  return `SELECT count(*) >= ${keptRowsMin} AND count(*) - ${distinct} <= ${share} * count(*) FROM (${groups}) AS seen`
}

type Leaf = Scan | ShuffleRead

/** The one input of a plan that takes its rows one by one. */
function leafOf(plan: Plan): Leaf | undefined {
  if (plan.kind === 'filter' || plan.kind === 'project') return leafOf(plan.input)
  return plan.kind === 'scan' || plan.kind === 'shuffle-read' ? plan : undefined
}

/** The plan over the first rows of its input: filters come after, so that they do not make it read more. */
function someRows(plan: Plan): Plan {
  if (plan.kind === 'filter' || plan.kind === 'project') return { ...plan, input: someRows(plan.input) }
  return plan.kind === 'scan' ? filteredLater(plan) : firstRows(plan)
}

const firstRows = (input: Plan): Limit => {
  const { id, types, live } = input
  return { kind: 'limit', id, input, count: readRows, offset: 0, types, live }
}

function filteredLater(scan: Scan): Plan {
  const { predicate, live, types, id } = scan
  if (predicate === undefined) return firstRows(scan)
  const columns: ScanColumn[] = [...scan.columns]
  const more = [...types]
  const added: number[] = []
  const moved = mapColumns(predicate, (index): Expr => {
    const { type } = present(scan.tableColumns[index], 'a predicate looks at columns of the table')
    added.push(columns.length)
    more.push(type)
    return { kind: 'column', index: columns.push({ kind: 'table', index }) - 1, type }
  })
  const whole: Scan = { ...scan, predicate: undefined, columns, types: more, live: [...live, ...added] }
  return { kind: 'filter', id, input: firstRows(whole), predicates: [moved], types: more, live }
}

/** These give the one value they are given. */
const sameOfOne = new Set([
  'min', 'max', 'bool_and', 'bool_or', 'bit_and', 'bit_or', 'bit_xor', 'first', 'last', 'any_value', 'arbitrary',
])
/** These too, as the type of their sums. */
const sumsOfOne = new Set(['sum', 'count_if', 'product', 'fsum', 'sumkahan', 'kahan_sum'])

/** What the aggregate gives of one row; undefined where no expression says it. */
function ofOneRow({ name, args, filter, orders, distinct, type }: AggregateCall): Expr | undefined {
  if (distinct || orders.length > 0 || args.length > 1) return undefined
  const [argument] = args
  const kept = (value: Expr, none: Expr): Expr => (filter === undefined ? value : choose(filter, value, none, type))
  if (name === 'count') {
    const [one, zero] = [constant('1', bigintType), constant('0', bigintType)]
    return kept(argument === undefined ? one : choose(isNotNull(argument), one, zero, bigintType), zero)
  }
  if (argument === undefined) return undefined
  if (sumsOfOne.has(name)) return kept(cast(argument, type), nullOf(type))
  return sameOfOne.has(name) && sameType(typeOf(argument), type) ? kept(argument, nullOf(type)) : undefined
}
