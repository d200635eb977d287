/** COPY: the rows of a query into files of the user's, and files into a table. */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { asQueryError, parseAttemptId, queryError, QueryError, quoteLiteral, type Column } from '@arbalest/common'
import type { CopyFromStatement, CopyToStatement } from '@arbalest/planner'
import type { ExecuteEvent, JobStatus, StatementResult } from '@arbalest/protocol'
import { declaringOption } from '../catalog/file-tables.js'
import { readerOptions } from '../catalog/reader-options.js'
import { syncDirectory } from '../catalog/store/sync-directory.js'
import { managedTable, writableTable } from '../tables/commit-version.js'
import { compose } from '../tables/composed-text.js'
import { copyFormat, copyTarget, type CopyTarget } from '../tables/copy-layout.js'
import { countResult } from '../tables/count-result.js'
import type { Warehouse } from '../tables/warehouse.js'
import { planned, withTarget } from '../tables/write-rows.js'
import { insert } from './insert.js'
import { followJob, submitJob } from './run-job.js'
import type { StatementContext } from './statement-context.js'

/**
 * Tasks put their files into a directory beside the target; when all have, they are moved to their place.
 * @throws QueryError PATH_NOT_ALLOWED, EXECUTION_ERROR where something is in the way, and what the query throws
 */
export async function* copyTo(
  { query, path: written, options }: CopyToStatement,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, StatementResult> {
  const target = copyTarget(written, options)
  const path = resolve(context.resolver.absolute(written))
  await refuseOurs(path, context.warehouse)
  const prepared = await planned(compose(query), context)
  const columns = prepared.columns
  const unknown = target.layout.partitionBy.find((name) => !columns.some((column) => column.name === name))
  if (unknown !== undefined) throw queryError('UNKNOWN_COLUMN', { reason: `the query has no column ${unknown}` })
  const directory = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  const writing = { directory, columns, layout: target.layout, inOneTask: !target.isDirectory }
  const jobId = await submitJob(query.sql, withTarget(prepared, writing), context)
  try {
    const status = yield* followJob(jobId, context)
    await putInPlace(status, { directory, path, target }).catch((thrown: unknown) => {
      throw thrown instanceof QueryError ? thrown : fileError(thrown, path)
    })
    return countResult(status.result?.rows ?? 0, context.textResult, status)
  } finally {
    await context.scheduler.releaseResult(jobId).catch(() => undefined)
    await rm(directory, { recursive: true, force: true }).catch(() => undefined)
  }
}

/** The files of tables are nobody's to write but the tables'. Links are followed. */
async function refuseOurs(path: string, warehouse: Warehouse | undefined): Promise<void> {
  if (warehouse === undefined) return
  const root = await realpath(warehouse.root).catch(() => warehouse.root)
  const parent = await realpath(dirname(path)).catch(() => dirname(path))
  const within = relative(root, join(parent, basename(path)))
  if (within !== '..' && !within.startsWith(`..${sep}`)) throw queryError('PATH_NOT_ALLOWED', { path })
}

interface Placement {
  /** Where the tasks have left their files. */
  readonly directory: string
  readonly path: string
  readonly target: CopyTarget
}

async function putInPlace(status: JobStatus, { directory, path, target }: Placement): Promise<void> {
  const counted = new Set((status.result?.parts ?? []).map(({ attemptId }) => {
    const { jobId, stageId, task, attempt } = parseAttemptId(attemptId)
    return `${jobId}-${stageId}-${task}-${attempt}`
  }))
  const found = await readdir(directory, { withFileTypes: true, recursive: true })
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const isCounted = (file: string): boolean => counted.has(basename(file).split('-').slice(0, 4).join('-'))
  // Attempts that were given up may have left theirs.
  for (const file of files) if (!isCounted(file)) await rm(file, { force: true })
  if (!target.isDirectory) {
    const [file] = files.filter(isCounted)
    if (file !== undefined) await rename(file, path)
  } else await putDirectoryInPlace(files.filter(isCounted), { directory, path, target })
  await syncDirectory(dirname(path))
}

/** One rename where nothing is there yet, or nothing that stays. */
async function putDirectoryInPlace(
  files: readonly string[],
  { directory, path, target }: Placement,
): Promise<void> {
  const old = await readdir(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  })
  if (old !== undefined && old.length > 0) {
    if (target.existing === 'refuse') {
      const reason = `the directory ${path} is not empty; OVERWRITE replaces it, APPEND adds to it`
      throw queryError('EXECUTION_ERROR', { reason })
    }
    if (target.existing === 'keep') return addTo(path, directory, files)
    await rm(path, { recursive: true })
  } else if (old !== undefined) await rmdir(path)
  await rename(directory, path)
}

async function addTo(path: string, directory: string, files: readonly string[]): Promise<void> {
  for (const file of files) {
    const to = join(path, file.slice(directory.length))
    await mkdir(dirname(to), { recursive: true })
    await rename(file, to)
  }
}

/** The front must see what the executors see: it is the last to touch the files. */
function fileError(cause: unknown, path: string): QueryError {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === undefined) return asQueryError(cause)
  return queryError('EXECUTION_ERROR', { reason: `the files cannot be put at ${path}: ${message}` }, { cause })
}

/** The rows of files, by position; of JSON by the names of the columns. */
export async function* copyFrom(
  { name, columns, path, options }: CopyFromStatement,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, StatementResult> {
  const { format: written, ...others } = options
  const format = copyFormat(path, written)
  const given = Object.fromEntries(Object.entries(others).map(([option, values]) => [
    option === 'null' ? 'nullstr' : option, values.join(',') || 'true',
  ]))
  const reader = readerOptions(format, given, [])
  const asked = Object.entries(reader.options).map(([option, value]) => `${option} = ${value}`)
  const declared = format === 'csv' ? declaringOption(columnsRead(name, columns, context)) : undefined
  const list = [...asked, ...(declared === undefined ? [] : [declared])].map((option) => `, ${option}`).join('')
  const sql = `SELECT * FROM read_${format}(${quoteLiteral(path)}${list})`
  const byName = format === 'json' && columns === undefined
  return yield* insert(
    { kind: 'insert', with: undefined, name, columns, byName, source: { kind: 'query', query: { sql, sqlStart: 0 } } },
    context)
}

/** The columns of the table that a text file gives, in its order. @throws QueryError UNKNOWN_COLUMN */
function columnsRead(
  name: CopyFromStatement['name'],
  columns: CopyFromStatement['columns'],
  context: StatementContext,
): readonly Column[] {
  const { managed } = managedTable(writableTable(name, context), context)
  return columns === undefined ? managed.columns : columns.map((written) => {
    const found = managed.columns.find((column) => column.name.toLowerCase() === written.toLowerCase())
    if (found !== undefined) return found
    throw queryError('UNKNOWN_COLUMN', { reason: `table ${name.join('.')} has no column ${written}` })
  })
}
