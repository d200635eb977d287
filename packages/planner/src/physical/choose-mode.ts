/** Whole or distributed: a query that one executor answers best runs there in one piece. */
import { assertNever, typeToSql } from '@arbalest/common'
import { isStorable, operatorsOf, type ClusterFacts, type Plan, type PreparedQuery, type TableSource } from '@arbalest/plan'

/**
 * Below so many values to scan (rows × columns) a query runs whole under `auto`: about 100 ms of work,
 * which stages would cost more than they save. Measured figures: docs/internals/planner.md.
 */
export const wholeBelowValues = 8_000_000

export interface ChosenMode {
  readonly mode: 'whole' | 'distributed'
  /** For EXPLAIN: why. */
  readonly reason: string
}

export function chooseMode(query: PreparedQuery, cluster: ClusterFacts): ChosenMode {
  const { logical, settings } = query
  if (settings.distribute === 'never') return { mode: 'whole', reason: 'arbalest.distribute is never' }
  if (logical.kind === 'unreadable') return { mode: 'whole', reason: `it cannot be divided: ${logical.reason}` }
  const unstorable = typeThatCannotTravel(logical.plan)
  if (unstorable !== undefined) {
    return { mode: 'whole', reason: `it cannot be divided: ${unstorable} cannot pass an exchange` }
  }
  switch (settings.distribute) {
    case 'always': return { mode: 'distributed', reason: 'arbalest.distribute is always' }
    case 'auto': return byCost(logical.plan, query.sources, cluster)
  }
  return assertNever(settings.distribute)
}

/** A type of the plan's wanted columns that no shuffle file keeps. */
function typeThatCannotTravel(plan: Plan): string | undefined {
  for (const { types, live } of operatorsOf(plan)) {
    const found = live.map((index) => types[index]).find((type) => type !== undefined && !isStorable(type))
    if (found !== undefined) return typeToSql(found)
  }
  return undefined
}

function byCost(plan: Plan, sources: Readonly<Record<string, TableSource>>, cluster: ClusterFacts): ChosenMode {
  if (cluster.executors <= 1) return { mode: 'whole', reason: 'there is one executor' }
  const values = scannedValues(plan, sources)
  const text = `${formatCount(values)} values to scan`
  return values < wholeBelowValues
    ? { mode: 'whole', reason: `${text}, fewer than ${formatCount(wholeBelowValues)}` }
    : { mode: 'distributed', reason: `${text}, at least ${formatCount(wholeBelowValues)}` }
}

/** Rows of the scanned tables times the columns taken from each. */
export function scannedValues(plan: Plan, sources: Readonly<Record<string, TableSource>>): number {
  let values = 0
  for (const operator of operatorsOf(plan)) {
    if (operator.kind !== 'scan') continue
    values += (sources[operator.source]?.rows ?? 0) * Math.max(1, operator.live.length)
  }
  return values
}

function formatCount(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} G`
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} M`
  if (count >= 1e3) return `${(count / 1e3).toFixed(1)} k`
  return String(count)
}
