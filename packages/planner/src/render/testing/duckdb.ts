/** One DuckDB in memory that runs what was rendered. */
import { DuckDBInstance } from '@duckdb/node-api'

export interface TestDatabase {
  /** Rows as JSON values; several statements at once give the last one's rows. */
  rows(sql: string): Promise<readonly (readonly unknown[])[]>
  /** Types of the result's columns as DuckDB names them. */
  types(sql: string): Promise<readonly string[]>
  close(): void
}

export async function testDatabase(setup = ''): Promise<TestDatabase> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  if (setup !== '') await connection.run(setup)
  return {
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowsJson(),
    types: async (sql) => (await connection.runAndReadAll(sql)).columnTypes().map(String),
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}
