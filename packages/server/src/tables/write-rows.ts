/** The rows of a query become files of a managed table: a job whose last stage writes them. */
import { join } from 'node:path'
import { assert, queryError, quoteIdentifier, type Column, type JobId } from '@arbalest/common'
import {
  decodePreparedQuery, encodeColumn, encodePreparedQuery, tableFileName, type Buckets, type PreparedQuery,
  type SourceFile, type WriteTarget,
} from '@arbalest/plan'
import { partitionHashVersion } from '@arbalest/planner'
import type { ExecuteEvent, JobStatus } from '@arbalest/protocol'
import type { PreparedText } from '../planning/planner.js'
import { withoutPlace } from '../statements/error-place.js'
import { asksSequence, refuseSequences } from '../statements/held-sequences.js'
import { prepareQuery } from '../statements/prepare-query.js'
import { followJob, submitJob } from '../statements/run-job.js'
import type { StatementContext } from '../statements/statement-context.js'
import type { ComposedText } from './composed-text.js'
import type { ManagedFile } from './managed-table.js'
import type { Warehouse } from './warehouse.js'

export interface WriteRequest {
  readonly warehouse: Warehouse
  readonly tableId: string
  /** As many as the query has, and of its types. */
  readonly columns: readonly Column[]
  readonly query: ComposedText
  /** What statement it is, where values of a row may be computed for several. */
  readonly computedTwice?: string
  readonly buckets?: Buckets | undefined
  /** Whether one task writes all rows. */
  readonly inOneTask?: boolean
  /** The files of the table that are read; all unless given. */
  readonly only?: ReadonlySet<string>
}

export interface WrittenRows {
  readonly files: readonly ManagedFile[]
  readonly status: JobStatus
  /** What the query was planned over. */
  readonly planned: PreparedQuery
}

/**
 * The files exist and nothing names them yet: the caller either makes them part of a version or removes them.
 * @throws QueryError what planning and the job throw; then no file is left
 */
export async function* writeRows(
  request: WriteRequest,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, WrittenRows> {
  const { warehouse, columns, query, buckets, inOneTask = false } = request
  const directory = warehouse.directoryOf(request.tableId)
  const prepared = await planned(query, context)
  if (request.computedTwice !== undefined) refuseSequences(request.computedTwice, prepared.sequences)
  const divided = buckets === undefined ? {} : { buckets: bucketPlaces(buckets, columns) }
  const text = withTarget(prepared, { directory, columns, inOneTask, ...divided }, request.only)
  const jobId = await submitJob(query.sql, text, context)
  let done = false
  try {
    const status = yield* followJob(jobId, context)
    const files = await filesOf(status, directory, context)
    done = true
    return { files, status, planned: decodePreparedQuery(text.prepared) }
  } finally {
    await context.scheduler.releaseResult(jobId).catch(() => undefined)
    if (!done) await discardJob(jobId, directory, request.warehouse)
  }
}

/** The positions of the columns that say the bucket. */
function bucketPlaces({ columns: names, count }: Buckets, columns: readonly Column[]): WriteTarget['buckets'] {
  const places = names.map((name) => columns.findIndex((column) => column.name === name))
  assert(places.every((place) => place >= 0), 'buckets are said by columns of the table')
  return { columns: places, count }
}

/**
 * The rows of a query that reads no table, computed here: a job would take longer than they do.
 * Undefined where it reads something or the rows go into buckets. @throws QueryError what the query throws
 */
export async function writeFewRows(
  { warehouse, tableId, columns, query, buckets }: WriteRequest,
  context: StatementContext,
): Promise<readonly ManagedFile[] | undefined> {
  if (buckets !== undefined) return undefined
  const { planner, texts, session } = context
  const { tables, files } = await texts.references(query.sql)
  if (tables.length > 0 || files.length > 0 || await asksSequence(query.sql, context)) return undefined
  const stored = columns.map(({ name, type }) => (
    `${encodeColumn(quoteIdentifier(name), type)} AS ${quoteIdentifier(name)}`))
  const sql = `SELECT ${stored.join(', ')} FROM (${query.sql}\n) AS rows`
  const written = await planner.writeRows(sql, session.settings).catch((error: unknown) => {
    throw query.placed(withoutPlace(error))
  })
  const path = await warehouse.takeIn(written, tableId)
  return inspectWritten([path], context).catch(async (error: unknown) => {
    await warehouse.removeFile(path)
    throw error
  })
}

/** A query as part of a statement. @throws QueryError with its place in the statement */
export async function planned(query: ComposedText, context: StatementContext): Promise<PreparedText> {
  try {
    return await prepareQuery(query.sql, { ...context, textResult: false })
  } catch (error) {
    throw query.placed(error)
  }
}

export function withTarget(
  text: PreparedText,
  target: NonNullable<PreparedQuery['target']>,
  only?: ReadonlySet<string>,
): PreparedText {
  const whole = decodePreparedQuery(text.prepared)
  const query = only === undefined ? whole : readingOnly(whole, only)
  return { ...text, prepared: encodePreparedQuery({ ...query, target }), firstStep: undefined, light: false }
}

/** A query over some of the files of its tables. */
function readingOnly(query: PreparedQuery, only: ReadonlySet<string>): PreparedQuery {
  const kept = <T extends { readonly files: readonly SourceFile[] }>(of: T): T => (
    { ...of, files: of.files.filter(({ path }) => only.has(path)) })
  const sources = Object.entries(query.sources).map(([id, source]) => {
    const less = kept(source)
    return [id, { ...less, rows: less.files.reduce((sum, { rows = 0 }) => sum + rows, 0) }]
  })
  const whole = { ...query.whole, inputs: query.whole.inputs.map(kept) }
  return { ...query, whole, sources: Object.fromEntries(sources) as PreparedQuery['sources'] }
}

const discardJob = (jobId: JobId, directory: string, warehouse: Warehouse): Promise<void> =>
  warehouse.removeFilesOf(jobId, directory).catch(() => undefined)

/** The files of the attempts that count, looked at by an executor. */
async function filesOf(
  status: JobStatus,
  directory: string,
  { scheduler, signal }: StatementContext,
): Promise<readonly ManagedFile[]> {
  const parts = (status.result?.parts ?? []).filter(({ rows }) => rows > 0)
  const written = parts.flatMap(({ attemptId, buckets = [undefined] }) => buckets.map((bucket, file) => ({
    path: join(directory, tableFileName(attemptId, file)),
    ...(bucket === undefined ? {} : { bucket, bucketHash: partitionHashVersion }),
  })))
  const files = await inspectWritten(written.map(({ path }) => path), { scheduler, signal })
  return files.map((file, index) => ({ ...file, ...written[index] }))
}

async function inspectWritten(
  paths: readonly string[],
  { scheduler, signal }: Pick<StatementContext, 'scheduler' | 'signal'>,
): Promise<readonly ManagedFile[]> {
  if (paths.length === 0) return []
  const reader = { format: 'parquet', options: {}, partitionColumns: [] } as const
  const asked = { reader, declaredColumns: undefined, knownVersion: undefined, tellsAllRanges: true } as const
  const requests = paths.map((path) => ({ ...asked, table: path, locations: [path] }))
  const replies = await scheduler.inspect(requests, signal)
  return replies.map((reply): ManagedFile => {
    const file: SourceFile | undefined = reply.kind === 'inspected' ? reply.source.files[0] : undefined
    if (reply.kind !== 'inspected' || file === undefined) {
      throw queryError('INTERNAL', { reason: 'a written file cannot be looked at' })
    }
    const { statistics, clustered = {} } = reply.source
    return { ...file, statistics, clustered }
  })
}
