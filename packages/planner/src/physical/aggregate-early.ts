/**
 * Aggregation below joins. Where all rows of a large input with equal keys meet the same rows of the others, they are
 * put together before the joins: fewer rows are exchanged, joined and grouped. Yan and Larson, "Eager Aggregation and
 * Lazy Aggregation", VLDB 1995: their eager group-by, without the exchange that would make its groups whole, since
 * the aggregation above adds them up in any case.
 *
 *   Aggregate g: sum(x)          Project g, sum
 *     Join k = k           ->      Aggregate g: sum(p)
 *       l                            Join k = k
 *       r                              l
 *                                      Partial aggregate k: p = sum(x)
 *                                        r
 *
 * A pass over the logical plan before it is walked, on estimates: the same plan and cluster give the same operators.
 */
import { present } from '@arbalest/common'
import {
  columnsUsed, mapColumns, maxId, transformUp, typeOf, type Aggregate, type AggregateCall, type Decision, type Expr,
  type PartialAggregate, type Plan, type TableSource,
} from '@arbalest/plan'
import { nullOf } from './build-expression.js'
import { earlyCall, liftCalls, mapCall, type EarlyCall } from './early-calls.js'
import { typeBytes } from './estimate.js'
import { estimateGroups, type Size } from './estimate-groups.js'
import { estimatePlan } from './estimate-plan.js'
import { columnsOfBase, joinPaths, overNewBase, type JoinPath } from './join-path.js'
import { planFacts, type PlanFacts } from './plan-facts.js'
import { sharePartials } from './share-partials.js'
import type { SplitAggregate } from './split-form.js'
import { hasSmallTables } from './wanted-keys.js'

/** Fewer rows are not worth an operator. */
const rowsMin = 200_000
/** So many rows must become one. */
const reductionMin = 3
/** What a row that is left costs beside one that is joined. */
const groupCost = 3
/** So many groups in a task are found in little time, which so many calls for each row take longer. */
const quickGroups = 50_000
const manyCalls = 3
/** Bytes of a row's groups above the joins, by their types, from which on it is slow to find them row by row. */
const wideGroupBytes = 64
/** Share of the rows that each join must keep: what it drops need not be put together. */
const keptShareMin = 0.6

export interface EarlyFacts {
  readonly sources: Readonly<Record<string, TableSource>>
  readonly tasks: number
  /** Tables of at most so many rows are read whole by every task. */
  readonly replicatedRowsMax: number
}

/** The plan with partial aggregates below joins where they pay, and what has been decided. */
export function aggregateEarly(root: Plan, { sources, tasks, replicatedRowsMax }: EarlyFacts) {
  const decisions: Decision[] = []
  const facts = planFacts(root, sources)
  const sizeOf = estimatePlan(root, facts)
  let id = maxId(root)
  const plan = transformUp(root, (operator) => {
    if (operator.kind !== 'aggregate') return operator
    const aggregate = throughProjections(operator)
    const best = bestChoice(aggregate, { facts, sizeOf, tasks, replicatedRowsMax })
    if (best === undefined) return operator
    const { path, rows, groups } = best
    const counts = `about ${Math.round(groups)} groups of ${Math.round(rows)} rows below ${joinNames(path)}`
    decisions.push({ about: `aggregate ${operator.id}`, choice: 'first below joins', facts: counts })
    return rewritten(aggregate, best, () => ++id)
  })
  return { plan, decisions }
}

const joinNames = ({ steps }: JoinPath): string => steps.map(({ join }) => `join ${join.id}`).join(', ')

/** The aggregate over what the projections below it read. */
function throughProjections(aggregate: Aggregate): Aggregate {
  const { input } = aggregate
  if (input.kind !== 'project' || (input.input.kind !== 'join' && input.input.kind !== 'project')) return aggregate
  const below = (column: number): Expr => present(input.exprs[column], 'a projection has the column')
  return throughProjections({
    ...aggregate,
    input: input.input,
    groups: aggregate.groups.map((group) => mapColumns(group, below)),
    aggregates: aggregate.aggregates.map((call) => mapCall(call, below)),
  })
}

interface Choice {
  readonly path: JoinPath
  readonly calls: ReadonlyMap<number, EarlyCall>
  /** The base's columns that its rows are grouped by. */
  readonly keys: readonly number[]
  readonly rows: number
  /** Groups over all tasks. */
  readonly groups: number
}

interface Estimates {
  readonly facts: PlanFacts
  readonly sizeOf: (plan: Plan) => Size | undefined
  readonly tasks: number
  readonly replicatedRowsMax: number
}

function bestChoice(aggregate: Aggregate, estimates: Estimates): Choice | undefined {
  let best: { readonly choice: Choice; readonly gain: number } | undefined
  for (const path of joinPaths(aggregate.input)) {
    const choice = choiceOf(aggregate, path, estimates)
    if (choice === undefined) continue
    // The joins above give that share of rows less, each of them.
    const joined = path.steps.reduce((sum, { join }) => sum + (estimates.sizeOf(join)?.rows ?? 0), 0)
    const gain = (1 - groupCost * (choice.groups / choice.rows)) * joined
    if (best === undefined || gain > best.gain) best = { choice, gain }
  }
  return best?.choice
}

/** Undefined where the calls need all rows, or too many rows are left to be worth it. */
function choiceOf(aggregate: Aggregate, path: JoinPath, estimates: Estimates): Choice | undefined {
  const { base } = path
  const size = estimates.sizeOf(base)
  if (size === undefined || size.rows < rowsMin || !keepsRows(path, estimates)) return undefined
  const calls = new Map<number, EarlyCall>()
  for (const [index, call] of aggregate.aggregates.entries()) {
    if (!aggregate.live.includes(aggregate.groups.length + index)) continue
    const early = earlyCall(call, path)
    if (early === undefined) return undefined
    calls.set(index, early)
  }
  const above = [...calls.values()].flatMap((call) => (call.kind === 'kept' ? [call.call] : call.filter ?? []))
  const keys = columnsOfBase(path, columnsUsed([...aggregate.groups, ...above]))
  const groups = groupsOf({ input: base, groups: keys.map((key) => columnOf(base, key)) }, size, estimates)
  if (groups * reductionMin > size.rows) return undefined
  const isQuick = calls.size >= manyCalls && groups <= quickGroups * estimates.tasks
  const bytesOfGroups = aggregate.groups.reduce((sum, group) => sum + typeBytes(typeOf(group)), 0)
  const pays = isQuick || bytesOfGroups >= wideGroupBytes || savesExchange(path, estimates)
  return pays ? { path, calls, keys, rows: size.rows, groups } : undefined
}

/** Whether the rows would move to be joined: the others are not read whole, or rows of theirs wait for a partner. */
function savesExchange({ steps, isNullable }: JoinPath, { facts: { sources }, replicatedRowsMax }: Estimates): boolean {
  const rowsOf = (source: string) => sources[source]?.rows ?? 0
  return isNullable || steps.some(({ join, side }) =>
    !hasSmallTables(side === 'left' ? join.right : join.left, rowsOf, replicatedRowsMax))
}

/** Groups in each task, over all tasks. */
const groupsOf = (
  grouping: { readonly input: Plan; readonly groups: readonly Expr[] },
  { rows, domainRows }: Size,
  { facts, tasks }: Estimates,
): number => tasks * estimateGroups(grouping, { rows: rows / tasks, domainRows }, facts).most

/** Whether every join on the path gives as many rows as its side of the base, or nearly. */
const keepsRows = ({ steps }: JoinPath, { sizeOf }: Estimates): boolean =>
  steps.every(({ join, side }) => {
    const other = sizeOf(side === 'left' ? join.right : join.left)
    const [own, all] = [sizeOf(join[side]), sizeOf(join)]
    if (other === undefined || own === undefined || all === undefined) return false
    if (join.joinType === 'left') return side === 'left' || other.rows >= keptShareMin * other.domainRows
    return all.rows >= keptShareMin * own.rows
  })

const columnOf = (plan: Plan, index: number): Expr =>
  ({ kind: 'column', index, type: present(plan.types[index], 'a column has a type') })

function rewritten(aggregate: Aggregate, { path, calls, keys }: Choice, nextId: () => number): Plan {
  const { base } = path
  const forms = new Map([...calls].flatMap(([index, call]): readonly (readonly [number, SplitAggregate])[] =>
    (call.kind === 'split' ? [[index, call.form]] : [])))
  const { partials, places } = sharePartials(forms)
  const groups = keys.map((key) => columnOf(base, key))
  const types = [...groups, ...partials].map(typeOf)
  const live = [...types.keys()]
  const partial: PartialAggregate =
    { kind: 'partial-aggregate', id: nextId(), types, live, input: base, groups, partials }
  const top = overNewBase(path, { plan: partial, kept: keys })
  const moved = (expr: Expr): Expr => mapColumns(expr, (column) => top.at(column))
  const { calls: lifted, placed, lift } = liftCalls(aggregate.groups.length)
  const results = aggregate.aggregates.map((whole, index): Expr => {
    const call = calls.get(index)
    if (call === undefined) return nullOf(whole.type)
    if (call.kind === 'kept') return placed(mapCall(call.call, (column) => top.at(column)))
    const column = (at: number): Expr => {
      const place = present(places.get(index)?.[at], 'a partial has a place')
      return columnOf(top.plan, top.firstNew + place)
    }
    return lift(call.form.merge(column), call.filter && moved(call.filter))
  })
  return merged(aggregate, { input: top.plan, groups: aggregate.groups.map(moved), calls: lifted, results }, nextId)
}

interface Merged {
  readonly input: Plan
  readonly groups: readonly Expr[]
  readonly calls: readonly AggregateCall[]
  /** For each call of the old aggregate, over groups and `calls`. */
  readonly results: readonly Expr[]
}

/** The aggregate over the joined partial values, and the old one's columns made of its own. */
function merged(aggregate: Aggregate, { input, groups, calls, results }: Merged, nextId: () => number): Plan {
  const groupTypes = aggregate.types.slice(0, groups.length)
  const oldFirst = groups.length + results.length
  const groupingTypes = aggregate.types.slice(oldFirst)
  const first = groups.length + calls.length
  const types = [...groupTypes, ...calls.map(typeOf), ...groupingTypes]
  const isWanted = (column: number) => column < first || aggregate.live.includes(column - first + oldFirst)
  const second: Aggregate = {
    ...aggregate, input, groups, aggregates: calls, types, live: [...types.keys()].filter(isWanted),
  }
  const exprs = [
    ...groupTypes.map((_, index) => columnOf(second, index)),
    ...results,
    ...groupingTypes.map((_, index) => columnOf(second, first + index)),
  ]
  return { kind: 'project', id: nextId(), types: aggregate.types, live: aggregate.live, input: second, exprs }
}
