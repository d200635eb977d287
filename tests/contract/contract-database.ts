/** The sample tables twice: with their rows in one DuckDB, and as stubs in the planning one. */
import { fileURLToPath } from 'node:url'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { parseDataType, type Column } from '@arbalest/common'
import { createPlanningInstance, type PlanningInstance } from '@arbalest/engine'
import type { Plan } from '@arbalest/plan'
import { parseDuckdbJson, readPlan, renderSelect, UnreadablePlan, type ScanSource } from '@arbalest/planner'

export interface Rows { readonly types: readonly string[]; readonly rows: readonly string[] }

/** How the reader takes a statement: as SQL of its plan, or not, with the reason. */
export type Reading =
  | { readonly kind: 'readable'; readonly sql: string }
  | { readonly kind: 'whole'; readonly reason: string }

export interface ContractDatabase {
  /** Rows as text, sorted, with nine digits of inexact numbers; a failure as its message's first line. */
  run(sql: string): Promise<Rows | string>
  planJson(sql: string): Promise<unknown>
  read(sql: string): Promise<Reading>
  close(): Promise<void>
}

const sampleTables = ['customer', 'lineitem', 'nation', 'orders', 'part', 'partsupp', 'region', 'supplier']

const samplePath = (table: string) => fileURLToPath(new URL(`../../data/tpch/${table}.parquet`, import.meta.url))

/** `tables` are CREATE TABLE statements by the table's name, beside the sample tables. */
export async function contractDatabase(tables: Readonly<Record<string, string>> = {}): Promise<ContractDatabase> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '1GB', temp_directory: '' })
  const connection = await instance.connect()
  for (const table of sampleTables) await connection.run(`CREATE VIEW ${table} AS FROM '${samplePath(table)}'`)
  for (const sql of Object.values(tables)) await connection.run(sql)
  const planning = await createPlanningInstance()
  const sources = await registerStubs(connection, planning, [...sampleTables, ...Object.keys(tables)])
  const planJson = async (sql: string) => parseDuckdbJson(await planning.planJson(sql, {}))
  return {
    planJson,
    async run(sql) {
      try {
        const reader = await connection.runAndReadAll(sql)
        const rows = reader.getRowsJson().map((row) => JSON.stringify(row, shortened)).toSorted()
        return { types: reader.columnTypes().map(String), rows }
      } catch (error) {
        return String(error).split('\n')[0] ?? ''
      }
    },
    async read(sql) {
      const json = await planJson(sql)
      try {
        const plan = readPlan(json, { scanSource: (path) => sources.get(path) })
        const inputName = (leaf: Plan) => (leaf.kind === 'scan' ? leaf.source : leaf.kind)
        const text = renderSelect(plan, { inputName }, (column) => plan.live.map(column).join(', ') || '1')
        return { kind: 'readable', sql: text }
      } catch (error) {
        if (error instanceof UnreadablePlan) return { kind: 'whole', reason: error.reason }
        throw error
      }
    },
    async close() {
      connection.closeSync()
      instance.closeSync()
      await planning.close()
    },
  }
}

async function registerStubs(
  connection: DuckDBConnection, planning: PlanningInstance, tables: readonly string[],
): Promise<ReadonlyMap<string, ScanSource>> {
  const sources = new Map<string, ScanSource>()
  for (const table of tables) {
    const described = await connection.runAndReadAll(`DESCRIBE ${table}`)
    const columns = described.getRowsJson().map(
      ([name, type]): Column => ({ name: String(name), type: parseDataType(String(type)) }),
    )
    const path = await planning.registerStub({ schema: 'main', name: table, columns, rows: 100_000 })
    sources.set(path, { source: table, table, columns })
  }
  return sources
}

const shortened = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(9)) : value
