/** PIVOT without its values: they are asked for, in the order of their texts, and written into the query. */
import { queryError, quoteLiteral } from '@arbalest/common'
import { editText, type EditedText, type PivotStatement, type TextEdit } from '@arbalest/planner'
import { withoutPlace } from './error-place.js'
import { asksSequence } from './held-sequences.js'
import { queryTexts } from './query-texts.js'
import type { StatementContext } from './statement-context.js'

/** @throws QueryError as for a query; BINDER_ERROR where there is no value */
export async function pivotWithValues(
  { sql, source, open }: PivotStatement,
  context: StatementContext,
): Promise<EditedText> {
  const edits: TextEdit[] = []
  if (await asksSequence(`FROM ${source}`, context)) throw withSequence()
  for (const expression of open) {
    const text = `CAST((${expression.sql}\n) AS VARCHAR)`
    const query = `SELECT DISTINCT ${text} AS v FROM ${source}\nWHERE ${text} IS NOT NULL ORDER BY v`
    const rows = await queryTexts(query, context).catch((thrown: unknown) => {
      throw withoutPlace(thrown)
    })
    if (rows.length === 0) {
      throw queryError('BINDER_ERROR', { reason: 'PIVOT has no values to make columns of' })
    }
    const values = rows.map(([value]) => quoteLiteral(value ?? ''))
    const end = expression.sqlStart + expression.sql.length
    edits.push({ start: end, end, text: ` IN (${values.join(', ')})` })
  }
  return editText(sql, edits)
}

const withSequence = () => queryError('NOT_IN_THIS_VERSION', {
  what: 'PIVOT without values over a sequence', instead: 'name the values: PIVOT t ON c IN (1, 2) …',
})
