/** One plain DuckDB in this process, with one thread: it says what a record must give. */
import { DuckDBInstance, StatementType, type DuckDBConnection, type DuckDBPreparedStatement } from '@duckdb/node-api'
import type { Outcome, RowsOutcome, Subject } from './outcome.js'

export interface PlainOptions {
  /** A database file; in memory unless given. */
  readonly file?: string | undefined
  readonly timeLimitMs: number
}

export async function openPlainDuckdb({ file, timeLimitMs }: PlainOptions): Promise<Subject> {
  const instance = await DuckDBInstance.create(file ?? ':memory:', { threads: '1' })
  const connections = new Map<string, DuckDBConnection>()
  const connectionOf = async (name: string): Promise<DuckDBConnection> => {
    const known = connections.get(name)
    if (known !== undefined) return known
    const connection = await instance.connect()
    await connection.run("SET TimeZone = 'UTC'")
    connections.set(name, connection)
    return connection
  }
  const closeConnections = (): void => {
    for (const connection of connections.values()) connection.closeSync()
    connections.clear()
  }
  return {
    async run(sql, name) {
      const connection = await connectionOf(name)
      let timedOut = false
      const timer = setTimeout(() => {
        timedOut = true
        connection.interrupt()
      }, timeLimitMs)
      try {
        return await runText(connection, sql)
      } catch (error) {
        return { kind: 'error', message: error instanceof Error ? error.message : String(error), timedOut }
      } finally {
        clearTimeout(timer)
      }
    },
    reconnect: () => Promise.resolve(closeConnections()),
    close() {
      closeConnections()
      instance.closeSync()
      return Promise.resolve()
    },
  }
}

/** Runs each statement of the text; the outcome is that of the last one. */
async function runText(connection: DuckDBConnection, sql: string): Promise<Outcome> {
  const statements = await connection.extractStatements(sql)
  let outcome: Outcome = { kind: 'rows', types: [], rows: [] }
  for (let index = 0; index < statements.count; index++) {
    const prepared = await statements.prepare(index)
    const text = statements.count === 1 ? sql : undefined
    outcome = await runPrepared(connection, prepared, text)
  }
  return outcome
}

async function runPrepared(
  connection: DuckDBConnection, prepared: DuckDBPreparedStatement, text: string | undefined,
): Promise<RowsOutcome> {
  try {
    if (prepared.statementType === StatementType.SELECT && text !== undefined) {
      const asText = await runAsText(connection, prepared, text)
      if (asText !== undefined) return asText
    }
    const result = await prepared.run()
    const types = result.columnTypes().map(String)
    const rows = (await result.getRows()).map((row) => row.map((value) => (value === null ? null : String(value))))
    return { kind: 'rows', types, rows }
  } finally {
    prepared.destroySync()
  }
}

/** The query with each of its columns cast to text; `undefined` where it cannot stand in a subquery. */
async function runAsText(
  connection: DuckDBConnection, prepared: DuckDBPreparedStatement, text: string,
): Promise<RowsOutcome | undefined> {
  const types = Array.from({ length: prepared.columnCount }, (_, at) => String(prepared.columnType(at)))
  const names = types.map((_, at) => `c${at}`)
  const inner = text.replace(/(;|\s|--[^\n]*(?=$))*$/, '')
  const casts = names.map((name) => `CAST(${name} AS VARCHAR)`)
  const outer = `SELECT ${casts.join(', ')} FROM (${inner}\n) AS answer(${names.join(', ')})`
  let wrapped: DuckDBPreparedStatement
  try {
    wrapped = await connection.prepare(outer)
  } catch {
    return undefined
  }
  try {
    const result = await wrapped.run()
    const rows = (await result.getRows()).map((row) => row.map((value) => (value === null ? null : String(value))))
    return { kind: 'rows', types, rows }
  } finally {
    wrapped.destroySync()
  }
}
