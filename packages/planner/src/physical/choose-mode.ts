/** Whole or distributed: a query that one executor answers best runs there in one piece. */
import { assertNever, typeToSql, type SessionSettings } from '@arbalest/common'
import {
  isStorable,
  operatorsOf,
  type ClusterFacts,
  type Plan,
  type PreparedQuery,
  type TableSource,
} from '@arbalest/plan'

/** Values (rows × columns) that one thread takes through scans, joins and aggregates in a second. */
const valuesPerThreadSecond = 60_000_000
/** Work at stage borders, as a share of the query's own. */
const borderShare = 1.25
/** What a distributed query takes longer at least: its stages are planned, placed and reported. */
const distributionSeconds = 0.1

export interface ChosenMode {
  readonly mode: 'whole' | 'distributed'
  /** For EXPLAIN: why. */
  readonly reason: string
}

export function chooseMode(query: PreparedQuery, cluster: ClusterFacts): ChosenMode {
  const { logical, settings } = query
  if (logical.kind === 'unneeded') return { mode: 'whole', reason: logical.reason }
  const always = reasonForWhole(settings, cluster)
  if (always !== undefined) return { mode: 'whole', reason: always }
  if (logical.kind === 'unreadable') return { mode: 'whole', reason: `it cannot be divided: ${logical.reason}` }
  const unstorable = typeThatCannotTravel(logical.plan)
  if (unstorable !== undefined) {
    return { mode: 'whole', reason: `it cannot be divided: ${unstorable} cannot pass an exchange` }
  }
  return settings.distribute === 'always'
    ? { mode: 'distributed', reason: 'arbalest.distribute is always' }
    : byCost(logical.plan, query.sources, cluster)
}

/** Why any query of the session runs whole on this cluster, if it does: its plan need not be known. */
export function reasonForWhole({ distribute }: SessionSettings, cluster: ClusterFacts): string | undefined {
  switch (distribute) {
    case 'always': return undefined
    case 'never': return 'arbalest.distribute is never'
    case 'auto':
      if (cluster.executors <= 1) return 'there is one executor'
      return gainOf(cluster) <= 1 ? 'all executors together have no more cores than one of them' : undefined
  }
  return assertNever(distribute)
}

/** How many times the threads of one executor all of them can use at once. */
const gainOf = ({ executors, threadsPerExecutor, threadsAtOnce }: ClusterFacts): number =>
  (threadsAtOnce ?? executors * threadsPerExecutor) / threadsPerExecutor

/** A type of the plan's wanted columns that no shuffle file keeps. */
function typeThatCannotTravel(plan: Plan): string | undefined {
  for (const { types, live } of operatorsOf(plan)) {
    const found = live.map((index) => types[index]).find((type) => type !== undefined && !isStorable(type))
    if (found !== undefined) return typeToSql(found)
  }
  return undefined
}

/** Distribution has to save more than it costs, by the threads that it adds. */
function byCost(plan: Plan, sources: Readonly<Record<string, TableSource>>, cluster: ClusterFacts): ChosenMode {
  const values = scannedValues(plan, sources)
  const wholeSeconds = values / valuesPerThreadSecond / cluster.threadsPerExecutor
  const dividedSeconds = (wholeSeconds * borderShare) / gainOf(cluster) + distributionSeconds
  const work = `${formatCount(values)} values to scan, about ${formatSeconds(wholeSeconds)} on one executor`
  return dividedSeconds < wholeSeconds
    ? { mode: 'distributed', reason: `${work} and ${formatSeconds(dividedSeconds)} on all` }
    : { mode: 'whole', reason: `${work}, which all together would not do faster` }
}

const formatSeconds = (seconds: number): string =>
  seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`

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
