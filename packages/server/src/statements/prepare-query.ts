/** SQL text to a prepared query: tables resolved, files looked at, planned. */
import { searchPathOf } from '../catalog/name-lookup.js'
import type {
  ColumnConstraint, ConstrainedTable, FileTable, PreparedText, PrepareRequest,
} from '../planning/planner.js'
import { sameEntries } from '../catalog/read-entry.js'
import { shownDefault } from '../tables/managed-table.js'
import { withoutPlace } from './error-place.js'
import type { StatementContext } from './statement-context.js'

/**
 * A query is planned over its tables as they were last seen while their files are looked at, and once more when they
 * have changed.
 * @throws QueryError with a position in `sql`, without one where the planner saw another text
 */
export async function prepareQuery(sql: string, context: StatementContext): Promise<PreparedText> {
  const { resolver, texts, session, signal } = context
  const path = searchPathOf(session)
  await texts.references(sql)
  const seen = resolver.known(sql, path)
  const planned = seen === undefined ? undefined : texts.prepare(requestOf(sql, [], context), seen)
  // It counts only once it is known that the files are what they were.
  planned?.catch(() => undefined)
  const { files, reads } = await resolver.resolve(sql, path, signal)
  if (planned !== undefined && seen !== undefined && sameEntries(seen, reads)) return planned
  return texts.prepare(requestOf(sql, files, context), reads).catch((thrown: unknown) => {
    // With files the text is written anew.
    throw files.length === 0 ? thrown : withoutPlace(thrown)
  })
}

/** What the columns of a query take over from managed tables; nothing where no table that it reads declares any. */
export async function constraintsOf(sql: string, context: StatementContext): Promise<readonly ColumnConstraint[]> {
  const { files, reads } = await context.resolver.resolve(sql, searchPathOf(context.session), context.signal)
  const declared = reads.flatMap((entry): readonly ConstrainedTable[] => {
    const columns = entry.kind === 'table' ? entry.managed?.columns ?? [] : []
    return columns.some(({ notNull, defaultValue }) => notNull || defaultValue !== undefined)
      ? [{ name: entry.name, columns: columns.map((column) => (
          { notNull: column.notNull, defaultText: shownDefault(column) })) }]
      : []
  })
  const asksSequence = reads.some(({ kind }) => kind === 'sequence')
  if (declared.length === 0 || asksSequence) return []
  // What DuckDB cannot make a table of declares nothing: a struct without names, for one.
  return context.planner.constraints(requestOf(sql, files, context), declared).catch(() => [])
}

/**
 * The query as it was prepared before, if it was: right as long as the files are what they were then, which
 * `prepareQuery` finds out.
 */
export function preparedBefore(sql: string, context: StatementContext): PreparedText | undefined {
  const reads = context.resolver.known(sql, searchPathOf(context.session))
  return reads === undefined ? undefined : context.texts.known(requestOf(sql, [], context), reads)
}

function requestOf(sql: string, files: readonly FileTable[], context: StatementContext): PrepareRequest {
  const { session, textResult, lastCluster } = context
  const searchPath = searchPathOf(session)
  return { sql, files, settings: session.settings, searchPath, textResult, cluster: lastCluster }
}
