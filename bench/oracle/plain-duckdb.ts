/** One plain DuckDB in this process: the oracle for every answer and the measure for every time. */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { quoteIdentifier, quoteLiteral } from '@arbalest/common'
import type { TableFiles } from './table-files.js'
import type { Answer } from './compare-answers.js'

export interface PlainDuckdb {
  /** The answer with every value as text. */
  answer(sql: string): Promise<Answer>
  /** Runs a query and throws its rows away. */
  run(sql: string): Promise<void>
  close(): void
}

export async function openPlainDuckdb(tables: readonly TableFiles[], threads: number): Promise<PlainDuckdb> {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) })
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  for (const { name, files } of tables) {
    const list = files.map(quoteLiteral).join(', ')
    await connection.run(`CREATE VIEW ${quoteIdentifier(name)} AS FROM read_parquet([${list}])`)
  }
  return {
    answer: (sql) => answerOf(connection, sql),
    async run(sql) {
      const result = await connection.run(sql)
      await result.fetchAllChunks()
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

export async function answerOf(connection: DuckDBConnection, sql: string): Promise<Answer> {
  const described = await connection.runAndReadAll(`DESCRIBE ${sql}`)
  const columns = described.getRowsJson().map(([name, type]) => ({ name: String(name), type: String(type) }))
  const names = columns.map((_, index) => `c${index}`)
  const texts = names.map((name) => `CAST(${name} AS VARCHAR)`)
  const result = await connection.runAndReadAll(
    `SELECT ${texts.join(', ')} FROM (${sql}\n) AS answer(${names.join(', ')})`,
  )
  const rows = result.getRowsJson().map((row) => row.map((value) => (value === null ? null : String(value as string))))
  return { columns, rows }
}
