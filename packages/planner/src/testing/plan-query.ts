/** Plans by hand as prepared queries, and their stages as EXPLAIN tells them; for tests. */
import { defaultSettings, integerType, varcharType, type Column, type SessionSettings } from '@arbalest/common'
import {
  operatorsOf, type Plan, type PreparedQuery, type SourceFile, type StageSpec, type TableSource,
} from '@arbalest/plan'
import { columnRef, compare, planBuilder } from '@arbalest/plan/testing'
import { assumeStages } from '../explain/assume-stages.js'
import { explainLines } from '../explain/explain-stages.js'
import { checkStages } from './check-stages.js'

/** Columns of every table made here. */
export const tableColumns: readonly Column[] = [
  { name: 'id', type: integerType },
  { name: 'k', type: integerType },
  { name: 's', type: varcharType },
]

/** A Parquet file of `rows` rows in row groups of `groupRows`. */
export function fileOf(path: string, rows: number, groupRows = rows): SourceFile {
  const rowGroupRows: number[] = []
  for (let at = 0; at < rows; at += groupRows) rowGroupRows.push(Math.min(groupRows, rows - at))
  return { path, sizeBytes: rows * 10, mtimeNs: '0', footerHash: '', rows, rowGroupRows }
}

export const sourceOf = (table: string, rows: number): TableSource => ({
  table,
  reader: { format: 'parquet', options: {}, partitionColumns: [] },
  columns: tableColumns,
  files: [fileOf(`${table}.parquet`, rows)],
  rows,
  statistics: {},
})

/** Rows of a table by its name: all are divided but `tiny`, which every task reads whole. */
const rowsOfTables: Readonly<Record<string, number>> = {
  big: 100_000, other: 90_000, large: 800_000, tiny: 100,
}

/** A plan builder with tables of the columns above. */
export function someTables() {
  const p = planBuilder()
  const scan = (table: string) => p.scan(table, tableColumns)
  return { p, big: scan('big'), other: scan('other'), large: scan('large'), tiny: scan('tiny') }
}

/** `left.k = right.k`. */
export const sameKey = (left: Plan, right: Plan) =>
  [{ left: columnRef(left, 1), right: columnRef(right, 1), operator: '=' as const }]

/** `left.id < right.id`, over the columns of both. */
export const lowerId = (left: Plan, right: Plan) => [
  compare(columnRef(left, 0), '<', { ...columnRef(right, 0), index: left.types.length }),
]

export function queryOf(plan: Plan, settings: Partial<SessionSettings> = {}): PreparedQuery {
  const tables = operatorsOf(plan).flatMap((operator) => (operator.kind === 'scan' ? [operator.table] : []))
  return {
    columns: plan.types.map((type, index) => ({ name: `column_${index}`, type })),
    whole: { sql: 'SELECT 1', inputs: [] },
    logical: { kind: 'plan', plan },
    sources: Object.fromEntries(tables.map((table) => [table, sourceOf(table, rowsOfTables[table] ?? 0)])),
    settings: { ...defaultSettings, distribute: 'always', ...settings },
    textResult: false,
  }
}

const cluster = { executors: 2, slots: 2, threadsPerExecutor: 1 }

/** The stages when every stage gives what was estimated; checked. */
export function stagesOf(plan: Plan, settings: Partial<SessionSettings> = {}): readonly StageSpec[] {
  const { stages } = assumeStages(queryOf(plan, settings), cluster)
  checkStages(stages)
  return stages
}

/** Their EXPLAIN text, without the first line. */
export function explained(plan: Plan, settings: Partial<SessionSettings> = {}): string {
  const { openChoices, ...rest } = assumeStages(queryOf(plan, settings), cluster)
  checkStages(rest.stages)
  return explainLines({ ...rest, decisions: openChoices, decisionsAreOpen: true }, false).slice(1).join('\n')
}
