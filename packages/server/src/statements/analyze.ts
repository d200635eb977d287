/** ANALYZE: counts the different values of columns, for the planner's estimates. */
import { assert, queryError, quoteIdentifier, type Column } from '@arbalest/common'
import type { AnalyzeStatement } from '@arbalest/planner'
import type { ExecuteEvent } from '@arbalest/protocol'
import { tableFromIPC } from 'apache-arrow'
import type { TableEntry } from '../catalog/catalog.js'
import { locate, searchPathOf } from '../catalog/name-lookup.js'
import { publishEntry } from '../tables/publish-entry.js'
import { followJob } from './run-job.js'
import { startQuery } from './start-query.js'
import type { StatementContext } from './statement-context.js'

/**
 * The counts come from DuckDB's HyperLogLog sketches, right to a few percent. They hold until the table changes.
 * @throws QueryError UNKNOWN_TABLE, UNKNOWN_COLUMN, BINDER_ERROR for views
 */
export async function* analyze(
  { name, columns }: AnalyzeStatement,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, void> {
  if (name !== undefined) return yield* analyzeTable(tableOf(name, context), columns, context)
  for (const entry of context.catalog.list()) {
    if (entry.kind === 'table') yield* analyzeTable(entry, undefined, context)
  }
}

function tableOf(name: readonly string[], { catalog, session }: StatementContext): TableEntry {
  const entry = locate(catalog, name, searchPathOf(session))
  if (entry === undefined) throw queryError('UNKNOWN_TABLE', { reason: `there is no table ${name.join('.')}` })
  if (entry.kind === 'table') return entry
  throw queryError('BINDER_ERROR', { reason: `${entry.name.name} is a view: ANALYZE the tables that it reads` })
}

async function* analyzeTable(
  entry: TableEntry,
  wanted: readonly string[] | undefined,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, void> {
  const columns = wanted === undefined ? entry.source.columns : wanted.map((column) => columnOf(entry, column))
  if (columns.length === 0) return
  const counts = columns.map(({ name }) => `approx_count_distinct(${quoteIdentifier(name)})`).join(', ')
  const { schema, name } = entry.name
  const sql = `SELECT ${counts} FROM ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
  const own = { ...context, textResult: false }
  const { jobId, query } = await startQuery(sql, own)
  const status = yield* followJob(jobId, own)
  const { data } = context.results.streamed(status, query.columns)
  assert(data.kind === 'inline', 'one row of counts is small')
  const row = tableFromIPC(data.ipc)
  await remember(entry, columns.map((column, index) => [column.name, Number(row.getChildAt(index)?.get(0))]), context)
}

function columnOf(entry: TableEntry, column: string): Column {
  const found = entry.source.columns.find(({ name }) => name.toLowerCase() === column.toLowerCase())
  if (found !== undefined) return found
  throw queryError('UNKNOWN_COLUMN', { reason: `table ${entry.name.name} has no column ${column}` })
}

/** A table that has changed meanwhile is not what was counted. */
async function remember(
  { name, version }: TableEntry,
  counts: readonly (readonly [column: string, distinct: number])[],
  context: StatementContext,
): Promise<void> {
  await context.catalog.change(async () => {
    const entry = context.catalog.find(name)
    if (entry?.kind !== 'table' || entry.version !== version) return
    const statistics = { ...entry.source.statistics }
    for (const [column, distinct] of counts) statistics[column] = { ...statistics[column], distinct }
    await publishEntry({ ...entry, source: { ...entry.source, statistics } }, context)
  })
}
