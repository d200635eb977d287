/** One DuckDB with tables in Parquet files, and the planner that knows them: for running stages in process. */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import {
  defaultSettings, parseDataType, quoteLiteral, typeToSql, type Column, type SessionSettings,
} from '@arbalest/common'
import {
  decodePreparedQuery, type Buckets, type PreparedQuery, type RowGroupRanges, type SourceFile, type TableSource,
} from '@arbalest/plan'
import { startPlannerInProcess } from '@arbalest/server'
import { answerOf } from '../../bench/oracle/plain-duckdb.js'
import type { Answer } from '../../bench/oracle/compare-answers.js'
import { runUnfolded, type RunOptions, type UnfoldedRun } from './run-unfolded.js'

export interface TableFilesAndTypes {
  readonly name: string
  readonly files: readonly string[]
  /** Types by column, where the files hold others. */
  readonly types?: Readonly<Record<string, string>>
  /** Whether the files hold them as the codec of edges stores them. */
  readonly isEncoded?: boolean
  /** Columns that the row groups are clustered by. */
  readonly clustered?: readonly string[]
  /** What the planner is told of columns. */
  readonly statistics?: TableSource['statistics']
  /** The files' buckets, in their order. */
  readonly inBuckets?: Buckets & { readonly ofFiles: readonly number[] }
}

export interface UnfoldDatabase {
  /** For files of tables. */
  readonly directory: string
  readonly connection: DuckDBConnection
  /** Makes a table known to the planner, as having `rows` rows, and to the oracle. */
  addTable(table: TableFilesAndTypes, rows?: (count: number) => number): Promise<void>
  prepare(sql: string, settings?: Partial<SessionSettings>): Promise<PreparedQuery>
  run(query: PreparedQuery, options: Omit<RunOptions, 'directory'>): Promise<UnfoldedRun>
  /** Plain DuckDB's answer. */
  answer(sql: string): Promise<Answer>
  close(): Promise<void>
}

export async function unfoldDatabase(): Promise<UnfoldDatabase> {
  const directory = mkdtempSync(join(tmpdir(), 'arbalest-unfold-'))
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  const planner = await startPlannerInProcess()
  let runs = 0
  return {
    directory,
    connection,
    async addTable(table, rows = (count) => count) {
      const source = await sourceOf(connection, table)
      const lied = { ...source, rows: rows(source.rows) }
      await planner.putTable({ name: { schema: 'main', name: table.name }, version: '1', source: lied })
      const list = source.columns.map(({ name, type }) => `CAST(${name} AS ${typeToSql(type)}) AS ${name}`)
      await connection.run(`CREATE VIEW ${table.name} AS SELECT ${list.join(', ')} FROM ${readCall(table.files)}`)
    },
    async prepare(sql, settings = {}) {
      const all = { ...defaultSettings, distribute: 'always' as const, ...settings }
      const request = { sql, files: [], settings: all, textResult: true, cluster: undefined }
      const { prepared } = await planner.prepare(request)
      return decodePreparedQuery(prepared)
    },
    async run(query, options) {
      const own = join(directory, `run-${++runs}`)
      mkdirSync(own)
      try {
        return await runUnfolded(connection, query, { ...options, directory: own })
      } finally {
        rmSync(own, { recursive: true })
      }
    },
    async answer(sql) {
      // DuckDB's ASOF join by sorting finds rows for NULLs, its join by loops does not.
      await connection.run('SET asof_loop_join_threshold = 1000000')
      const { columns, rows } = await filteredAnswer(connection, sql)
      await connection.run('RESET asof_loop_join_threshold')
      return { columns: columns.map(({ name, type }) => ({ name, type: typeToSql(parseDataType(type)) })), rows }
    },
    async close() {
      connection.closeSync()
      instance.closeSync()
      await planner.close()
      rmSync(directory, { recursive: true })
    },
  }
}

/** DuckDB's Parquet reader fails on some rows that are told apart by nested values, unless it filters them later. */
async function filteredAnswer(connection: DuckDBConnection, sql: string): ReturnType<typeof answerOf> {
  try {
    return await answerOf(connection, sql)
  } catch (error) {
    if (!String(error).includes('Out of buffer')) throw error
    await connection.run("SET disabled_optimizers = 'filter_pushdown'")
    return await answerOf(connection, sql).finally(() => connection.run('RESET disabled_optimizers'))
  }
}

const readCall = (files: readonly string[]): string => `read_parquet([${files.map(quoteLiteral).join(', ')}])`

async function sourceOf(connection: DuckDBConnection, table: TableFilesAndTypes): Promise<TableSource> {
  const rowsOf = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson()
  const described = await rowsOf(`DESCRIBE FROM ${readCall(table.files)}`)
  const columns = described.map(([name, type]): Column => ({
    name: String(name),
    type: parseDataType(table.types?.[String(name)] ?? String(type)),
  }))
  const files: SourceFile[] = []
  for (const path of table.files) {
    const groups = await rowsOf(
      `SELECT DISTINCT row_group_id, row_group_num_rows::INTEGER
       FROM parquet_metadata(${quoteLiteral(path)}) ORDER BY 1`,
    )
    const rowGroupRows = groups.map(([, rows]) => Number(rows))
    const rows = rowGroupRows.reduce((sum, count) => sum + count, 0)
    const bucket = table.inBuckets?.ofFiles[files.length]
    const file = { path, sizeBytes: statSync(path).size, mtimeNs: '0', footerHash: '', rows, rowGroupRows }
    files.push({ ...file, ...(bucket === undefined ? {} : { bucket }) })
  }
  const rows = files.reduce((sum, file) => sum + (file.rows ?? 0), 0)
  const held = table.types === undefined ? { isAsWritten: true } : { encoded: table.isEncoded === true }
  const reader = { format: 'parquet', options: {}, partitionColumns: [], ...held } as const
  const clustered: Record<string, RowGroupRanges> = {}
  for (const column of table.clustered ?? []) clustered[column] = await rangesOf(connection, table.files, column)
  const { inBuckets, statistics = {} } = table
  const buckets = inBuckets === undefined ? {} : { buckets: { columns: inBuckets.columns, count: inBuckets.count } }
  return { table: table.name, reader, columns, files, rows, statistics, clustered, ...buckets }
}

async function rangesOf(
  connection: DuckDBConnection,
  paths: readonly string[],
  column: string,
): Promise<RowGroupRanges> {
  const ranges: [number, number][] = []
  for (const path of paths) {
    const read = await connection.runAndReadAll(
      `SELECT stats_min_value, stats_max_value FROM parquet_metadata(${quoteLiteral(path)})
       WHERE path_in_schema = ${quoteLiteral(column)} ORDER BY row_group_id`,
    )
    const numberOf = (text: unknown) =>
      /-\d\d-/.test(String(text)) ? Date.parse(String(text)) / 86_400_000 : Number(text)
    ranges.push(...read.getRowsJson().map(([min, max]): [number, number] => [numberOf(min), numberOf(max)]))
  }
  return { mins: ranges.map(([min]) => min), maxs: ranges.map(([, max]) => max) }
}
