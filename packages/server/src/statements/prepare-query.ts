/** SQL text to a prepared query: tables resolved, files looked at, planned. */
import { searchPathOf } from '../catalog/name-lookup.js'
import type { FileTable, PreparedText, PrepareRequest } from '../planning/planner.js'
import { withoutPlace } from './error-place.js'
import type { StatementContext } from './statement-context.js'

/** @throws QueryError with a position in `sql`, without one where the planner saw another text */
export async function prepareQuery(sql: string, context: StatementContext): Promise<PreparedText> {
  const { files, reads } = await context.resolver.resolve(sql, searchPathOf(context.session), context.signal)
  return context.texts.prepare(requestOf(sql, files, context), reads).catch((thrown: unknown) => {
    // With files the text is written anew.
    throw files.length === 0 ? thrown : withoutPlace(thrown)
  })
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
