/** A cluster, a session on it, and a directory of files that DuckDB writes. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { SessionContext, TextRows } from '@arbalest/client'
import { QueryError, type WireError } from '@arbalest/common'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect } from 'vitest'
import { startTestCluster, type TestCluster, type TestClusterOptions } from '../testing/test-cluster.js'

export interface StatementLab {
  readonly cluster: TestCluster
  readonly session: SessionContext
  /** Relative paths in statements start here. */
  readonly directory: string
  /** Writes a query's rows to a file below the directory; `options` are those of COPY. */
  copy(query: string, file: string, options?: string): Promise<string>
  /** Writes a text to a file below the directory. */
  text(file: string, text: string): Promise<string>
  run(sql: string, session?: SessionContext): Promise<TextRows>
  /** The rows, without the names of columns. */
  rows(sql: string, session?: SessionContext): Promise<TextRows['rows']>
  /** How many stages a query takes; its answer must be the one that it has in one piece. */
  stagesOf(sql: string): Promise<number>
  /** The error of a statement that must fail. */
  failure(sql: string, session?: SessionContext): Promise<WireError>
  close(): Promise<void>
}

export async function startStatementLab(options: Partial<TestClusterOptions> = {}): Promise<StatementLab> {
  const directory = await mkdtemp(join(tmpdir(), 'arbalest-statements-'))
  const cluster = await startTestCluster({ executors: 2, baseDirectory: directory, ...options })
  const session = await cluster.session({ 'arbalest.distribute': 'always' })
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const writer = await instance.connect()
  // `execute` sends the text as it is, so that places in it are told as they are.
  const run = async (sql: string, by = session): Promise<TextRows> => {
    const statement = await by.execute(sql, { text: true })
    const rows: (readonly (string | null)[])[] = []
    for await (const row of statement.textRows()) rows.push(row)
    const { columns, rowCount, jobId, mode, modeReason, stages } = statement
    return { columns, rows, rowCount, jobId, mode, modeReason, stages }
  }
  return {
    cluster, session, directory, run,
    async copy(query, file, copyOptions = '') {
      const path = join(directory, file)
      await mkdir(dirname(path), { recursive: true })
      await writer.run(`COPY (${query}) TO '${path}' ${copyOptions}`)
      return path
    },
    async text(file, text) {
      const path = join(directory, file)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, text)
      return path
    },
    rows: async (sql, by) => (await run(sql, by)).rows,
    async stagesOf(sql) {
      const { rows, stages } = await run(sql)
      await run('SET arbalest.distribute = never')
      const { rows: whole } = await run(sql)
      await run('SET arbalest.distribute = always')
      const sorted = (some: typeof rows) => some.map((row) => row.join('|')).toSorted()
      expect(sorted(rows)).toEqual(sorted(whole))
      return stages
    },
    async failure(sql, by) {
      try {
        await run(sql, by)
      } catch (error) {
        if (error instanceof QueryError) return error.toWire()
        throw error
      }
      throw new Error(`not refused: ${sql}`)
    },
    async close() {
      await cluster.close()
      writer.closeSync()
      instance.closeSync()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
