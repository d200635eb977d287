/** One DuckDB with data, and beside it the planning one that reads statements into logical plans. */
import { DuckDBInstance } from '@duckdb/node-api'
import { parseDataType, type Column } from '@arbalest/common'
import { createPlanningInstance } from '@arbalest/engine'
import type { Plan } from '@arbalest/plan'
import { parseDuckdbJson, readPlan } from '@arbalest/planner'

export interface QueryRows {
  readonly types: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

export interface PlannedDatabase {
  run(sql: string): Promise<QueryRows>
  /** Makes the tables known to planning as they are now. */
  register(tables: readonly string[]): Promise<void>
  plan(sql: string): Promise<Plan>
  close(): Promise<void>
}

interface Source { readonly source: string; readonly table: string; readonly columns: readonly Column[] }

export async function plannedDatabase(setup: string): Promise<PlannedDatabase> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run(setup)
  const planning = await createPlanningInstance()
  const sources = new Map<string, Source>()
  const run = async (sql: string): Promise<QueryRows> => {
    const reader = await connection.runAndReadAll(sql)
    return { types: reader.columnTypes().map(String), rows: reader.getRowsJson() }
  }
  return {
    run,
    async register(tables) {
      for (const table of tables) {
        const columns = (await run(`DESCRIBE ${table}`)).rows.map(
          ([name, type]): Column => ({ name: String(name), type: parseDataType(String(type)) }),
        )
        const path = await planning.registerStub({ schema: 'main', name: table, columns, rows: 1000 })
        sources.set(path, { source: table, table, columns })
      }
    },
    async plan(sql) {
      const json = parseDuckdbJson(await planning.planJson(sql, {}))
      return readPlan(json, { scanSource: (path) => sources.get(path) })
    },
    async close() {
      connection.closeSync()
      instance.closeSync()
      await planning.close()
    },
  }
}
