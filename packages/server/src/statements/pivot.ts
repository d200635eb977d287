/** PIVOT without its values: they are asked for, in the order of their texts, and written into the query. */
import { queryError, quoteLiteral } from '@arbalest/common'
import { editText, readDynamicPivot, type EditedText, type PivotStatement, type TextEdit } from '@arbalest/planner'
import { withoutPlace } from './error-place.js'
import { asksSequence } from './held-sequences.js'
import { queryTexts } from './query-texts.js'
import type { StatementContext } from './statement-context.js'

/** PIVOTs without values in one query. */
const pivotsMax = 100

/** The query with all values in it. @throws QueryError as for a query; BINDER_ERROR where there is no value */
export async function pivotWithValues(statement: PivotStatement, context: StatementContext): Promise<EditedText> {
  let [text, placeBefore] = [statement.sql, (position: number) => position]
  let pivot: PivotStatement | undefined = statement
  for (let count = 0; pivot !== undefined; count++) {
    if (count === pivotsMax) throw queryError('LIMIT_EXCEEDED', { what: 'PIVOTs without values', limit: pivotsMax })
    const outer = placeBefore
    const edited = await oneWithValues(pivot, context)
    text = edited.text
    placeBefore = (position) => outer(edited.placeBefore(position))
    pivot = readDynamicPivot(text)
  }
  return { text, placeBefore }
}

async function oneWithValues(
  { sql, before, source, open }: PivotStatement,
  context: StatementContext,
): Promise<EditedText> {
  const edits: TextEdit[] = []
  if (await asksSequence(`${before}FROM ${source}`, context)) throw withSequence()
  for (const expression of open) {
    const text = `CAST((${expression.sql}\n) AS VARCHAR)`
    const query = `${before}SELECT DISTINCT ${text} AS v FROM ${source}\nWHERE ${text} IS NOT NULL ORDER BY v`
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
