/** SQL text to a prepared query: tables resolved, files looked at, planned. */
import type { PreparedText } from '../planning/planner.js'
import { withoutPlace } from './error-place.js'
import type { StatementContext } from './statement-context.js'

/** @throws QueryError with a position in `sql`, without one where the planner saw another text */
export async function prepareQuery(sql: string, context: StatementContext): Promise<PreparedText> {
  const { files, reads } = await context.resolver.resolve(sql, context.signal)
  const { texts, session, textResult, lastCluster } = context
  const request = { sql, files, settings: session.settings, textResult, cluster: lastCluster }
  return texts.prepare(request, reads).catch((thrown: unknown) => {
    // With files the text is written anew.
    throw files.length === 0 ? thrown : withoutPlace(thrown)
  })
}
