/** SQL text to a prepared query: tables resolved, files looked at, planned. */
import type { PreparedText } from '../planning/planner.js'
import type { StatementContext } from './statement-context.js'

/** @throws QueryError with a position in `sql` */
export async function prepareQuery(sql: string, context: StatementContext): Promise<PreparedText> {
  const { files } = await context.resolver.resolve(sql, context.signal)
  return context.planner.prepare({
    sql,
    files,
    settings: context.session.settings,
    textResult: context.textResult,
  })
}
