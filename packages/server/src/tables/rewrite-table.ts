/**
 * Statements that write a table anew: a query over one version of it gives the rows of the next. Rows that
 * were appended meanwhile stay; any other change meanwhile has the statement run again.
 */
import { queryError } from '@arbalest/common'
import type { PreparedQuery } from '@arbalest/plan'
import type { ExecuteEvent, JobStatus } from '@arbalest/protocol'
import type { QualifiedName } from '../planning/planner.js'
import type { StatementContext } from '../statements/statement-context.js'
import { commitVersion, managedTable, type ManagedEntry } from './commit-version.js'
import type { ComposedText } from './composed-text.js'
import { rowsOf, type ManagedFile, type ManagedTable } from './managed-table.js'
import { warehouseFor } from './warehouse.js'
import { writeRows } from './write-rows.js'

/** Tries of a statement while others change the table. */
const triesMax = 10

/** What a statement makes of a table. */
export interface Rewrite {
  /** All rows of the next version; undefined where its files stay as they are. */
  readonly query: ComposedText | undefined
  /** Columns and constraints of the next version, where they differ. */
  readonly schema?: Pick<ManagedTable, 'columns' | 'checks' | 'buckets'>
  /** The files that the statement has looked at before; the query must read the same. */
  readonly looked?: readonly string[]
  /** The files that the rows take the place of, where they are not all: the query reads no others as its own. */
  readonly replaced?: ReadonlySet<string>
  /** Called when the query is done with. */
  readonly close?: () => Promise<void>
  /** What statement it is, where values of a row may be computed for several. */
  readonly computedTwice?: string
}

export interface RewriteOutcome {
  readonly rowsBefore: number
  readonly rowsAfter: number
  readonly status: JobStatus | undefined
}

/**
 * `plan` is asked anew for each try; undefined from it ends the statement without a change.
 * @throws QueryError NO_WAREHOUSE, UNKNOWN_TABLE, TABLE_CHANGED, and what the queries throw
 */
export async function* rewriteTable(
  name: QualifiedName,
  plan: (table: ManagedEntry) => AsyncGenerator<ExecuteEvent, Rewrite | undefined>,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, RewriteOutcome | undefined> {
  const { tableId } = managedTable(name, context).managed
  const release = await context.locks.take(tableId, context.signal)
  try {
    for (let tries = 0; tries < triesMax; tries++) {
      const table = managedTable(name, context)
      const rewrite = yield* plan(table)
      if (rewrite === undefined) return undefined
      let outcome: RewriteOutcome | undefined
      try {
        outcome = yield* tryRewrite(table, rewrite, context)
      } finally {
        await rewrite.close?.()
      }
      if (outcome !== undefined) return outcome
    }
  } finally {
    release()
  }
  throw queryError('TABLE_CHANGED', { name: name.name, times: triesMax })
}

async function* tryRewrite(
  table: ManagedEntry,
  rewrite: Rewrite,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, RewriteOutcome | undefined> {
  const { name, managed } = table
  const { tableId } = managed
  const schema = rewrite.schema ?? { columns: managed.columns, checks: managed.checks, buckets: managed.buckets }
  const schemaRevision = managed.schemaRevision + (rewrite.schema === undefined ? 0 : 1)
  const { query } = rewrite
  if (query === undefined) {
    const isIn = await commitVersion(name, tableId, (current) => (
      isStill(current, managed) && sees(rewrite.looked, current.files.map(({ path }) => path))
        ? { ...current, ...schema, schemaRevision }
        : undefined), context)
    const rows = rowsOf(managed.files)
    return isIn ? { rowsBefore: rows, rowsAfter: rows, status: undefined } : undefined
  }
  const warehouse = warehouseFor('this statement', context.warehouse)
  const directory = warehouse.directoryOf(tableId)
  const { columns, buckets } = schema
  const { computedTwice } = rewrite
  const request = { warehouse, tableId, columns, query, buckets, computedTwice }
  const { files, status, planned } = yield* writeRows(request, context)
  let rowsBefore = 0
  let isIn = false
  try {
    const read = filesRead(planned, directory)
    const out = rewrite.replaced ?? new Set(read)
    const isOneVersion = rewrite.replaced === undefined
      ? sees(rewrite.looked, read)
      : areOf(managed, [...rewrite.looked ?? [], ...read])
    isIn = isOneVersion && await commitVersion(name, tableId, (current) => {
      const replaced = current.files.filter(({ path }) => out.has(path))
      // What was appended has the old columns.
      const fits = isStill(current, managed) && replaced.length === out.size &&
        (rewrite.schema === undefined || replaced.length === current.files.length)
      if (!fits) return undefined
      rowsBefore = rowsOf(replaced)
      return { ...current, ...schema, schemaRevision, files: inPlaceOf(out, current.files, files) }
    }, context)
  } finally {
    if (!isIn) await warehouse.removeFilesOf(status.jobId, directory)
  }
  return isIn ? { rowsBefore, rowsAfter: rowsOf(files), status } : undefined
}

const isStill = (current: ManagedTable, before: ManagedTable): boolean =>
  current.schemaRevision === before.schemaRevision

const sees = (looked: readonly string[] | undefined, read: readonly string[]): boolean =>
  looked === undefined || (looked.length === read.length && looked.every((path) => read.includes(path)))

/** The new files where the first of those stands that they take the place of. */
function inPlaceOf(
  out: ReadonlySet<string>,
  old: readonly ManagedFile[],
  files: readonly ManagedFile[],
): readonly ManagedFile[] {
  const at = Math.max(0, old.findIndex(({ path }) => out.has(path)))
  const stays = ({ path }: ManagedFile): boolean => !out.has(path)
  return [...old.slice(0, at), ...files, ...old.slice(at).filter(stays)]
}

const areOf = ({ files }: ManagedTable, paths: readonly string[]): boolean => {
  const known = new Set(files.map(({ path }) => path))
  return paths.every((path) => known.has(path))
}

/** The files below the directory that a query was planned over. */
export function filesRead({ whole }: PreparedQuery, directory: string): readonly string[] {
  const paths = whole.inputs.flatMap(({ files }) => files.map(({ path }) => path))
  return [...new Set(paths)].filter((path) => path.startsWith(`${directory}/`))
}
