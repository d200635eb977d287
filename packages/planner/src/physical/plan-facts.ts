/** What estimates ask of a logical plan and its tables. */
import { operatorsOf, type Plan, type Scan, type TableSource } from '@arbalest/plan'
import { columnOrigins, type OriginOf } from './column-origins.js'

export interface PlanFacts {
  readonly sources: Readonly<Record<string, TableSource>>
  /** Which column of which scan a column of the logical plan is. */
  readonly originOf: OriginOf
  /** The plan's scans by their ids. */
  readonly scans: ReadonlyMap<number, Scan>
}

export const planFacts = (plan: Plan, sources: PlanFacts['sources']): PlanFacts => ({
  sources,
  originOf: columnOrigins(plan),
  scans: new Map(operatorsOf(plan).flatMap((one) => (one.kind === 'scan' ? [[one.id, one]] : []))),
})
