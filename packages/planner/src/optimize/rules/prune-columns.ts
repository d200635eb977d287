import { childrenOf, inputNeeds, operatorsOf, withChildren, type Plan } from '@arbalest/plan'
import type { Pass } from '../rule.js'

/**
 * Columns that nobody looks at are no longer live. Nothing is renumbered: an operator renders the
 * columns in `live` and only them.
 *
 *   Project c5  [0]           Project c5  [0]
 *     t         [0..16)  ->     t         [5]
 *
 * Needs flow from consumers to inputs. A CTE's definition gathers the needs of all its scans, so every
 * consumer is asked before what it consumes; each scan keeps a live set of its own. No live column at
 * all is legal (`count(*)`). The root keeps its live columns: they are the result.
 */
export const pruneColumns: Pass = {
  name: 'prune-columns',
  run(plan) {
    const definitions = definitionsOf(plan)
    const consumersFirst = inputsFirst(plan, definitions).toReversed()
    const needs = new Map<Plan, Set<number>>(consumersFirst.map((node) => [node, new Set()]))
    const lives = new Map<Plan, readonly number[]>()
    for (const node of consumersFirst) {
      const live = node === plan ? plan.live : liveOf(node, needs.get(node) ?? new Set())
      lives.set(node, live)
      for (const [input, columns] of inputNeeds(node, live)) addAll(needs.get(input), columns)
      const definition = node.kind === 'cte-scan' ? definitions.get(node.cteId) : undefined
      if (definition !== undefined) addAll(needs.get(definition), live)
    }
    return rebuilt(plan, consumersFirst.toReversed(), lives)
  },
}

function addAll(set: Set<number> | undefined, columns: Iterable<number>): void {
  for (const column of columns) set?.add(column)
}

const definitionsOf = (plan: Plan): ReadonlyMap<number, Plan> =>
  new Map(operatorsOf(plan).flatMap((node) => {
    if (node.kind === 'cte') return [[node.cteId, node.definition]]
    return node.kind === 'recursive-cte' ? [[node.cteId, node.initial]] : []
  }))

/** Every operator after all that it reads, be it as input or through a CTE scan. */
function inputsFirst(plan: Plan, definitions: ReadonlyMap<number, Plan>): readonly Plan[] {
  const done = new Set<Plan>()
  const open: Plan[] = [plan]
  for (let node = open.at(-1); node !== undefined; node = open.at(-1)) {
    const definition = node.kind === 'cte-scan' ? definitions.get(node.cteId) : undefined
    const read = definition === undefined ? childrenOf(node) : [definition]
    const waiting = done.has(node) ? [] : read.filter((input) => !done.has(input))
    if (waiting.length > 0) {
      open.push(...waiting)
    } else {
      done.add(node)
      open.pop()
    }
  }
  return [...done]
}

/** What an operator gives for what is needed of it: some always give more, for their meaning rests on it. */
function liveOf(plan: Plan, needed: ReadonlySet<number>): readonly number[] {
  const all = [...plan.types.keys()]
  return all.filter((index) => needed.has(index) || isAlwaysLive(plan, index))
}

function isAlwaysLive(plan: Plan, index: number): boolean {
  if (plan.kind === 'aggregate' || plan.kind === 'partial-aggregate') return index < plan.groups.length
  if (plan.kind === 'final-aggregate') return index < plan.groupCount
  if (plan.kind === 'distinct') return plan.on === undefined
  if (plan.kind === 'recursive-cte') return true
  if (plan.kind === 'set-operation') return plan.operation !== 'union' || !plan.all
  return false
}

function rebuilt(
  plan: Plan,
  inputsBefore: readonly Plan[],
  lives: ReadonlyMap<Plan, readonly number[]>,
): Plan {
  const results = new Map<Plan, Plan>()
  for (const node of inputsBefore) {
    const live = lives.get(node) ?? node.live
    const pruned = sameNumbers(live, node.live) ? node : { ...node, live }
    results.set(node, withChildren(pruned, childrenOf(node).map((child) => results.get(child) ?? child)))
  }
  return results.get(plan) ?? plan
}

const sameNumbers = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i])
