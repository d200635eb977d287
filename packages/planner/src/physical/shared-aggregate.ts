/**
 * Aggregates without groups over the same tables as one: rows are grouped by which of the filters they fulfil,
 * and each filter's results are merged over the groups that fulfil it.
 *
 *   Aggregate: sum(a)     Aggregate: count(*)        Aggregate: sum(s) FILTER (f), sum(n) FILTER (g)
 *     t where f             t where g            ->    Aggregate by f, g: sum(a) s, count(*) n
 *                                                        t where f OR g
 *
 * There are few groups however many filters there are, for most rows fulfil one or two of them, and each row is
 * added to one group: `FILTER` at once over all rows takes DuckDB as long as scans of their own.
 */
import { booleanType, isInteger, present } from '@arbalest/common'
import {
  columnsUsed, transformExpr, typeOf, type Aggregate, type AggregateCall, type Expr, type Plan,
} from '@arbalest/plan'
import { allOf } from './build-expression.js'
import { cannotFail } from './infallible.js'
import { buildJoinTree, joinExprs, placed, readJoinTree, substituted, type JoinTree } from './join-tree.js'
import { mergePredicates } from './merged-predicate.js'
import { splitAggregate } from './split-aggregate.js'

/** An aggregate that others may be merged with. */
export interface Branch {
  readonly aggregate: Aggregate
  readonly tree: JoinTree
  /** For each wanted output column its call, over the columns of the tree's tables. */
  readonly calls: ReadonlyMap<number, AggregateCall>
  /** What `count(DISTINCT …)` counts, as text, where the aggregate has such calls. */
  readonly distinct: string | undefined
}

/** Undefined where computing the aggregate beside another one might change its answer, or raise an error. */
export function branchOf(plan: Plan): Branch | undefined {
  if (plan.kind !== 'aggregate' || plan.groups.length > 0 || plan.groupingSets !== undefined) return undefined
  if (plan.groupingFunctions.length > 0 || plan.live.length === 0) return undefined
  const tree = readJoinTree(plan.input)
  if (tree === undefined) return undefined
  const exprs = [...joinExprs(tree.shape), ...tree.leaves.flatMap(({ terms }) => terms)]
  if (!exprs.every(cannotFail)) return undefined
  const calls = new Map<number, AggregateCall>()
  const distinct = new Set<string>()
  for (const output of plan.live) {
    const call = present(plan.aggregates[output], 'an output without groups is a call')
    const args = substituted(call.args, tree.outputs)
    if (args === undefined || !isMergeable(call, args)) return undefined
    calls.set(output, { ...call, args })
    if (call.distinct) distinct.add(JSON.stringify(args))
  }
  if (distinct.size > 1) return undefined
  return { aggregate: plan, tree, calls, distinct: [...distinct][0] }
}

const exactCalls = new Set(['count', 'count_if', 'min', 'max', 'bool_and', 'bool_or', 'bit_and', 'bit_or', 'bit_xor'])
/** Decimals of so many digits add up without an overflow over any number of rows there is. */
const summedDigitsMax = 28

/** Calls that are the same however rows are grouped on the way, and fail for none. */
function isMergeable(call: AggregateCall, args: readonly Expr[]): boolean {
  if (call.filter !== undefined || call.orders.length > 0 || args.length > 1 || !args.every(cannotFail)) return false
  if (call.distinct) return call.name === 'count' && args.length === 1
  if (splitAggregate(call) === undefined) return false
  if (call.name !== 'sum' && call.name !== 'avg') return exactCalls.has(call.name)
  const [type] = args.map(typeOf)
  if (type === undefined) return false
  return isInteger(type) || (type.kind === 'decimal' && type.width <= summedDigitsMax)
}

export interface SharedAggregate {
  /** Gives one row. */
  readonly plan: Plan
  /** For each branch the expressions of its wanted output columns, over the columns of `plan`. */
  readonly readers: readonly ReadonlyMap<number, Expr>[]
}

/**
 * Branches whose trees have the same form and differ in the terms of the leaf at most; undefined where one scan
 * might read more than all of theirs.
 */
export function shareAggregates(
  branches: readonly Branch[],
  leaf: number,
  nextId: () => number,
): SharedAggregate | undefined {
  const { tree } = present(branches[0], 'there is a branch')
  const filters = filtersOf(branches, leaf)
  const { terms, skipsAlike } = mergePredicates(filters.conjunctions)
  if (!skipsAlike) return undefined
  const leaves = tree.leaves.map((one, at) => (at === leaf ? { ...one, terms: [...filters.common, ...terms] } : one))
  const calls = branches.flatMap((branch) => [...branch.calls.values()])
  const wanted = columnsUsed([...filters.groups, ...calls.flatMap(({ args }) => args)])
  const rows = buildJoinTree({ leaves, shape: tree.shape }, wanted, nextId)
  const own = (call: AggregateCall): AggregateCall => ({ ...call, args: call.args.map((arg) => placed(arg, rows.at)) })
  const marked = branches.map((branch, at) =>
    ({ calls: mapValues(branch.calls, own), mark: filters.marks[at] }))
  const groups = filters.groups.map((group) => placed(group, rows.at))
  return groups.length === 0 ? overRows(marked, rows.plan, nextId) : overGroups(marked, groups, rows.plan, nextId)
}

interface Marked {
  readonly calls: ReadonlyMap<number, AggregateCall>
  /** The group that tells which rows are its; undefined where all are. */
  readonly mark: number | undefined
}

/** All of them want the same rows. */
function overRows(branches: readonly Marked[], rows: Plan, nextId: () => number): SharedAggregate {
  const list = new CallList()
  const readers = branches.map((branch) => mapValues(branch.calls, (call) => list.column(call)))
  return { plan: aggregateOver(rows, [], list.calls, nextId), readers }
}

function overGroups(
  branches: readonly Marked[],
  groups: readonly Expr[],
  rows: Plan,
  nextId: () => number,
): SharedAggregate {
  const counted = branches.flatMap(({ calls }) => [...calls.values()]).find((call) => call.distinct)?.args ?? []
  const keys = [...groups, ...counted]
  const partials = new CallList(keys.length)
  const merges = new CallList()
  const readers = branches.map(({ calls, mark }) => mapValues(calls, (call) => {
    const filter: Expr | undefined = mark === undefined ? undefined : { kind: 'column', index: mark, type: booleanType }
    if (call.distinct) {
      const args = counted.map((arg): Expr => ({ kind: 'column', index: groups.length, type: typeOf(arg) }))
      return merges.column({ ...call, args, filter })
    }
    const split = present(splitAggregate(call), 'a mergeable call has two phases')
    const merge = split.merge((at) => partials.column(present(split.partials[at], 'a partial of the call')))
    return transformExpr(merge, (part) => (part.kind === 'aggregate' ? merges.column({ ...part, filter }) : part))
  }))
  const grouped = aggregateOver(rows, keys, partials.calls, nextId)
  return { plan: aggregateOver(grouped, [], merges.calls, nextId), readers }
}

interface Filters {
  /** Terms of all branches. */
  readonly common: readonly Expr[]
  /** The other terms of each, every conjunction once. */
  readonly conjunctions: readonly (readonly Expr[])[]
  /** The conjunctions that have terms, where there are several. */
  readonly groups: readonly Expr[]
  /** For each branch the group of its conjunction. */
  readonly marks: readonly (number | undefined)[]
}

function filtersOf(branches: readonly Branch[], leaf: number): Filters {
  const all = branches.map(({ tree }) => present(tree.leaves[leaf], 'trees of one form have as many leaves').terms)
  const texts = all.map((terms) => new Set(terms.map((term) => JSON.stringify(term))))
  const isCommon = (term: Expr) => texts.every((set) => set.has(JSON.stringify(term)))
  const conjunctions = new Map<string, readonly Expr[]>()
  const groups = new Map<string, Expr>()
  const own = all.map((terms) => {
    const rest = terms.filter((term) => !isCommon(term))
    const text = JSON.stringify(rest)
    const group = allOf(rest)
    conjunctions.set(text, rest)
    if (group !== undefined) groups.set(text, group)
    return text
  })
  const places = [...groups.keys()]
  return {
    common: (all[0] ?? []).filter(isCommon),
    conjunctions: [...conjunctions.values()],
    groups: [...groups.values()],
    marks: own.map((text) => (groups.has(text) ? places.indexOf(text) : undefined)),
  }
}

const mapValues = <Value, Other>(map: ReadonlyMap<number, Value>, f: (value: Value) => Other): Map<number, Other> =>
  new Map([...map].map(([key, value]) => [key, f(value)]))

/** Calls of an aggregate, each once. */
class CallList {
  readonly calls: AggregateCall[] = []
  readonly #places = new Map<string, number>()
  readonly #first: number

  constructor(first = 0) {
    this.#first = first
  }

  /** The output column that has the call's result. */
  column(call: AggregateCall): Expr {
    const text = JSON.stringify(call)
    const place = this.#places.get(text) ?? this.calls.push(call) - 1
    this.#places.set(text, place)
    return { kind: 'column', index: this.#first + place, type: call.type }
  }
}

function aggregateOver(
  input: Plan,
  groups: readonly Expr[],
  aggregates: readonly AggregateCall[],
  nextId: () => number,
): Aggregate {
  const types = [...groups, ...aggregates].map(typeOf)
  return {
    kind: 'aggregate', id: nextId(), types, live: [...types.keys()], input, groups, aggregates,
    groupingSets: undefined, groupingFunctions: [],
  }
}
